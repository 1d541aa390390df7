"""Battles as messages: what each state shows, and that none tells a pair before it is closed."""

from dataclasses import replace

import pytest
from discord import ui

from bot.battles import messages as battle_messages
from bot.ui.text import LAYOUT_MAX, units
from telephone.battles.service import StoryPage
from telephone.domain.battles import BattleState, Cast, Choice, Result
from telephone.domain.games import GameState, StepKey
from tests.bot.samples import NASTY, battle, custom_ids, picture

OPEN_STATES = [state for state in BattleState if not state.is_final]
RESULT = Result({Choice.B: 7, Choice.A: 4, Choice.ALL_BAD: 1}, {0: 0.42, 1: 0.31}, "MiniLM (offline)")


def words(post) -> str:
    return post.words


def labels(post) -> list[str]:
    return [item.label for item in post.view.walk_children() if isinstance(item, ui.Button)]


def rows(post) -> list[list[str]]:
    return [
        [button.label for button in item.children]
        for item in post.view.walk_children()
        if isinstance(item, ui.ActionRow)
    ]


def pictures(shown, size: int = 8):
    return {side.place: picture(size=size) for side in shown.sides}


def voting_card(shown):
    return battle_messages.card(shown, battle_messages.last_pictures(shown, pictures(shown)))


def test_a_ballot_shows_all_sides_their_last_words_and_every_choice():
    shown = replace(battle(sides=4), votes=12)
    post = voting_card(shown)
    assert words(post).splitlines()[0] == "### Battle 57: which side degraded least?"
    assert "12 votes. Names and distances open <t:1767376800:f>." in words(post)
    assert rows(post) == [["A", "B", "C", "D"], ["All bad", "Whole stories", "Close", "Open thread"]]
    assert [file.name for file in post.files] == ["side-a.png", "side-b.png", "side-c.png", "side-d.png"]
    assert post.files[1].alt == "Side B, last picture. Drawn from: caption number 1"
    assert [line for line in words(post).splitlines() if "caption" in line] == [
        f"**{letter}** caption number 2" for letter in "ABCD"
    ]


def test_a_tie_needs_two_sides():
    assert rows(voting_card(battle(sides=2))) == [
        ["A", "B"],
        ["Tie", "All bad", "Whole stories", "Close", "Open thread"],
    ]
    assert "Tie" not in labels(voting_card(battle(sides=3)))
    three = battle(sides=3)
    dropped = (three.sides[0], replace(three.sides[1], dropped="It could not be played on."), three.sides[2])
    assert rows(voting_card(replace(three, sides=dropped)))[0] == ["A", "C"]
    assert "Tie" in labels(voting_card(replace(three, sides=dropped)))


@pytest.mark.parametrize("state", OPEN_STATES)
def test_no_message_of_an_open_battle_names_a_pair_a_game_or_a_cost(state):
    shown = battle(state, sides=4)
    posts = [
        battle_messages.card(shown, battle_messages.last_pictures(shown, pictures(shown))),
        battle_messages.opening(shown),
        battle_messages.round_(shown, 1, pictures(shown)),
        battle_messages.dropped(replace(shown.sides[0], dropped="It could not be played on.")),
        battle_messages.call(shown),
    ]
    texts = [battle_messages.started(shown), battle_messages.standing(shown), battle_messages.thread_name(shown)]
    texts += [battle_messages.close_question(shown), battle_messages.stop_question(shown)]
    for post in posts:
        texts += [post.content or "", str(post.view.to_components()) if post.view else ""]
        texts += [f"{file.name} {file.alt}" for file in post.files]
    for text in texts:
        for secret in ("painter", "critic", "90", "$", *(side.game.id for side in shown.sides)):
            assert secret not in text, text


def test_a_closed_card_opens_names_votes_and_distances():
    post = battle_messages.card(battle(BattleState.CLOSED), (), RESULT)
    lines = words(post).splitlines()
    assert lines[0] == "### Battle 57: B degraded least"
    assert "**B** painter-1 × critic-1 (game #901): 7 of 12 votes, 0.31" in lines
    assert lines.index(next(line for line in lines if line.startswith("**B** painter"))) < lines.index(
        next(line for line in lines if line.startswith("**A** painter"))
    )
    assert "All bad: 1." in lines
    assert "Distances: MiniLM, offline; cosine, prompt to last caption." in lines
    assert labels(post) == ["Open thread"]


