"""The cards that are to be edited while games wait in line or are played, from what is stored when their turn comes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass
from weakref import WeakValueDictionary

from telephone.domain.games import Game
from telephone.games.card_pace import ShownCards


@dataclass(frozen=True, slots=True)
class _Due:
    """An edit that waits for its time, in seconds on the clock."""

    at: float
    task: asyncio.Task[None]


class CardQueue:
    """Edits cards behind the games, which never wait for it: one of a server's cards after the other.

    A card that is touched again before its turn is edited once, and reads the game only then. What is pending when the
    process ends is lost: whoever plays the game on touches its card again.
    """

    def __init__(
        self,
        edit: Callable[[str], Awaitable[None]],
        shown: ShownCards,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._edit, self._shown, self._clock, self._sleep = edit, shown, clock, sleep
        self._due: dict[str, _Due] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def touch(self, game: Game, *, slow: bool = False) -> None:
        """Has the card of a game that is played edited soon, where it is time for that.

        `slow`: the provider of a player takes few calls for want of credit.
        """
        if (wait := self._shown.due_in(game, slow=slow)) is not None:
            self._schedule(game.request.guild_id, game.id, wait)

    def moved_up(self, guild_id: int, game_id: str) -> None:
        """Has the card of a game that waits in line show its place when it is time for that."""
        self._schedule(guild_id, game_id, self._shown.place_due_in(game_id))

    def _schedule(self, guild_id: int, game_id: str, wait: float) -> None:
        at, known = self._clock() + wait, self._due.get(game_id)
        if known is not None:
            if known.at <= at:
                return
            known.task.cancel()
        task = asyncio.create_task(self._when_due(guild_id, game_id, wait), context=Context())
        self._due[game_id] = _Due(at, task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _when_due(self, guild_id: int, game_id: str, wait: float) -> None:
        if wait > 0:
            await self._sleep(wait)
        async with self._servers.setdefault(guild_id, asyncio.Lock()):
            del self._due[game_id]  # what changes from now on is for the next edit
            await self._edit(game_id)

    async def close(self) -> None:
        """Edits no more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
