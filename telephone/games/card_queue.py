"""The cards that are to be edited: each at most once in a while, from what is stored when its turn comes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Final

from cachetools import LRUCache

CARD_EVERY: Final = 5.5
"""The least pause between two edits of a game's card on Discord, in seconds: over that within which an edit is skipped
when it is delivered."""
REMEMBERED: Final = 5_000
"""How many cards' last edits are remembered; a forgotten one is edited a little sooner."""


class CardQueue:
    """Edits cards behind the games, which never wait for it. `gap` is the pause between two edits of a card, in s.

    A card that is touched again before its turn is edited once, and reads the game only then. What is pending when the
    process ends is lost: whoever plays the game on touches its card again.
    """

    def __init__(
        self,
        edit: Callable[[str], Awaitable[None]],
        gap: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._edit, self._gap, self._clock, self._sleep = edit, gap, clock, sleep
        self._due: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._edited: LRUCache[str, float] = LRUCache(REMEMBERED)

    def touch(self, game_id: str) -> None:
        """Has the card of a game edited soon."""
        if game_id not in self._due:
            self._due.add(game_id)
            task = asyncio.create_task(self._when_due(game_id), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _when_due(self, game_id: str) -> None:
        last = self._edited.get(game_id)
        if last is not None:
            await self._sleep(max(0.0, last + self._gap - self._clock()))
        self._due.discard(game_id)  # what changes from now on is for the next edit
        try:
            await self._edit(game_id)
        finally:
            self._edited[game_id] = self._clock()

    async def close(self) -> None:
        """Edits no more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