def test_what_a_battle_did_to_the_board_is_said_where_it_is_known():
    said = battle_messages.ended(battle(BattleState.CLOSED), replace(RESULT, board="Both pairs are still provisional."))
    assert "Both pairs are still provisional." in said.content
    assert "https://discord.com/channels/11/22/33" in said.content


@pytest.mark.parametrize(
    ("tally", "title"),
    [
        ({}, "closed without votes"),
        ({Choice.A: 3, Choice.B: 1}, "A degraded least"),
        ({Choice.A: 2, Choice.B: 2}, "A and B are level"),
        ({Choice.A: 2, Choice.TIE: 3}, "A and B are level"),
        ({Choice.ALL_BAD: 3, Choice.A: 1}, "all sides were found bad"),
        ({Choice.ALL_BAD: 2, Choice.A: 2}, "the votes are divided"),
    ],
)
def test_the_title_says_what_most_voted_and_no_more(tally, title):
    post = battle_messages.card(battle(BattleState.CLOSED), (), Result(tally, {}))
    assert words(post).splitlines()[0] == f"### Battle 57: {title}"


def test_a_dropped_side_and_its_reason_are_named_at_the_end():
    shown = battle(BattleState.CLOSED, sides=3)
    failed = replace(shown.sides[2].game, state=GameState.FAILED, reason="painter-2 declined twice.")
    gone = replace(shown.sides[2], dropped="It could not be played on.", game=failed)
    post = battle_messages.card(replace(shown, sides=(*shown.sides[:2], gone)), (), RESULT)
    assert "**C** painter-2 × critic-2 (game #902): out. painter-2 declined twice." in words(post)


def test_a_void_battle_says_why_and_that_nothing_counts():
    shown = battle(BattleState.VOID, reason="Fewer than two sides could be played on.")
    assert "### Battle 57 is void" in words(battle_messages.card(shown))
    assert "Nothing is counted." in words(battle_messages.card(shown))
    assert battle_messages.ended(shown, Result({}, {})).content.startswith("**Battle 57 is void.** Fewer than two")


def test_a_playing_battle_shows_its_turn_and_a_paused_one_its_reason():
    shown = battle(BattleState.PLAYING, turns=10, captions=("one",) * 10)
    assert words(battle_messages.card(shown)).splitlines()[0] == "### Battle 57: turn 3 of 10"
    assert labels(battle_messages.card(shown)) == ["Open thread", "Stop"]
    paused = replace(shown, state=BattleState.PAUSED, reason="The thread was deleted, so I paused at turn 3.")
    assert words(battle_messages.card(paused)).splitlines()[::2] == ["### Battle 57 paused at turn 3", paused.reason]
    assert labels(battle_messages.card(paused)) == ["Continue", "Stop"]


def test_a_battle_that_other_games_come_before_says_so():
    shown = battle(BattleState.PLAYING, steps=0)
    waiting = tuple(replace(side, game=replace(side.game, state=GameState.QUEUED)) for side in shown.sides)
    shown = replace(shown, sides=waiting)
    assert words(battle_messages.card(shown)).splitlines()[0] == "### Battle 57 queued"
    assert "Other games play first; it starts by itself." in words(battle_messages.card(shown))
    assert battle_messages.standing(shown) == "- Battle 57 in <#33>: queued"
    assert battle_messages.started(shown).startswith("Battle 57 starts by itself in <#33>; who plays which side")
    begun = replace(waiting[0], game=replace(waiting[0].game, state=GameState.PLAYING))
    assert "turn 1 of 2" in words(battle_messages.card(replace(shown, sides=(begun, waiting[1]))))


def test_a_round_shows_every_side_abreast_and_what_is_hidden_as_hidden():
    shown = battle(sides=2)
    post = battle_messages.round_(shown, 2, {1: picture()})
    assert [file.name for file in post.files] == ["turn-02-b.png"]
    assert battle_messages.HIDDEN_PICTURE in words(post)
    assert "**B** caption number 2" in words(post)
    assert post.view.to_components()[0]["components"][0]["content"] == "### Turn 2 of 2"


