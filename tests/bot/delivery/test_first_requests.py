"""What the first requests to Discord wait for, and what they give up at once."""

from http import HTTPStatus
from types import SimpleNamespace

import aiohttp
import discord
import pytest
from discord.http import Route

from bot.delivery.first_requests import NOT_ACCEPTED, NOT_DISCORD, NOT_REACHED, TOO_OFTEN, be_patient, for_good
from telephone.errors import Occupied, Unreachable
from telephone.retry import StartPatience

ME, MESSAGES = Route("GET", "/users/@me"), Route("GET", "/channels/{channel_id}/messages", channel_id=1)


def answered(status: int, **headers: str) -> discord.HTTPException:
    response = SimpleNamespace(status=status, reason=HTTPStatus(status).phrase, headers=headers)
    return discord.HTTPException(response, "")  # type: ignore[arg-type]


class Http:
    """A client of discord.py's that gets these answers, in turn."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), 0

    async def request(self, route: Route, **_options: object) -> object:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def patient(*answers: object, within: float = 1.0) -> Http:
    http = Http(*answers)
    be_patient(http, StartPatience(within, first_wait=0.001))  # type: ignore[arg-type]
    return http


@pytest.mark.parametrize(
    "fault",
    [
        answered(503),
        answered(500),
        answered(429),
        TimeoutError(),
        ConnectionRefusedError(111, "Connection refused"),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("cut"),
        ValueError("half a JSON"),
        "<html>please sign in</html>",
    ],
    ids=str,
)
async def test_a_passing_fault_is_waited_out(fault):
    http = patient(fault, fault, {"id": "1"})
    assert await http.request(ME) == {"id": "1"}
    assert http.asked == 3


async def test_only_the_first_requests_wait():
    with pytest.raises(discord.HTTPException):
        await patient(answered(503), {}).request(MESSAGES)


async def test_a_refusal_is_not_asked_again():
    http = patient(answered(403), {})
    with pytest.raises(discord.HTTPException):
        await http.request(ME)
    assert http.asked == 1


@pytest.mark.parametrize("limited", [answered(429, **{"Retry-After": "3600"}), discord.RateLimited(3600)], ids=str)
async def test_a_rate_limit_beyond_all_patience_ends_the_start_at_once(limited):
    http = patient(limited, {})
    with pytest.raises(Occupied, match=TOO_OFTEN):
        await http.request(ME)
    assert http.asked == 1


async def test_patience_is_used_up_in_the_end():
    http = patient(*[ConnectionRefusedError(111, "Connection refused")] * 99, within=0.01)
    with pytest.raises(Unreachable, match=NOT_REACHED) as raised:
        await http.request(ME)
    assert raised.value.detail == "ConnectionRefusedError: Connection refused"
    assert 1 < http.asked < 50


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (discord.LoginFailure("Improper token"), NOT_ACCEPTED),
        (discord.ConnectionClosed(SimpleNamespace(close_code=4004), shard_id=0), NOT_ACCEPTED),  # type: ignore[arg-type]
        (discord.PrivilegedIntentsRequired(0), "intent"),
        (discord.ConnectionClosed(SimpleNamespace(close_code=4013), shard_id=0), "4013"),  # type: ignore[arg-type]
        (discord.NotFound(SimpleNamespace(status=404, reason=""), ""), NOT_DISCORD),  # type: ignore[arg-type]
    ],
)
def test_what_no_later_start_mends_is_told(error, sentence):
    told = for_good(error)
    assert told is not None
    assert sentence in f"{told.sentence} {told.detail}"
    assert for_good(answered(503)) is None
