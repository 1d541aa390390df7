"""Runs the checks in order and takes away what they posted, also when it is interrupted."""

import asyncio
import platform
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import discord
import structlog

from bot.delivery.endpoints import point_at
from bot.live_check.checks import CHECKS
from bot.live_check.rest import Rest
from bot.live_check.session import LiveCheck, Options, Stopped
from bot.live_check.state import State
from bot.live_check.tidy import take_away
from telephone.domain.live_answers import LiveAnswer
from telephone.errors import BadInput, Misconfigured
from telephone.settings import Settings

NOT_REACHED = "Discord cannot be reached; check the network and DISCORD_API_BASE, then try again."
NOT_ACCEPTED = "Discord does not accept this DISCORD_TOKEN; copy it again from the Bot page of your application."
NOT_SEEN = "The bot cannot see that channel ({}); copy the id of a text channel of a server that it is on."
_log = structlog.get_logger()
NO_SERVER = "That channel belongs to no server; copy the id of a text channel of a server."


@dataclass(frozen=True, slots=True)
class Checked:
    """The result: `about` says when and with what, `remains` what stands and what to do about it."""

    about: dict[str, Any]
    answers: list[LiveAnswer]
    remains: list[str]
    interrupted: bool


async def check(
    settings: Settings, token: str, channel: int, *, only: str, options: Options, say: Callable[[str], None]
) -> Checked:
    """Runs the checks named in `only`, all where it is empty. Raises a TelephoneError where none can run."""
    names, sent = _chosen(only), _Sent()
    point_at(settings)
    state = State.load(settings.data_dir / "live-check.json")
    async with (
        _logged_in(token, sent) as client,
        Rest(settings.discord_api_base, token, client.http.user_agent) as rest,
    ):
        guild = await _guild_of(rest, channel)
        live = LiveCheck(rest, client, token, channel, guild, options, state, say, lambda: sent.bytes)
        interrupted = await _all(live, names)
    about = {
        "telephone live-check": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "with": f"discord.py {discord.__version__}, Python {platform.python_version()}",
        "checks": " ".join(names) + " --long" * options.long + " --people" * options.people,
    }
    return Checked(about, live.rows, _remains(live), interrupted)


async def _all(live: LiveCheck, names: list[str]) -> bool:
    """Runs the checks, then takes everything away; returns whether it was interrupted.

    A second Ctrl-C ends the taking away too; the state then still has what stands.
    """
    interrupted, task = False, asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        if live.state.messages or live.state.threads:
            live.say("An earlier run was interrupted: taking away what it left.")
            await take_away(live)
        for name in names:
            await _one(live, name)
    except asyncio.CancelledError:
        interrupted = True
        task.uncancel()
        live.tell("the run", "interrupted")
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        live.say("Taking everything away ...")
        await take_away(live)
    return interrupted


async def _one(live: LiveCheck, name: str) -> None:
    number, about = CHECKS[name].number, CHECKS[name].about
    live.part = f"{number} {name}"
    live.say(f"{live.part}: {about}")
    try:
        await CHECKS[name].run(live)
    except Stopped:
        return
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # What came was shaped otherwise than Discord documents: that is an answer too.
        live.tell("read what was answered", f"unexpected shape: {type(error).__name__}")
        _log.warning("an answer could not be read", check=name, exc_info=error)


def _chosen(only: str) -> list[str]:
    """The names of checks, in order. Raises BadInput for one that there is not."""
    numbers = {str(check.number): name for name, check in CHECKS.items()}
    words = [numbers.get(word, word) for word in only.replace(",", " ").split()]
    for word in words:
        if word not in CHECKS:
            raise BadInput(f"There is no check {word!r}; write some of: {', '.join(CHECKS)}.")
    return [name for name in CHECKS if name in words or not words]


def _remains(live: LiveCheck) -> list[str]:
    """What stands, in sentences."""
    lines = []
    if live.state.messages:
        count = len(live.state.messages)
        lines.append(f"{count} messages could not be deleted; the next run tries again, or delete them by hand.")
    emptied = [row for row in live.rows if row.part == "end" and row.facts.get("messages_left") == 0]
    if emptied:
        lines.append(f"{len(emptied)} threads of ours are empty and closed; only a moderator can delete them.")
    if live.state.threads:
        count = len(live.state.threads)
        lines.append(f"{count} threads still hold messages of ours; unlock them and run again, or delete them by hand.")
    if live.state.later:
        lines.append(f"{len(live.state.later)} things wait for a later run: the same command again.")
    return lines


class _Sent:
    """Counts the bytes that a client sends."""

    def __init__(self) -> None:
        self.bytes = 0
        self.trace = aiohttp.TraceConfig()
        self.trace.on_request_chunk_sent.append(self._count)

    async def _count(self, session: Any, context: Any, sent: aiohttp.TraceRequestChunkSentParams) -> None:
        self.bytes += len(sent.chunk)


@asynccontextmanager
async def _logged_in(token: str, sent: _Sent) -> AsyncIterator[discord.Client]:
    """A client without a gateway. Raises Misconfigured where Discord does not let it in."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    client = discord.Client(intents=discord.Intents(guilds=True), max_messages=None, http_trace=sent.trace)
    try:
        try:
            await client.login(token)
        except discord.LoginFailure:
            raise Misconfigured(NOT_ACCEPTED) from None
        except (aiohttp.ClientError, OSError, discord.HTTPException):
            raise Misconfigured(NOT_REACHED) from None
        yield client
    finally:
        with suppress(aiohttp.ClientError, OSError):
            await client.close()


async def _guild_of(rest: Rest, channel: int) -> int:
    """The server of a channel. Raises BadInput where there is none."""
    reply = await rest.ask("GET", f"/channels/{channel}")
    if not reply.ok:
        raise BadInput(NOT_SEEN.format(reply.code or reply.status))
    if not reply.get("guild_id"):
        raise BadInput(NO_SERVER)
    return int(reply.get("guild_id"))
