"""The process of the bot: what its role says, until it is told to stop.

The exit status is for service managers: 0 after a signal; CONFIG where a person has to change something first;
UNAVAILABLE or TEMPFAIL where a later start may do, after the bot has waited as long as TELEPHONE_START_PATIENCE says.
"""

import argparse
import asyncio
import gc
import os
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import discord

from bot.app import TelephoneApp
from bot.client import BotRuntime
from bot.delivery.endpoints import point_at
from bot.delivery.first_requests import for_good, not_reached
from bot.interactions.errors import stray
from bot.readiness import Watched
from bot.surfaces import DiscordSurfaces
from bot.worker import WorkerClient
from telephone import log, memory
from telephone.engine.shards import Shards
from telephone.errors import Misconfigured, Occupied, Unreachable
from telephone.retry import StartPatience
from telephone.settings import Settings, roles
from telephone.web.drawing import DrawingPage
from telephone.web.operations import OperationsPage

if TYPE_CHECKING:
    from telephone.bootstrap import ClientRuntime, EngineRuntime

REPLACED: Final = "Another process answers these shards now, since this one lost its database for a while."
CONFIG: Final = os.EX_CONFIG
UNAVAILABLE: Final = os.EX_UNAVAILABLE
TEMPFAIL: Final = os.EX_TEMPFAIL


def main(argv: Sequence[str] = ()) -> int:
    """Runs until SIGINT or SIGTERM; returns the exit status."""
    argparse.ArgumentParser(prog="telephone bot", description=__doc__).parse_args(argv)
    log.configure()
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # we do not speak
    try:
        settings = Settings.load()
        roles.check(settings)
        asyncio.run(run(settings))
    except (Misconfigured, discord.DiscordException, aiohttp.ClientError) as error:
        return _refuse(error)
    return 0


async def run(settings: Settings) -> None:
    """Does what the role says until a signal comes; then closes the runtime, then the rest.

    Raises Occupied where another process has taken this one's shards.
    """
    point_at(settings)
    patience, operations = StartPatience(settings.start_patience), OperationsPage(settings)
    await operations.open()
    process = _PROCESSES[settings.role](settings, patience, operations)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.set_exception_handler(stray)
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    running = asyncio.create_task(process.run(), name=settings.role)
    stopping = asyncio.create_task(stop.wait(), name="signals")
    replaced = asyncio.create_task(process.shards.lost.wait(), name="shards")
    try:
        await asyncio.wait({running, stopping, replaced}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        was_replaced = replaced.done()
        stopping.cancel()
        replaced.cancel()
        await process.close()
        if not running.done():
            running.cancel()
        await operations.close()
    with suppress(asyncio.CancelledError):
        await running
    if was_replaced:
        raise Occupied(REPLACED)


class _Process(ABC):
    """What a process of a role is: a bot, a worker or a page."""

    def __init__(self, settings: Settings, patience: StartPatience, operations: OperationsPage) -> None:
        self.settings, self.patience, self.operations = settings, patience, operations
        self.shards = Shards(settings.shards, settings.shard_ids)

    @abstractmethod
    async def run(self) -> None:
        """Works until it is closed."""

    @abstractmethod
    async def close(self) -> None:
        """Closes what is open."""

    @property
    def token(self) -> str:
        assert self.settings.discord_token is not None
        return self.settings.discord_token.get_secret_value()

    def _watch(self, watched: Watched) -> None:
        """Tells operators of the process from now on; what is loaded by now stays."""
        self.operations.watch(watched)
        memory.leave_alone_what_stays()
        gc.enable()

    async def _with_engine(self, surfaces: DiscordSurfaces, shards: Shards | None) -> "EngineRuntime":
        # The models' libraries are heavy; a missing token is told without them.
        from telephone.bootstrap import open_with_engine

        return await self.patience.reach(
            "the database", lambda: open_with_engine(self.settings, surfaces, shards=shards)
        )

    async def _for_workers(self, shards: Shards | None) -> "ClientRuntime":
        from telephone.bootstrap import open_for_workers

        return await self.patience.reach("the database", lambda: open_for_workers(self.settings, shards=shards))


class _Bot(_Process):
    """A bot that is connected to Discord's gateway: it plays its games itself, or enqueues them for workers."""

    def __init__(self, settings: Settings, patience: StartPatience, operations: OperationsPage) -> None:
        super().__init__(settings, patience, operations)
        shards: dict[str, Any] = {"shard_count": settings.shards, "shard_ids": list(settings.shard_ids) or None}
        self._enqueues = settings.role == "gateway"
        self._page = DrawingPage(settings, elsewhere=self._enqueues)
        self._bot = TelephoneApp(self._open, self._page, patience, alone=not settings.on_postgres, **shards)

    async def run(self) -> None:
        await self._bot.start(self.token)

    async def close(self) -> None:
        await self._bot.close()

    async def _open(self, surfaces: DiscordSurfaces) -> BotRuntime:
        if self._enqueues:
            enqueuing = await self._for_workers(self.shards)
            await self._page.open(enqueuing.app.turns)
            self._watch(Watched(enqueuing.app, self._bot))
            return enqueuing
        runtime = await self._with_engine(surfaces, self.shards)
        await self._page.open(runtime.app.turns)
        self._watch(Watched(runtime.app, self._bot, runtime.sweep))
        return runtime


class _Worker(_Process):
    """Plays what is enqueued, and posts it over REST."""

    def __init__(self, settings: Settings, patience: StartPatience, operations: OperationsPage) -> None:
        super().__init__(settings, patience, operations)
        self._client = WorkerClient(self._open, patience)

    async def run(self) -> None:
        await self._client.login(self.token)
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self._client.close()

    async def _open(self, surfaces: DiscordSurfaces) -> BotRuntime:
        runtime = await self._with_engine(surfaces, None)
        self._watch(Watched(runtime.app, sweep=runtime.sweep))
        return runtime


class _Page(_Process):
    """Serves the page to draw on; it knows no token of Discord's."""

    def __init__(self, settings: Settings, patience: StartPatience, operations: OperationsPage) -> None:
        super().__init__(settings, patience, operations)
        self._page = DrawingPage(settings)
        self._runtime: ClientRuntime | None = None

    async def run(self) -> None:
        self._runtime = runtime = await self._for_workers(None)
        await self._page.open(runtime.app.turns)
        self._watch(Watched(runtime.app))
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self._page.close()
        if self._runtime is not None:
            await self._runtime.close()


_PROCESSES: Final[Mapping[str, Callable[[Settings, StartPatience, OperationsPage], _Process]]] = {
    "all": _Bot,
    "gateway": _Bot,
    "worker": _Worker,
    "page": _Page,
}
"""What runs in each role."""


def _refuse(error: Exception) -> int:
    """Says on one line what to do, and returns the exit status; raises what is a bug of ours."""
    told = error if isinstance(error, Misconfigured) else for_good(error)
    if told is None and isinstance(error, discord.DiscordException) and not isinstance(error, discord.HTTPException):
        raise error
    told = told or not_reached(error)
    print(" ".join(filter(None, (told.sentence, told.detail))), file=sys.stderr)  # noqa: T201
    if isinstance(told, Occupied):
        return TEMPFAIL
    return UNAVAILABLE if isinstance(told, Unreachable) else CONFIG
