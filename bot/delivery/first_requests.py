"""Discord at the start of the bot: its first requests and connections are made again while Discord does not answer.

discord.py gives up at the first 503, and shows a traceback for each gateway that it cannot reach. What it does itself,
waiting for rate limits and four repeats after 500, 502 and 504, stays its own, and so does every later reconnection.
"""

import functools
import logging
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import discord
from discord.http import HTTPClient, Route

from telephone.errors import Misconfigured, Occupied, Unreachable
from telephone.retry import StartPatience

NOT_REACHED: Final = "Discord cannot be reached; check the network and DISCORD_API_BASE, then start the bot again."
NOT_WELL: Final = "Discord has an outage; discordstatus.com tells when it is over, and then start the bot again."
TOO_OFTEN: Final = "Discord was asked too often from this address or with this token; start the bot again later."
NOT_ACCEPTED: Final = "Discord does not accept this DISCORD_TOKEN; copy it again from the Bot page of your application."
NOT_DISCORD: Final = "There is no Discord API at DISCORD_API_BASE; leave it empty for Discord's own."
REFUSED: Final = "Discord does not let this bot in; look at its pages in the developer portal."
NO_INTENTS: Final = "Discord does not grant this bot the intent `guilds`; look at the Bot page of your application."
CLOSED: Final = (
    "Discord closed the connection for good; update AI Telephone, or look at the bot in the developer portal."
)

_SYNC: Final = ("PUT", "/applications/{application_id}/commands")
_FIRST: Final = frozenset(
    {
        ("GET", "/users/@me"),
        ("GET", "/oauth2/applications/@me"),
        ("GET", "/gateway/bot"),
        _SYNC,
    }
)
"""The requests that discord.py makes at the start and at no other time, by method and path."""
_SYNC_WAITS: Final = 10.0
"""How long a rate limit of the commands may hold up the start, in seconds: Discord has those of an earlier start."""
_ANSWER_WITHIN: Final = aiohttp.ClientTimeout(total=30)
_UNAUTHENTICATED: Final = 4004
_NOT_CONNECTED: Final = "Failed to connect for shard_id"


def be_patient(http: HTTPClient, patience: StartPatience) -> None:
    """Makes the first requests of a client wait for Discord.

    When the patience is used up they raise Unreachable in place of aiohttp's errors and of Discord's 429 and 5xx. A 429
    to the commands is raised as it is, since the bot starts without them.
    """
    once = http.request

    @functools.wraps(once)
    async def request(route: Route, **options: Any) -> Any:
        if (route.method, route.path) not in _FIRST:
            return await once(route, **options)
        while True:
            syncs = (route.method, route.path) == _SYNC
            http.max_ratelimit_timeout = min(patience.left, _SYNC_WAITS) if syncs else patience.left
            try:
                return _json(await once(route, timeout=_ANSWER_WITHIN, **options))
            except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, ValueError) as error:
                if syncs and _is_rate_limit(error):
                    raise
                failed, pause = _failed(error)
            finally:
                http.max_ratelimit_timeout = None
            await patience.wait(f"{route.method} {route.path}", failed, pause)

    http.request = request  # type: ignore[method-assign]
    logging.getLogger("discord.shard").addFilter(_is_no_failed_connection)


def not_reached(error: BaseException | None) -> Unreachable:
    """Why Discord was not reached, on one line and without addresses."""
    why = getattr(error, "strerror", None) or getattr(error, "message", None) or type(error).__name__
    return Unreachable(NOT_REACHED, f"{type(error).__name__}: {why}".replace("\n", " "))


def for_good(error: BaseException) -> Misconfigured | None:
    """What an error says that a later start does not mend; None for any other error."""
    if isinstance(error, discord.LoginFailure):
        return Misconfigured(NOT_ACCEPTED)
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return Misconfigured(NO_INTENTS)
    if isinstance(error, discord.ConnectionClosed):
        if error.code == _UNAUTHENTICATED:
            return Misconfigured(NOT_ACCEPTED)
        return Misconfigured(CLOSED, f"(Its code is {error.code}.)")
    if isinstance(error, discord.NotFound):
        return Misconfigured(NOT_DISCORD)
    if isinstance(error, discord.HTTPException) and error.status < 500:
        return Misconfigured(REFUSED, f"(Its answer is {error.status}, code {error.code}.)")
    return None


def _is_rate_limit(error: Exception) -> bool:
    too_many = isinstance(error, discord.HTTPException) and error.status == HTTPStatus.TOO_MANY_REQUESTS
    return too_many or isinstance(error, discord.RateLimited)


def _json(answer: Any) -> Any:
    """An answer that may be Discord's. Raises ValueError for one of a network with a sign-in page."""
    if not isinstance(answer, dict | list):
        raise ValueError("an answer that is no JSON")
    return answer


def _failed(error: Exception) -> tuple[Unreachable, float]:
    """Why a request failed, and how long Discord asks to be left alone, in seconds. Raises what no later try mends."""
    if isinstance(error, discord.RateLimited):
        return Occupied(TOO_OFTEN, "429"), error.retry_after
    if not isinstance(error, discord.HTTPException):
        return not_reached(error), 0.0
    why = f"{error.status} {error.response.reason or ''}".strip()
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Occupied(TOO_OFTEN, why), _seconds(error.response.headers.get("Retry-After", ""))
    if error.status < 500:
        raise error
    return Unreachable(NOT_WELL, why), 0.0


def _seconds(text: str) -> float:
    return float(text) if text.replace(".", "", 1).isdecimal() else 0.0


def _is_no_failed_connection(record: logging.LogRecord) -> bool:
    """False for discord.py's traceback of a gateway that it could not reach, of which we log one line."""
    return not str(record.msg).startswith(_NOT_CONNECTED)
