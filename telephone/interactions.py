"""Interactions that were acknowledged: kept until they are answered, so that a restarted process answers them."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

import structlog

from telephone.domain.interactions import TOKEN_LASTS, Acknowledged
from telephone.store import Store
from telephone.store.tables.columns import now

_LOOK_EVERY: Final = 0.05
HEAD_START: Final = 1.5
"""How long an acknowledgement waits for the row that survives a kill, in seconds; Discord allows three in all."""
AGED_FOR: Final = timedelta(minutes=1)
"""How long a row has to be found old before it counts as old: longer than it takes to know that a worker is dead."""
_log = structlog.get_logger()


class Workers(Protocol):
    """The processes that play on one database."""

    @property
    def worker(self) -> str:
        """The name of this process, which no other one has had before."""

    async def dead(self, workers: Sequence[str]) -> set[str]:
        """Those of these names whose process has ended."""


class OneProcess:
    """A process that shares its database with nobody: all others have ended."""

    worker: Final = ""

    async def dead(self, workers: Sequence[str]) -> set[str]:
        return set(workers) - {self.worker}


@dataclass(frozen=True, slots=True)
class Interactions:
    """The acknowledged interactions of this process, and those that a process which ended has left behind.

    An interaction costs one transaction: it is stored, and what was answered since the last one is deleted with it.
    What a kill leaves of these is found answered at Discord.
    """

    store: Store
    workers: Workers
    _open: set[int] = field(default_factory=set)
    _answered: set[int] = field(default_factory=set)
    _storing: set[int] = field(default_factory=set)
    """Those whose row is on its way: deleted before it has arrived, it would come back."""
    _aged: dict[int, float] = field(default_factory=dict)
    """Since when rows were found nearly as old as their token lasts, in seconds on a clock that only runs."""

    @property
    def worker(self) -> str:
        return self.workers.worker

    async def keep(self, interaction: Acknowledged) -> bool:
        """Stores an interaction that is about to be acknowledged; whether that is done.

        It returns after HEAD_START seconds at most.

        First the row, then the acknowledgement: a row without one is a member who reads that nothing answered, and
        sends it again; an acknowledgement without a row is a member who reads "thinking" for good. A store that takes
        longer than HEAD_START is not waited for, since an acknowledgement that comes too late is worth nothing; it must
        then be one that stands by itself. Never raises an Exception: without a store the interaction is answered as
        well as it can be.
        """
        self._open.add(interaction.id)
        self._storing.add(interaction.id)
        storing = asyncio.create_task(self._store(interaction), name="acknowledged")
        _STORING.add(storing)
        storing.add_done_callback(_STORING.discard)
        done, _ = await asyncio.wait({storing}, timeout=HEAD_START)
        return storing in done and storing.result()

    async def _store(self, interaction: Acknowledged) -> bool:
        answered = frozenset(self._answered - self._storing)
        try:
            await self.store.acknowledged.add(interaction, answered)
        except Exception as error:
            _log.warning("an acknowledged interaction is not stored", why=type(error).__name__)
            return False
        else:
            self._answered.difference_update(answered)
            return True
        finally:
            self._storing.discard(interaction.id)

    def answered(self, interaction_id: int) -> None:
        """Lets an interaction go that was answered, or that nobody can answer any more."""
        if interaction_id in self._open:
            self._open.discard(interaction_id)
            self._answered.add(interaction_id)

    async def left_behind(self) -> list[Acknowledged]:
        """Interactions that no living process is at, oldest first; from now on this process is at them.

        Those among them whose token seems to have ended may be answered all the same: a clock that jumped says so too.
        """
        waiting = await self.store.acknowledged.all()
        dead = await self.workers.dead(sorted({one.worker for one in waiting} - {self.worker}))
        if dead:
            waiting = await self.store.acknowledged.hand_over(dead, self.worker)
        mine = [one for one in waiting if one.worker == self.worker]
        left = [one for one in mine if one.id not in self._open | self._answered]
        self._open.update(one.id for one in left)
        return left

    def give_back(self, interaction_id: int) -> None:
        """Leaves an interaction that could not be answered now to the next `left_behind`."""
        self._open.discard(interaction_id)

    async def all_answered(self, within: float) -> None:
        """Returns when this process is at no interaction any more, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._open:
                    await asyncio.sleep(_LOOK_EVERY)

    async def tidy(self) -> None:
        """Deletes the rows of what was answered, and those whose token has ended.

        Of the latter only what was nearly that old for AGED_FOR: a clock that jumps ahead ends no token, and in that
        while whatever no living process is at comes to be answered.
        """
        answered, looked, moment = frozenset(self._answered - self._storing), time.monotonic(), now()
        aged = {
            one.id: one.at for one in await self.store.acknowledged.all() if one.at < moment - TOKEN_LASTS + AGED_FOR
        }
        since = {number: self._aged.get(number, looked) for number in aged}
        self._aged.clear()
        self._aged.update(since)
        waited, oldest = looked - AGED_FOR.total_seconds(), moment - TOKEN_LASTS
        ended = {number for number, at in aged.items() if at < oldest and since[number] <= waited}
        if answered or ended:
            await self.store.acknowledged.delete(answered | ended)
            self._answered.difference_update(answered)


_STORING: Final[set["asyncio.Task[bool]"]] = set()
"""Rows on their way; the loop itself would forget a task that nobody holds."""
