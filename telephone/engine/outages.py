"""Outages: faults of the store, the journal, the disk and the network, which pass and never end a game.

A durable step that meets one is run again from its beginning, slower and slower, for as long as it takes. That is what
a restart after a crash does too, so a step that survives the one survives the other.
"""

import asyncio
import errno
import random
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import aiohttp
import psycopg
import sqlalchemy as sa
import structlog

from telephone import metrics
from telephone.errors import Outage

T = TypeVar("T")
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 60.0
"""The pauses before a step is run again begin and end with these, in seconds; each is twice the one before."""
_SQLITE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""What SQLite reports when the file, its disk or its lock is at fault, and not the statement."""
_POSTGRES: Final = ("08", "25006", "28", "3D", "40", "53", "57", "58")
"""The beginnings of Postgres's SQLSTATEs for lost connections, a standby, a refused log-in, a database that is not
there, conflicts, want of resources, an operator's intervention, and faults of the system (PostgreSQL's manual,
appendix A)."""
_SYSTEM: Final = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS),
        *(errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM),
        *(errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT),
        *(errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH),
    }
)
"""What the system reports when the disk is full or broken, when files or memory run out, or when a line is down."""
_log = structlog.get_logger()


def is_outage(error: BaseException) -> bool:
    """Whether an exception says that the store, the journal, the disk or the network is down, and not that we erred."""
    match error:
        case Outage() | sa.exc.TimeoutError():  # the latter: no connection of the pool became free
            return True
        case sa.exc.DBAPIError():
            return error.connection_invalidated or (error.orig is not None and is_outage(error.orig))
        case sqlite3.Error():
            code = getattr(error, "sqlite_errorcode", None)
            return code is not None and code & 0xFF in _SQLITE
        case psycopg.Error():
            lost = error.sqlstate is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
            return lost or (error.sqlstate or "").startswith(_POSTGRES)
        case ConnectionError() | socket.gaierror() | aiohttp.ClientConnectionError():
            return True
        case OSError():
            return error.errno in _SYSTEM
    return False


async def through_outages(
    work: Callable[[], Awaitable[T]],
    *,
    first: float = FIRST_PAUSE,
    waiting: Callable[[BaseException], Awaitable[None]] | None = None,
) -> T:
    """The result of `work`, which is done again after every outage, and so must be safe to repeat.

    `first` is the first pause in seconds. `waiting` is awaited once, before the second pause. Any other exception is
    raised.
    """
    pause, tries = first, 0
    while True:
        try:
            return await work()
        except Exception as error:
            if not is_outage(error):
                raise
            tries += 1
            metrics.OUTAGES.labels(type(error).__name__).inc()
            wait = pause * random.uniform(0.8, 1.2)
            _log.warning("work waits for an outage to end", error=type(error).__name__, tries=tries, again_in=wait)
            if tries == 2 and waiting is not None:
                await waiting(error)
        await asyncio.sleep(wait)
        pause = min(LONGEST_PAUSE, pause * 2)
