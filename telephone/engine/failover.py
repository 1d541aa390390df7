"""Failover on Postgres: finds workers that died and hands their workflows to the living ones.

A worker's lock that is free for longer than the worker takes itself for alive without it tells that nobody runs its
workflows any more (telephone/engine/lease.py).
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

import psycopg
import structlog

from telephone.engine.journal import Claim
from telephone.engine.lease import TIMES, LeaseTimes, Session, SessionLease, clock, try_lock, unlock

_log = structlog.get_logger()


@dataclass(slots=True)
class _Free:
    """Since when a lock was found free at every look, and at which it was last, in seconds on the clock."""

    since: float
    last: float


class RunWorkflows(Protocol):
    """The workflows that processes run."""

    async def executors(self) -> set[str]: ...
    async def running(self, executor_id: str, /) -> set[Claim]: ...
    async def enqueue_again(self, executor_id: str, claims: Collection[Claim], /) -> list[str]: ...


class Failover:
    """Takes over the workflows of workers that died, while this one lives."""

    def __init__(self, lease: SessionLease, journal: RunWorkflows, name: str, times: LeaseTimes = TIMES) -> None:
        self._lease, self._journal, self._name, self._times = lease, journal, name, times
        self._free: dict[str, _Free] = {}
        self._asked_for: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Looks for dead workers from now on."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Looks no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def dead(self, workers: Collection[str]) -> set[str]:
        """Those of these workers that are known to be dead; the others are looked at from now on."""
        found = {name for name in workers if self._is_dead(name)}
        self._asked_for = (self._asked_for | set(workers)) - found
        return found

    def _is_dead(self, name: str) -> bool:
        free = self._free.get(name)
        return free is not None and self._lease.holds and free.last - free.since >= self._times.free

    async def _watch(self) -> None:
        while True:
            try:
                if self._lease.session is not None and self._lease.holds:
                    await self.look(self._lease.session)
            except (psycopg.Error, TimeoutError):
                _log.warning("failover lost its connection")
            except Exception as error:
                _log.warning("failover looks again", why=type(error).__name__)
            await asyncio.sleep(self._times.every)

    async def look(self, session: Session) -> None:
        """Looks once at the locks of all other workers, and takes over what dead ones left."""
        names = (await self._journal.executors() | self._asked_for) - {self._name}
        self._free = {name: free for name, free in self._free.items() if name in names}
        for name in names:
            if not await try_lock(session, name, within=self._times.answers):
                self._free.pop(name, None)
                continue
            try:
                self._note_free(name)
                if self._is_dead(name):
                    await self._take_over(name)
            finally:
                await unlock(session, name, within=self._times.answers)

    def _note_free(self, name: str) -> None:
        now, free = clock(), self._free.get(name)
        if free is None or now - free.last > self._times.settles:
            self._free[name] = _Free(now, now)
        else:
            free.last = now

    async def _take_over(self, name: str) -> None:
        """Enqueues the pending workflows of a dead worker; its lock must be held, so that it cannot come back."""
        left = await self._journal.running(name)
        if enqueued := await self._journal.enqueue_again(name, left):
            _log.info("a dead worker's games go on", worker=name, workflows=len(enqueued))
