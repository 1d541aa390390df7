"""What members read of a turn: invitations, claims, and the card of a game that waits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from discord import ui

from bot.games import card as game_card
from bot.games import messages as game_messages
from bot.turns import messages as turn_messages
from bot.ui import posts
from telephone.domain.games import GameState, Kind, Pair, StepKey
from telephone.domain.human_turns import Claim, Seat, SeatState
from telephone.games.turn_service import ClaimedTurn
from telephone.ports.games import Progress
from tests.bot.samples import custom_ids, game, picture, summary

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CAPTION = StepKey(1, Kind.CAPTION)
AT_ONE = f"<t:{round((NOW + timedelta(hours=1)).timestamp())}:t>"
CLAIM = Claim("c" * 16, 11, NOW, NOW + timedelta(minutes=5), NOW + timedelta(minutes=10), "secret-token")


def seat(state: SeatState = SeatState.OPEN, key: StepKey = CAPTION, **changes: object) -> Seat:
    claim = CLAIM if state is SeatState.CLAIMED else None
    whole = Seat("00ff", key, state, NOW, NOW + timedelta(minutes=30), NOW + timedelta(hours=1), 600, "blip", claim)
    return replace(whole, **changes)


def waiting(*, sealed: bool = False, steps: int = 1):
    shown = game(GameState.WAITING, steps=steps)
    return replace(shown, request=replace(shown.request, pair=Pair("painter", "human"), sealed=sealed))


def read(post) -> list[str]:
    return [item.content for item in post.view.walk_children() if isinstance(item, ui.TextDisplay)]


def labels(post) -> list[str]:
    return [item.label for item in post.view.walk_children() if isinstance(item, ui.Button)]


@pytest.mark.parametrize(
    ("shown", "title", "line", "buttons"),
    [
        (
            seat(),
            "### Turn 1: write a caption",
            f"First to press gets 10 min and sees one picture. Otherwise blip plays at {AT_ONE}.",
            ["Take this turn", "Let AI play"],
        ),
        (
            seat(key=StepKey(2, Kind.PICTURE), half_told=True, stand_in=None, claim_seconds=90),
            "### Turn 2: draw a picture",
            "Half of the time is over. First to press gets 90 seconds and reads one caption. "
            f"It stays free until {AT_ONE}.",
            ["Take this turn"],
        ),
        (
            seat(SeatState.CLAIMED),
            "### Turn 1: a member is at the caption",
            f"Someone has taken this turn. They have until {posts.clock(CLAIM.expires_at)}. "
            "If they give it back, it is free again here.",
            [],
        ),
        (seat(SeatState.ANSWERED), "### Turn 1: the caption is there", "A member took this turn.", []),
        (
            seat(SeatState.STOOD_IN),
            "### Turn 1: a stand-in makes the caption",
            "Nobody took this turn, so blip plays it; the game does not count for members.",
            [],
        ),
    ],
)
def test_an_invitation_says_what_stands_and_what_comes(shown, title, line, buttons):
    post = turn_messages.invitation(waiting(), shown)
    assert (read(post), labels(post)) == ([title, line], buttons)
    assert all(len(one) <= 100 for one in custom_ids(post))


def test_an_invitation_to_a_sealed_game_says_that_one_turn_is_all():
    words = read(turn_messages.invitation(waiting(sealed=True), seat()))
    assert words[1].endswith(" Sealed: who has seen one turn of this game may take no other.")


def test_who_holds_a_turn_is_shown_one_item_that_says_nothing_of_the_rest():
    shown = waiting(sealed=True)
    words, view, file = turn_messages.claimed(ClaimedTurn(shown, seat(SeatState.CLAIMED), picture=picture()))
    assert (file.name, file.alt) == ("picture.png", "Picture to describe")
    assert shown.request.prompt.text not in words
    assert [item.label for item in view.children] == ["Write caption", "Give back"]
    drawn = ClaimedTurn(shown, seat(SeatState.CLAIMED, StepKey(2, Kind.PICTURE)), words="a *fox*")
    words, view, file = turn_messages.claimed(drawn, "https://draw.example.org/draw/x")
    assert words.endswith("> a \\*fox\\*")
    assert [item.label for item in view.children] == ["Upload", "Draw in browser", "Give back"]
    assert file is None


def test_the_card_of_a_game_that_waits_says_for_what_and_keeps_a_sealed_prompt():
    post = game_card.card(waiting(), Progress(seat=seat()))
    line = f"Turn 1, caption. Otherwise blip plays at {AT_ONE}."
    assert read(post) == ["### #128 waiting for a member", "> a fox mends a clock", line]
    assert labels(post) == ["Open thread", "Stop"]
    post = game_card.card(waiting(sealed=True), Progress(seat=seat(SeatState.CLAIMED)))
    assert read(post) == ["### #128 waiting for a member", "Turn 1, caption. A member is at it. Sealed until the end."]


@pytest.mark.parametrize("state", [state for state in GameState if not state.is_final])
def test_no_card_of_a_sealed_game_shows_its_prompt_before_it_ends(state):
    shown = replace(waiting(sealed=True, steps=2), state=state)
    assert shown.request.prompt.text not in "\n".join(read(game_card.card(shown, Progress(1, 60, seat()))))


def test_a_member_is_not_named_and_a_stand_in_is():
    shown = waiting(steps=2)
    member = replace(shown.steps[1], player="human")
    assert game_messages.step(shown, member).content.startswith("**Turn 1 of 2, caption** by a member\n")
    helped = replace(shown, stand_ins={CAPTION: "critic"})
    said = game_messages.step(helped, helped.steps[1]).content
    assert said.startswith("**Turn 1 of 2, caption** by critic, stand-in for a member\n")


def test_a_finished_game_says_why_it_is_not_counted():
    finished = game(GameState.FINISHED, steps=4)
    helped = replace(finished, stand_ins={CAPTION: "critic"})
    one = replace(finished, request=replace(finished.request, human_step=CAPTION))
    for shown, words in ((helped, "A model stood in for a member"), (one, "A member took one turn of a model")):
        for post in (game_card.card(shown, Progress(), summary()), game_messages.summary(shown, summary())):
            assert f"{words}, so this game is not counted." in read(post)[-1]


async def test_forms_say_what_they_are_about_and_are_not_remembered():
    for form in (
        turn_messages.caption_form("f" * 64, CAPTION, 2**63),
        turn_messages.upload_form("f" * 64, CAPTION, 2**63),
    ):
        assert form.is_finished()
        assert len(form.custom_id) <= 100
        assert form.custom_id.endswith(f":1c:{2**63}")
