"""Changes: wakes whoever waits for a game, a battle, a party or a rescore, so that nobody who waits asks by himself.

What this process changes about a game's state is told at once. What other processes change is found by one query a
kind, at regular intervals, for all that this process waits for, however many they are.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from telephone.store.sights import Seen, Sight

LOOK_EVERY: Final = 1.0
"""How often changes by other processes are looked for while somebody waits, in seconds."""
STIRRED: Final = 0.25
"""The least time between two looks after writes of this process, in seconds."""
_log = structlog.get_logger()


class _Ask(Protocol):
    """Runs one query on a thread of the database."""

    def __call__(self, query: Callable[[Connection], dict[str, Seen]], /) -> Awaitable[dict[str, Seen]]: ...


@dataclass(eq=False, slots=True)
class _Wait:
    """Somebody who waits for a change of one row; `seen` is what they know of it."""

    sight: Sight
    owner_id: str
    seen: Seen
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Changes:
    """Tells of changes within this process, and looks for those of others while anybody waits."""

    def __init__(self, ask: _Ask, every: float = LOOK_EVERY) -> None:
        self._ask, self._every = ask, every
        self._waits: dict[str, list[_Wait]] = defaultdict(list)
        self._looking: asyncio.Task[None] | None = None
        self._hurry: asyncio.Event | None = None
        self._stirring, self._stirred = 0, False

    @contextmanager
    def watching(self, sight: Sight, owner_id: str, seen: Seen = ()) -> Iterator[asyncio.Event]:
        """An event that is set after a change, and perhaps without one: whoever waits for it looks himself.

        It is to be opened before the look whose answer is waited on. Whoever knows what that look finds says so as
        `seen`, and is spared one waking.
        """
        wait = _Wait(sight, owner_id, seen)
        self._waits[owner_id].append(wait)
        self._stirring += sight.stirs
        if self._looking is None or self._looking.done():
            self._hurry = asyncio.Event()
            # Begun in a context of its own: it outlives whoever happens to wait first.
            self._looking = Context().run(asyncio.create_task, self._look(self._hurry))
        try:
            yield wait.woken
        finally:
            self._stirring -= sight.stirs
            self._waits[owner_id].remove(wait)
            if not self._waits[owner_id]:
                del self._waits[owner_id]

    def tell(self, *owner_ids: str) -> None:
        """Wakes whoever waits for one of these, after a change of them was stored."""
        for owner_id in owner_ids:
            for wait in self._waits.get(owner_id, ()):
                wait.woken.set()

    def hurry(self) -> None:
        """Has all looked at soon, after a change that may concern many of them was stored."""
        if self._hurry is not None:
            self._hurry.set()

    def stir(self) -> None:
        """Has those looked at soon whose changes are not told by name, after anything was stored."""
        if self._stirring and not self._stirred:
            self._stirred = True
            self.hurry()

    async def close(self) -> None:
        """Stops to look."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _look(self, hurry: asyncio.Event) -> None:
        while self._waits:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await hurry.wait()
            if self._stirred:  # what is stored together is looked at together
                await asyncio.sleep(STIRRED)
            self._stirred = False
            hurry.clear()
            try:
                await self._look_once()
            except (OperationalError, InterfaceError, PoolTimeout) as error:
                _log.warning("changes are looked for again", error=type(error).__name__)
            except Exception:
                _log.exception("changes are looked for again")

    async def _look_once(self) -> None:
        by_sight: dict[Sight, list[_Wait]] = defaultdict(list)
        for waits in self._waits.values():
            for wait in waits:
                by_sight[wait.sight].append(wait)
        for sight, waits in by_sight.items():
            ids = sorted({wait.owner_id for wait in waits})
            found = await self._ask(partial(sight.look, ids=ids))
            for wait in waits:
                if (now := found.get(wait.owner_id, _GONE)) != wait.seen:
                    wait.seen = now
                    wait.woken.set()


_GONE: Final[Seen] = ("gone",)