def test_long_captions_are_whole_in_files_and_every_message_fits():
    long = (NASTY * 20)[:1_900]
    shown = battle(sides=4, captions=(long, long), votes=500)
    shown = replace(shown, request=replace(shown.request, prompt=replace(shown.request.prompt, text=NASTY * 4)))
    round_ = battle_messages.round_(shown, 1, pictures(shown))
    assert [file.name for file in round_.files[4:]] == [f"turn-01-{letter}.txt" for letter in "abcd"]
    assert all(file.data.decode() == long for file in round_.files[4:])
    closed = replace(shown, state=BattleState.CLOSED)
    far = Result({Choice.A: 499, Choice.ALL_BAD: 1}, dict.fromkeys(range(4), 0.5), "MiniLM (offline)", "x" * 300)
    page = StoryPage(shown, shown.sides[0], shown.sides[0].game.turns, {}, 0, 2)
    for post in (round_, voting_card(shown), battle_messages.card(closed, (), far)):
        assert units(post.words) <= LAYOUT_MAX
        assert len(list(post.view.walk_children())) <= 40
    view, _ = battle_messages.story(page)
    assert len(list(view.walk_children())) <= 40
    assert units(battle_messages.ended(closed, far).content) <= 2_000


def test_every_button_of_a_battle_has_an_id_of_its_own():
    shown = battle(sides=4)
    for page in range(3):
        view, _ = battle_messages.story(StoryPage(shown, shown.sides[1], shown.sides[1].game.turns, {}, page, 3))
        ids = [item.custom_id for item in view.walk_children() if isinstance(item, ui.Button)]
        assert len(set(ids)) == len(ids) == 6
    assert len(custom_ids(voting_card(shown))) == 4 + 3


def test_a_story_shows_one_side_and_leads_to_the_others():
    shown = battle(sides=3)
    turns = shown.sides[1].game.turns
    view, files = battle_messages.story(
        StoryPage(shown, shown.shown.sides[1], turns, {1: picture(), 2: picture()}, 0, 1)
    )
    text = "\n".join(item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay))
    assert text.splitlines()[:3] == ["### Battle 57, side B", "**1.** caption number 1", "**2.** caption number 2"]
    assert [file.name for file in files] == ["side-b-turn-01.png", "side-b-turn-02.png"]
    assert files[1].alt == "Side B, turn 2. Drawn from: caption number 1"
    buttons = [item for item in view.walk_children() if isinstance(item, ui.Button)]
    assert [(one.label, one.disabled) for one in buttons] == [("A", False), ("B", True), ("C", False)]


def test_a_receipt_repeats_the_choice_and_until_when_it_can_be_changed():
    closes = battle().closes_at
    said = battle_messages.receipt(Cast(Choice.B, None, closes))
    assert said == "You chose B. Change it until <t:1767376800:f>, when names and distances open."
    assert battle_messages.receipt(Cast(Choice.TIE, Choice.B, closes)).startswith("You chose Tie instead of B.")
    assert battle_messages.receipt(Cast(Choice.ALL_BAD, Choice.ALL_BAD, closes)).startswith("You chose All bad. Change")


def test_a_hidden_step_is_on_no_card():
    shown = battle(sides=2)
    game = shown.sides[0].game
    turn = replace(game.turns[1], picture=replace(game.turns[1].picture, hidden=True))
    hidden = replace(shown.sides[0], game=replace(game, turns=(game.turns[0], turn)))
    post = voting_card(replace(shown, sides=(hidden, shown.sides[1])).shown)
    assert [file.name for file in post.files] == ["side-b.png"]
    assert game.steps[StepKey.parse("2p").index].image is not None


def test_a_side_whose_words_cannot_be_read_has_no_distance():
    result = replace(RESULT, distances={1: 0.31}, unread=frozenset({0}))
    said = words(battle_messages.card(battle(BattleState.CLOSED), (), result))
    assert ", no distance" in said
    assert "No distance: MiniLM, offline cannot read the words." in said
