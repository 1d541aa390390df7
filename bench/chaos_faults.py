"""What goes wrong: one class for each fault, with what it does and how it is undone.

`Rates` go wrong all the time, each with its share of the requests; a `Trouble` begins, lasts, and is over again. None
of them needs anything of the product: they come from the Discord and the providers that it speaks to, from its disk,
its database and its clock.
"""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from aiohttp import web
from chaos_process import Process
from chaos_stage import Stage

from telephone.domain.games import GameState
from tests.standin_providers import cut, cut_after_doing, done_then, half, says, slow
from tests.standin_providers.faults import Fault, Handler

API: Final = r"^/(?!gw|cdn/)"
"""Every request to Discord's API."""
PAID: Final = r"POST /v1/(?:predictions|images/generations|chat/completions)"
FREE: Final = r"(?:GET /v1/.*|POST /v1/files|POST /v1/predictions/\w+/cancel)"
HOUR: Final = 3_600
_THROTTLED: Final = {"detail": "Request was throttled. Your rate limit resets in ~1s.", "status": 429}


class Rates:
    """Shares of all requests that fail: 5% with 500, 20% with 429, and a few that are lost, cut or slow."""

    name = "5% of 500, 20% of 429, lost answers, cut lines"

    def begin(self, here: Stage) -> None:
        discord, apis, dice = here.discord.faults, here.apis, here.dice
        discord.sometimes(0.05, "*", API, status=500, dice=dice)
        discord.sometimes(0.02, "*", API, status="lost answer", dice=dice)
        discord.sometimes(0.01, "*", API, status="drop", dice=dice)
        discord.sometimes(0.20, "*", API, status=429, dice=dice, retry_after=0.3)
        for share, path, fault in (
            (0.20, PAID, says(429, _THROTTLED, Retry_After="1")),
            (0.03, PAID, says(500)),
            (0.02, PAID, done_then(500, {})),
            (0.03, PAID, cut_after_doing()),
            (0.02, PAID, cut()),
            (0.40, PAID, slow(1.0)),
            (0.20, FREE, says(429, _THROTTLED, Retry_After="1")),
            (0.05, FREE, says(500)),
            (0.02, FREE, cut()),
            (0.03, r"GET /delivery/.*", half(b"\x89PNG")),
            (0.03, r"GET /delivery/.*", says(500)),
        ):
            apis.sometimes(share, path, fault, dice)

    def end(self, here: Stage) -> None:
        here.discord.faults.clear()
        here.apis.behave()


class Trouble(Protocol):
    """Something that goes wrong for a while."""

    @property
    def name(self) -> str: ...

    async def strike(self, here: Stage) -> bool:
        """Does it and undoes it; False where there was nothing to do it to, or this stage cannot."""


@dataclass(frozen=True)
class GatewayDrop:
    """Discord closes the connection; the session can be resumed, or is forgotten."""

    resumes: bool

    @property
    def name(self) -> str:
        return f"gateway dropped, {'with' if self.resumes else 'without'} RESUME"

    async def strike(self, here: Stage) -> bool:
        gateway = here.discord.gateway
        await (gateway.drop() if self.resumes else gateway.forget())
        return True


@dataclass(frozen=True)
class ProviderHangs:
    """Providers take every paid call and say nothing; then they hang up, on half of them with the work done."""

    seconds: float

    name = "providers hang"

    async def strike(self, here: Stage) -> bool:
        over = asyncio.Event()

        async def hang(request: web.Request, honest: Handler) -> web.StreamResponse:
            await over.wait()
            gone: Fault = here.dice.choice((cut(), cut_after_doing()))
            return await gone(request, honest)

        undo = here.apis.always(PAID, hang)
        await asyncio.sleep(self.seconds)
        undo()
        over.set()
        return True


