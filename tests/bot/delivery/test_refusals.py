"""What every code of Discord's own list means for what we send, edit, open or answer."""

from types import SimpleNamespace

import aiohttp
import discord
import pytest

from bot.delivery import refusals
from bot.delivery.errors import told
from telephone.errors import Refused, StageGone, Unavailable
from tests.bot.delivery.codes import DOCUMENTED, NEVER_MET

GENERAL = 0
PLACED = frozenset(refusals.PLACE)
TABLES = {
    "place": PLACED,
    "moderated": refusals.MODERATED,
    "passing": frozenset(refusals.PASSING),
    "ours": refusals.OURS,
    "too late": refusals.TOO_LATE,
    "handled where it is met": frozenset({refusals.ACKNOWLEDGED, refusals.THREAD_EXISTS, 40094}),
    "general": frozenset({GENERAL}),
}


def error(code: int, status: int = 400) -> discord.HTTPException:
    response = SimpleNamespace(status=status, reason="")
    return discord.HTTPException(response, {"code": code, "message": "refused"})


def raised(code: int, status: int = 400, *, turn: int = 3, where: str = "thread") -> Exception:
    with pytest.raises(Exception) as caught, told(turn, where):  # noqa: PT011  # any of four kinds
        raise error(code, status)
    return caught.value


def test_every_code_that_we_can_meet_has_one_place():
    for code in DOCUMENTED - NEVER_MET:
        assert [name for name, codes in TABLES.items() if code in codes] != [], code
    for name, codes in TABLES.items():
        others = [code for other, theirs in TABLES.items() if other != name for code in theirs]
        assert codes.isdisjoint(others), name
        assert codes <= DOCUMENTED, "a code that Discord does not list"


@pytest.mark.parametrize("where", ["channel", "thread"])
@pytest.mark.parametrize("code", sorted(PLACED))
def test_a_refusal_of_a_place_pauses_the_game_and_says_why(code, where):
    fault = raised(code, 403, where=where)
    assert isinstance(fault, StageGone)
    assert "{" not in fault.sentence
    assert fault.sentence.endswith(".")
    assert fault.sentence.count("paused") <= 1


@pytest.mark.parametrize(
    ("code", "what", "sentence"),
    [
        (
            160002,
            "permission",
            "I may not reply here without Read Message History, so I paused at turn 3; "
            "give me that permission and press Continue.",
        ),
        (
            160007,
            "limit",
            "This channel has as many open announcement threads as Discord allows, so I paused at turn 3; "
            "archive one and press Continue.",
        ),
        (
            30033,
            "limit",
            "This thread has the 1,000 members that Discord allows, so I paused at turn 3; "
            "remove one and press Continue.",
        ),
        (
            50024,
            "channel",
            "Discord does not allow that in a channel of this type, so I paused at turn 3; "
            "choose a text channel and press Continue.",
        ),
        (
            240000,
            "filter",
            "Discord's filter of harmful links stopped a message of mine, so I paused at turn 3; "
            "an admin can look at it and press Continue.",
        ),
        (
            50278,
            "member",
            "I share no server with this member any more and cannot write to them, so I paused at turn 3; "
            "press Continue.",
        ),
        (
            50001,
            "permission",
            "I can no longer see the thread (View Channel), so I paused at turn 3; "
            "an admin can run /telephone-admin check and press Continue.",
        ),
    ],
)
def test_the_sentence_names_the_permission_or_the_limit(code, what, sentence):
    fault = raised(code, 403)
    assert isinstance(fault, StageGone)
    assert (fault.what, fault.sentence) == (what, sentence)


@pytest.mark.parametrize("code", [0, 777_777, 30_099, 50_300, 160_099])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_code_that_nobody_knows_pauses_the_game_too(code, status):
    fault = raised(code, status)
    assert isinstance(fault, StageGone)
    assert not fault.gone
    assert f"(its code {code})" in fault.sentence


@pytest.mark.parametrize("code", sorted(refusals.PASSING))
@pytest.mark.parametrize("status", [400, 403, 429, 503])
def test_what_passes_is_tried_again_and_named(code, status):
    fault = raised(code, status)
    assert isinstance(fault, Unavailable)
    assert fault.why == refusals.PASSING[code]


@pytest.mark.parametrize("code", sorted(refusals.OURS))
def test_only_a_malformed_request_is_a_bug(code):
    assert isinstance(raised(code), discord.HTTPException)


@pytest.mark.parametrize("code", sorted(refusals.MODERATED))
def test_what_a_servers_moderation_stops_ends_the_game_kindly(code):
    assert isinstance(raised(code), Refused)


@pytest.mark.parametrize(
    ("code", "gone"), [(10003, True), (10008, True), (10004, False), (50001, False), (50083, False), (160005, False)]
)
def test_only_what_is_deleted_is_gone(code, gone):
    fault = raised(code, 404)
    assert isinstance(fault, StageGone)
    assert fault.gone is gone


def test_what_has_no_turns_is_not_told_of_one():
    fault = raised(160002, turn=0)
    assert isinstance(fault, StageGone)
    assert fault.sentence == "I may not reply here without Read Message History; give me that permission."


@pytest.mark.parametrize("fault", [aiohttp.ClientConnectionError(), OSError(), discord.RateLimited(40.0)])
def test_a_discord_that_does_not_answer_is_asked_again(fault):
    with pytest.raises(Unavailable), told(1, "thread"):
        raise fault
