"""What spectators read before and after they choose, and that nothing all can read tells them whose step it was."""

from dataclasses import replace

import pytest

from bot.games import card as game_card
from bot.games import messages as game_messages
from bot.games.messages import waiting_row
from bot.guesses import messages as guess_messages
from bot.turns import messages as turn_messages
from telephone.domain.games import GameState, Kind, StepKey
from telephone.domain.guesses import Guessed, Question
from telephone.domain.human_turns import SeatState
from telephone.ports.games import Progress
from telephone.scoring.drift import summarise
from tests.bot.samples import NASTY, game, summary
from tests.bot.turns.test_messages import CAPTION, labels, read, seat

DRIFT = summary().drift
FIRST, SECOND = CAPTION, StepKey(2, Kind.CAPTION)


def revealed(*, human_step=SECOND, turns=2, **changes):
    shown = game(GameState.FINISHED, steps=2 * turns, turns=turns, **changes)
    return replace(shown, request=replace(shown.request, sealed=True, human_step=human_step))


def with_human(shown):
    first, last = shown.turns
    return replace(shown, turns=(first, replace(last, caption=replace(last.caption, player="human"))))


def test_a_revealed_game_asks_under_its_summary():
    assert labels(game_messages.summary(revealed(), summary()))[-2:] == [
        "Which step was human?",
        "Where was the subject lost?",
    ]
    post = game_messages.summary(revealed(human_step=None), summary())
    assert "Which step was human?" not in labels(post)
    assert labels(post)[-1] == "Where was the subject lost?"
    assert len(labels(game_messages.summary(game(GameState.FINISHED, steps=4), summary()))) == len(labels(post)) - 1


def test_nothing_that_all_can_read_says_which_step_was_a_members():
    finished = with_human(revealed())
    said = [game_messages.step(finished, step).content.splitlines()[0] for step in finished.steps if step.text]
    assert said == ["**Turn 1 of 2, caption**", "**Turn 2 of 2, caption**"]
    going = replace(finished, state=GameState.WAITING, turns=finished.turns[:1])
    for state in (SeatState.OPEN, SeatState.CLAIMED, SeatState.ANSWERED):
        one = seat(state, SECOND)
        posts = (turn_messages.invitation(going, one), game_card.card(going, Progress(seat=one)))
        assert "turn 2" not in "\n".join(words for post in posts for words in read(post)).lower()
    called = turn_messages.called(going, SECOND, ["<@7>"])
    assert called.startswith("<@7>: a turn of game #128 waits for one of you to write a caption.")
    assert waiting_row(going) == "#128 painter × critic, a member's turn"
    playing = replace(going, state=GameState.PLAYING)
    assert read(game_card.card(playing, Progress()))[0] == "### #128 is played"


def test_a_stand_in_is_named_since_nothing_is_guessed_then():
    helped = replace(revealed(), stand_ins={SECOND: "critic"})
    assert game_messages.step(helped, helped.steps[3]).content.startswith(
        "**Turn 2 of 2, caption** by critic, stand-in"
    )
    stood_in = read(turn_messages.invitation(helped, seat(SeatState.STOOD_IN, SECOND)))
    assert stood_in[0] == "### Turn 2: a stand-in makes the caption"


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (SECOND, "Right: turn 2, caption, is by a member. 2 of 3 found it."),
        (FIRST, "Not turn 1, caption: turn 2, caption, is by a member. 2 of 3 found it."),
    ],
)
def test_who_chose_is_told_whose_step_it_was_and_how_many_found_it(choice, words):
    guessed = Guessed(with_human(revealed()), Question.HUMAN, choice, {FIRST: 1, SECOND: 2})
    tally = ["Chosen so far:", "- turn 1, caption: 1", "- turn 2, caption: 2"]
    assert guess_messages.asked(guessed).splitlines() == [words, *tally]
    assert guess_messages.steps(guessed) is None, "the answer was told"


def test_a_member_who_wished_to_be_named_is_named_to_who_chose():
    shown = replace(with_human(revealed()), named={SECOND: 7})
    assert "is by <@7>." in guess_messages.asked(Guessed(shown, Question.HUMAN, SECOND, {SECOND: 1}))


def test_where_the_subject_was_lost_is_answered_by_members_and_by_distance():
    shown = Guessed(revealed(), Question.LOST, FIRST, {FIRST: 2, SECOND: 2}, DRIFT, "MiniLM (offline)")
    turn, rise = DRIFT.biggest_jump
    assert guess_messages.asked(shown).splitlines()[0] == (
        "You chose turn 1, caption. Most often chosen: turn 1, caption and turn 2, caption (2 of 4). "
        f"Biggest jump by distance: turn {turn}, {rise:+.2f} (MiniLM, offline)."
    )
    unmeasured = replace(shown, drift=None)
    assert "The distance was not measured" in guess_messages.asked(unmeasured)


def test_steps_are_offered_with_their_words_as_many_at_once_as_discord_takes():
    shown = Guessed(revealed(turns=30, captions=(NASTY,) * 30), Question.LOST, StepKey(30, Kind.CAPTION), {})
    selects = list(guess_messages.steps(shown).children)
    assert [len(select.options) for select in selects] == [25, 25, 10]
    assert len({select.custom_id for select in selects}) == 3
    assert all(len(select.custom_id) <= 100 and len(select.placeholder) <= 150 for select in selects)
    options = [option for select in selects for option in select.options]
    assert all(len(option.description or "") <= 100 for option in options)
    assert [option.value for option in options if option.default] == ["30c"]
    assert (options[0].label, options[0].description) == ("Turn 1, picture", None)


@pytest.mark.parametrize(
    ("distances", "said"),
    [
        ((0.5, 0.4), "By distance, no turn after the first went farther from the prompt (MiniLM, offline)."),
        ((0.5,), "A game of one turn has no jump."),
    ],
)
def test_a_game_without_a_jump_says_so(distances, said):
    shown = Guessed(revealed(), Question.LOST, FIRST, {FIRST: 1}, summarise(distances, distances), "MiniLM (offline)")
    assert guess_messages.asked(shown).splitlines()[0].endswith(said)


def test_a_jump_that_is_not_known_is_not_told():
    unread = summarise((None, None), (None, None))
    shown = Guessed(revealed(), Question.LOST, FIRST, {FIRST: 1}, unread, "MiniLM (offline)")
    assert (
        guess_messages.asked(shown)
        .splitlines()[0]
        .endswith("MiniLM, offline cannot read these words, so no jump is known.")
    )