class ThreadDeleted:
    """A moderator deletes the thread of a game that is being played."""

    name = "threads deleted"

    async def strike(self, here: Stage) -> bool:
        games = await here.store.games.unfinished(states=[GameState.PLAYING])
        found = [
            game.place.thread_id
            for game in games
            if game.place.thread_id is not None and not game.request.human_steps and not (game.is_side or game.is_album)
        ]
        found = [thread for thread in found if thread in here.discord.world.backend.channels]
        if not found:
            return False
        _delete(here, here.dice.choice(found))
        return True


class ChannelDeleted:
    """An admin deletes a channel with all its threads, in which games are being played."""

    name = "channels deleted"

    async def strike(self, here: Stage) -> bool:
        backend = here.discord.world.backend
        games = await here.store.games.unfinished(states=[GameState.PLAYING])
        doomed = {server.channels[-1].id for server in here.servers} - here.deleted
        found = sorted(doomed & {game.request.channel_id for game in games}) or sorted(doomed)
        if not found:
            return False
        for thread in [one.id for one in backend.channels.values() if one.parent_id == found[0]]:
            _delete(here, thread)
        _delete(here, found[0])
        return True


def _delete(here: Stage, channel_id: int) -> None:
    here.deleted.add(channel_id)
    here.discord.world.backend.delete_channel(channel_id)


@dataclass(frozen=True)
class FileLocked:
    """Another program holds the write lock of a SQLite file: of the store, or of the journal."""

    file: str
    seconds: float

    @property
    def name(self) -> str:
        return f"{self.file} locked"

    async def strike(self, here: Stage) -> bool:
        if here.wires:
            return False
        lock = await asyncio.to_thread(self._lock, here.folder / f"{self.file}.sqlite")
        if lock is None:
            return False
        try:
            await asyncio.sleep(self.seconds)
        finally:
            lock.close()
        return True

    @staticmethod
    def _lock(path: Path) -> sqlite3.Connection | None:
        connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            connection.close()
            return None
        return connection


@dataclass(frozen=True)
class DiskFull:
    """The disk with store, journal and pictures has no byte left."""

    seconds: float

    name = "disk full"

    async def strike(self, here: Stage) -> bool:
        if here.disk is None:
            return False
        filler = here.disk / "filler"
        await asyncio.to_thread(_fill, filler)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            filler.unlink()
        return True


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


@dataclass(frozen=True)
class PostgresGone:
    """Postgres refuses everybody, cuts one process off, or is silent to one process."""

    how: str
    seconds: float

    @property
    def name(self) -> str:
        return f"Postgres {self.how}"

    async def strike(self, here: Stage) -> bool:
        if not here.wires:
            return False
        one = here.dice.choice(here.wires)
        if self.how == "refused":
            await asyncio.gather(*(wire.refuse() for wire in here.wires))
        elif self.how == "cut off from one process":
            await one.refuse()
        else:
            one.hold_up()
        try:
            await asyncio.sleep(self.seconds)
        finally:
            one.go_on()
            await asyncio.gather(*(wire.allow() for wire in here.wires))
        return True


@dataclass(frozen=True)
class ClockJump:
    """The clock of the bot's machine jumps an hour ahead, and is set right after a while."""

    seconds: float

    name = "clock jumps by an hour"

    async def strike(self, here: Stage) -> bool:
        if here.clock is None:
            return False
        here.clock.write_text(str(HOUR), encoding="ascii")
        await asyncio.sleep(self.seconds)
        here.clock.write_text("0", encoding="ascii")
        return True


async def until(true: Callable[[], Any], within: float) -> bool:
    """Waits until something is so; False where it is not in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while not true():
                await asyncio.sleep(0.05)
            return True
    return False


async def kill(here: Stage, *, gently: bool = False) -> Process:
    """Ends one of the processes, some seconds after it began to play or while it starts, and has it started again."""
    process = here.dice.choice(here.processes)
    if here.dice.random() < 0.8:
        await until(lambda: process.is_ready, 60.0)
    await asyncio.sleep(here.dice.uniform(0.2, 4.0))
    await process.kill(gently=gently)
    return process
