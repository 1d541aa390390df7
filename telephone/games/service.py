"""Starts, stops, resumes and lists the games of a server."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from telephone.domain.games import NO_GUILD, Game, GameState
from telephone.domain.refusals import require_here
from telephone.errors import BadInput, NotAllowed
from telephone.exports.artifacts import GameArtifacts, Replay
from telephone.games.admission import GameAdmission, StartRequest
from telephone.ports.runners import GameRunner
from telephone.store import Store
from telephone.store.sights import GAMES

UNFINISHED: Final = tuple(state for state in GameState if not state.is_final)
_LOOK_EVERY: Final = 1.0
"""How often a game is looked at that another process plays, in seconds; what this one does to it is told at once."""
_NAP: Final = 0.05
"""How soon a member's request notices what this process tells it, in seconds; a nap asks no database."""
_ABOUT_TO_START: Final = 1.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class UnfinishedGame:
    """An unfinished game and its place in the server's queue: 1 is next, 0 is not queued."""

    game: Game
    place: int


@dataclass(frozen=True, slots=True)
class GameService:
    """Games as cogs and the command line use them. Raises TelephoneErrors whose sentence can be shown as it is.

    `server` is where somebody asks for a game by its id, by default the terminal. Raises NotHere on any other than the
    game's own, so that `is_host` speaks of the game's server.
    """

    store: Store
    admission: GameAdmission
    artifacts: GameArtifacts
    runner: GameRunner

    async def start(self, asked: StartRequest) -> Game:
        """Admits, stores and enqueues a game, the most it can cost reserved; returns before its card is posted.

        A request whose key is stored already finds its game.
        """
        request = await self.admission.admit(asked)
        game = await self.admission.add(request, asked.key)
        _log.info("game queued", game=game.id, pair=str(game.pair), turns=game.request.turns)
        await self.runner.begin(game)
        return game

    async def opened(self, game_id: str, timeout: float = 8.0) -> Game:
        """The game once its thread is open or it has ended, or as it is after `timeout` seconds.

        A game that is still queued then gets one second more: it may be about to start.
        """
        game = await self._when(game_id, _is_open, timeout)
        if game.state is GameState.QUEUED:
            return await self._when(game_id, lambda now: now.state is not GameState.QUEUED, _ABOUT_TO_START)
        return game

    async def closed(self, game_id: str, timeout: float) -> Game:
        """The game once it has ended or pauses and its summary is shown, or as it is after `timeout` seconds."""
        return await self._when(game_id, _is_closed, timeout)

    async def get(self, game_id: str, *, server: int = NO_GUILD) -> Game:
        game = await self.store.games.get(game_id)
        require_here(game.request.guild_id, server)
        return game

    async def by_number(self, guild_id: int, number: int) -> Game:
        return await self.store.games.by_number(guild_id, number)

    async def in_thread(self, thread_id: int) -> Game | None:
        game_id = await self.store.posts.owner_of_thread(thread_id)
        return await self.store.games.get(game_id) if game_id else None

    async def place_in_queue(self, game_id: str) -> int:
        return await self.store.games.place_in_queue(game_id)

    async def recent(self, guild_id: int, *, unfinished_only: bool = False, limit: int = 25) -> list[Game]:
        """Games of a server, newest first."""
        states = UNFINISHED if unfinished_only else ()
        return await self.store.games.recent(guild_id, states=states, limit=limit)

    async def finished(self, guild_id: int) -> list[Game]:
        """Finished games of a server, newest first."""
        return await self.store.games.recent(guild_id, states=[GameState.FINISHED])

    async def waiting(self, guild_id: int, *, newest: int | None = None) -> list[Game]:
        """Games of a server that wait for a member, or so many of them, newest first, sealed ones too."""
        waiting = await self.store.games.unfinished(guild_id, states=[GameState.WAITING], newest=newest)
        return sorted(waiting, key=lambda one: -one.number)

    async def status(self, guild_id: int) -> list[UnfinishedGame]:
        """Unfinished games of a server: those that run or pause first, then the queue in order."""
        games = await self.store.games.recent(guild_id, states=UNFINISHED)
        queue = await self.store.games.queue(guild_id)
        places = {game_id: place for place, game_id in enumerate(queue, start=1)}
        listed = [UnfinishedGame(game, places.get(game.id, 0)) for game in games]
        return sorted(listed, key=lambda one: (one.place, one.game.number))

    async def stop(self, game_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Game:
        """Ends a game; posted messages stay. Raises NotAllowed and BadInput."""
        game = await self._hosted(game_id, by, is_host, server)
        if not await self.store.games.move(game_id, GameState.STOPPED, only_from=UNFINISHED):
            raise BadInput(f"Game #{game.number} has ended already; there is nothing to stop.")
        return await self._settled(game_id)

    async def resume(self, game_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Game:
        """Resumes a paused game; if its thread is gone, it gets a new thread with all its messages.

        Raises NotAllowed, BadInput and OverBudget.
        """
        game = await self._hosted(game_id, by, is_host, server)
        await self.admission.check_open(game.request.guild_id)
        if game.state is not GameState.PAUSED:
            raise BadInput(f"Game #{game.number} is not paused; there is nothing to continue.")
        await self.admission.cover_rest(game)
        await self.runner.go_on(game)
        return await self.store.games.get(game_id)

    async def again(
        self,
        game_id: str,
        *,
        by: int,
        channel_id: int,
        age_restricted: bool = False,
        server: int = NO_GUILD,
        key: str | None = None,
    ) -> Game:
        """Starts a game with the prompt and the pair of another, and a new seed, stored under `key` where given."""
        request = (await self.get(game_id, server=server)).request
        return await self.start(
            StartRequest(
                prompt=request.prompt.text,
                t2i=request.pair.t2i,
                i2t=request.pair.i2t,
                turns=request.turns,
                guild_id=request.guild_id,
                channel_id=channel_id,
                starter_id=by,
                age_restricted=age_restricted,
                sealed=request.sealed,
                human_step=None if request.human_step is None else str(request.human_step),
                key=key,
            )
        )

    async def replay(self, game_id: str, *, server: int = NO_GUILD) -> Replay:
        """The game as a GIF, each picture with the words before and after it. Raises NotAllowed for a sealed one."""
        game = await self.get(game_id, server=server)
        if game.is_sealed:
            raise NotAllowed(f"Game #{game.number} is sealed until it ends; its replay comes after the reveal.")
        return await self.artifacts.replay(game.shown)

    async def keep(self, game_id: str, folder: Path) -> dict[str, Any]:
        """Writes pictures, game.json, drift.png, replay.gif and album.html; returns what game.json says."""
        return await self.artifacts.write((await self.store.games.get(game_id)).shown, folder)

    async def _settled(self, game_id: str) -> Game:
        game = await self.store.games.get(game_id)
        await self.runner.settle(game)
        return game

    async def _hosted(self, game_id: str, by: int, is_host: bool, server: int) -> Game:
        game = await self.get(game_id, server=server)
        if not is_host and by != game.request.starter_id:
            raise NotAllowed("Only who started this game, or a member who may manage the server, can do that.")
        return game

    async def _when(self, game_id: str, reached: Callable[[Game], bool], timeout: float) -> Game:
        """The game once `reached` holds, or as it is after `timeout` seconds."""
        ends = time.monotonic() + timeout
        with self.store.changes.watching(GAMES, game_id) as changed:
            while True:
                changed.clear()
                game = await self.store.games.get(game_id)
                left = ends - time.monotonic()
                if reached(game) or left <= 0:
                    return game
                await _told(changed, min(_LOOK_EVERY, left))


async def _told(changed: asyncio.Event, within: float) -> None:
    """Waits until `changed` is set, or for `within` seconds.

    It asks the event in short sleeps: members' requests wait here, and a simulated clock knows a sleep, not a time-out.
    """
    ends = time.monotonic() + within
    while not changed.is_set() and (left := ends - time.monotonic()) > 0:
        await asyncio.sleep(min(_NAP, left))


def _is_open(game: Game) -> bool:
    return game.is_set_up or game.state.is_final or game.state is GameState.PAUSED


def _is_closed(game: Game) -> bool:
    if game.state is GameState.FINISHED:
        return game.place.summary_id is not None
    return game.state.is_final or game.state is GameState.PAUSED
