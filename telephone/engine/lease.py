"""Leases on Postgres: a worker proves that it lives, and knows itself until when the others believe it.

A worker holds an advisory lock on its name in a database session, which Postgres frees when the session ends, however
it ends. The worker asks in that session again and again. It takes itself for alive for a while after the last question
that was answered, counted from the moment it asked; the others wait longer than that while is, from the moment they saw
the lock free, before they play its games (telephone/engine/failover.py). In between nobody does.

So two workers agree without a common clock: theirs need only run equally fast.
"""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict

from telephone.engine.outages import is_outage
from telephone.engine.shards import Shards
from telephone.errors import Occupied

Session = psycopg.AsyncConnection[Any]
_SPACE: Final = 0x7E1E
"""The first key of our advisory locks, so that they do not collide with the locks of other programs."""
_SWEEP: Final = "sweep"
"""The name under which a worker is locked that sweeps for all."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Durations in seconds. `every` is how often a worker asks in its session, and looks at the locks of others.

    It takes itself for alive for `lasts` after it asked, if it was answered within `answers`. In a new session that
    begins only when the lock was held for `settles`, in which every other worker has seen it held; a worker that looks
    less often than that does not count what it saw before. The others play on when they saw the lock free for `free`.
    """

    every: float = 2.0
    answers: float = 4.0
    lasts: float = 10.0
    settles: float = 4.0
    margin: float = 4.0

    @property
    def free(self) -> float:
        return self.lasts + self.margin


TIMES: Final = LeaseTimes()


def clock() -> float:
    """Seconds that also pass while the machine is suspended, where the system counts these."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Alone:
    """The lease of a process that has its database for itself."""

    holds: Final = True

    async def held(self) -> None:
        """It always is."""

    async def leads(self) -> bool:
        """There is nobody else."""
        return True


class SessionLease:
    """The lease of a worker on Postgres, and of the shards that it answers, if any."""

    def __init__(self, url: str, name: str, times: LeaseTimes = TIMES, shards: Shards | None = None) -> None:
        self._url, self._name, self._times, self._shards = url, name, times, shards
        self.session: Session | None = None
        """The session that holds the lock; None while there is none."""
        self._until = self._locked_at = 0.0
        self._led: Session | None = None
        """The session in which this worker holds the lock of the one that sweeps."""
        self._renewed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def holds(self) -> bool:
        return clock() < self._until

    async def leads(self) -> bool:
        """Whether this worker is the one that sweeps for all: the first that asked, for as long as it lives."""
        session = self.session
        if session is None or not self.holds:
            return False
        if self._led is not session:
            try:
                self._led = session if await try_lock(session, _SWEEP, within=self._times.answers) else None
            except (psycopg.Error, TimeoutError):
                return False
        return self._led is session

    async def held(self) -> None:
        while not self.holds:
            await self._renewed.wait()

    async def take(self) -> None:
        """Takes the lock for the first time, under a name that nobody has seen. Raises psycopg.Error."""
        asked = clock()
        self.session = await self._lock()
        self._locked_at, self._until = asked - self._times.settles, asked + self._times.lasts

    def keep(self, regained: Callable[[], Awaitable[None]]) -> None:
        """Renews the lease from now on. `regained` is awaited when the lock was taken in a new session: nobody plays
        more of this worker's games from then on."""
        self._task = asyncio.create_task(self._keep(regained))

    async def give_up(self) -> None:
        """Frees the lock."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._until = 0.0
        if self.session is not None:
            await self.session.close()
            self.session = None

    async def _keep(self, regained: Callable[[], Awaitable[None]]) -> None:
        held = True
        while True:
            try:
                await self._renew(regained)
            except Occupied as error:
                _log.error("another process answers for this one now", why=error.sentence)
                assert self._shards is not None
                self._shards.lost.set()
            except Exception as error:
                passes = is_outage(error) or isinstance(error, TimeoutError)
                _log.warning("a worker's lock is lost", why=type(error).__name__, exc_info=None if passes else error)
                if self.session is not None:
                    await self.session.close()
                    self.session = None
            if held != self.holds:
                held = self.holds
                _log.warning("games go on here" if held else "games wait here until this worker has its lock again")
            await asyncio.sleep(self._times.every)

    async def _renew(self, regained: Callable[[], Awaitable[None]]) -> None:
        if self.session is None:
            self.session = await self._lock()
            self._locked_at = clock()
            await regained()
        asked = clock()
        await answered(self.session, "SELECT 1", within=self._times.answers)
        if asked - self._locked_at >= self._times.settles:
            self._until = asked + self._times.lasts
            self._renewed.set()
            self._renewed.clear()

    async def _lock(self) -> Session:
        """A new session that holds the lock. Raises psycopg.Error, or TimeoutError where another worker holds it."""
        session = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **self._line())
        try:
            # The server frees the lock of a worker that it hears nothing of, though the line seems to stand. Before
            # Postgres 14 there is no such time-out.
            within, idle = self._times.answers, str(round(self._times.lasts * 1_000))
            if session.info.server_version >= 140_000:
                await answered(session, "SELECT set_config('idle_session_timeout', %s, false)", idle, within=within)
            await answered(session, "SELECT pg_advisory_lock(%s, hashtext(%s))", _SPACE, self._name, within=within)
            if self._shards is not None:
                await self._shards.take(session)
        except BaseException:
            await session.close()
            raise
        return session

    def _line(self) -> dict[str, Any]:
        """Time-outs of the line, so that a dead one is noticed; what the url says stands."""
        wanted = {
            "connect_timeout": max(2, round(self._times.answers)),
            "keepalives_idle": 4,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": round(self._times.lasts * 1_000),
        }
        said = conninfo_to_dict(self._url)
        return {name: value for name, value in wanted.items() if name not in said}


def workers_at(url: str) -> int:
    """How many workers hold the lock on their name in the database of this address. Blocks. Raises psycopg.Error."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        query: LiteralString = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s
            AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
        row = connection.execute(query, (_SPACE,)).fetchone()
        return int(row[0]) if row else 0


async def try_lock(session: Session, name: str, *, within: float) -> bool:
    """Takes the lock of another worker, if nobody holds it."""
    found = await answered(session, "SELECT pg_try_advisory_lock(%s, hashtext(%s))", _SPACE, name, within=within)
    return bool(found[0])


async def unlock(session: Session, name: str, *, within: float) -> None:
    """Frees a lock that `try_lock` took."""
    await answered(session, "SELECT pg_advisory_unlock(%s, hashtext(%s))", _SPACE, name, within=within)


async def answered(session: Session, query: LiteralString, *parameters: object, within: float) -> Any:
    """The first row of the answer. Raises TimeoutError after `within` seconds, and then the session is at its end.

    A query that is cancelled would wait for the server, which a dead line does not lead to; so the line is cut.
    """

    async def ask() -> Any:
        return await (await session.execute(query, parameters)).fetchone()

    asking = asyncio.ensure_future(ask())
    try:
        if not (await asyncio.wait({asking}, timeout=within))[0]:
            raise TimeoutError
    finally:
        if not asking.done():
            _hang_up(session)
            await asyncio.wait({asking})
            asking.exception()
    return asking.result()


def _hang_up(session: Session) -> None:
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(session.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
