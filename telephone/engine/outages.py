"""Outages: faults of the store, the journal, the disk and the network, which pass and never end a game.

A durable step that meets one is run again from its beginning, slower and slower, for as long as it takes. That is what
a restart after a crash does too, so a step that survives the one survives the other.
"""

import asyncio
import errno
import random
import socket
import sqlite3
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

import aiohttp
import psycopg
import sqlalchemy as sa
import structlog

from telephone import metrics
from telephone.errors import Barred, Outage

T = TypeVar("T")
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 60.0
"""The pauses before a step is run again begin and end with these, in seconds; each is twice the one before."""
BARRED_MAX: Final = 900.0
"""How long a game waits for what a person has to mend, in seconds, before it gives its place to others."""
_SAID_MAX: Final = 200
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
_POSTGRES: Final = ("08", "25006", "25P03", "25P04", "28", "3D", "40", "53", "55P03", "57", "58")
"""The beginnings of Postgres's SQLSTATEs for lost connections, a standby, transactions that were ended for being idle
or too long, a refused log-in, a database that is not there, conflicts, want of resources, a lock that was not got, an
operator's intervention, and faults of the system (PostgreSQL's manual, appendix A)."""
_FAILED_TRANSACTION: Final = "25P02"
"""What Postgres says to every statement after the one that failed: it is an outage where that was one."""
_INVALIDATED: Final = "8s2b"
"""SQLAlchemy's code for a session that is used on after its connection was lost."""
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
        case Outage() | sa.exc.TimeoutError() | TimeoutError():  # the second: no connection of the pool became free
            return True
        case sa.exc.DBAPIError():
            return error.connection_invalidated or (error.orig is not None and is_outage(error.orig))
        case sa.exc.PendingRollbackError():
            return error.code == _INVALIDATED
        case sqlite3.Error():
            code = getattr(error, "sqlite_errorcode", None)
            return code is not None and code & 0xFF in _SQLITE
        case psycopg.Error():
            lost = error.sqlstate is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
            followed = error.sqlstate == _FAILED_TRANSACTION and _follows_outage(error)
            return lost or followed or (error.sqlstate or "").startswith(_POSTGRES)
        case ConnectionError() | socket.gaierror() | aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError():
            return True
        case OSError():
            return error.errno in _SYSTEM
    return False


def is_database_outage(error: BaseException) -> bool:
    """Whether it is the store or the journal that is down."""
    return isinstance(error, sa.exc.SQLAlchemyError | psycopg.Error | sqlite3.Error) and is_outage(error)


def _follows_outage(error: BaseException) -> bool:
    """Whether an exception was raised while an outage was handled."""
    before = error.__cause__ or error.__context__
    return before is not None and (is_outage(before) or _follows_outage(before))


def is_barred(error: BaseException) -> bool:
    """Whether an outage is one that a person ends: a name that no server has, a certificate, a right that we lack.

    It may pass by itself all the same, as where certificates and rights are renewed; so it is waited for, and not long.
    """
    match error:
        case Barred() | aiohttp.ClientConnectorCertificateError() | aiohttp.ServerFingerprintMismatch():
            return True
        case aiohttp.ClientConnectorError():
            return is_barred(error.os_error)
        case socket.gaierror():
            return error.errno == socket.EAI_NONAME
    return False


def said(error: BaseException) -> str:
    """What an outage says of itself, on one line: no statement, and none of its values."""
    told = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    return " ".join(str(told).partition("\n")[0].split())[:_SAID_MAX]


async def through_outages(
    work: Callable[[], Awaitable[T]],
    *,
    first: float = FIRST_PAUSE,
    waiting: Callable[[BaseException], Awaitable[None]] | None = None,
    barred: Callable[[datetime], Exception | None] | None = None,
) -> T:
    """The result of `work`, which is done again after every outage, and so must be safe to repeat.

    `first` is the first pause in seconds. `waiting` is awaited once, before the second pause. Any other exception is
    raised, and what `barred` makes of the moment since which we are barred, where that takes longer than BARRED_MAX.
    """
    pause, tries, since = first, 0, None
    while True:
        try:
            return await work()
        except Exception as error:
            if not is_outage(error):
                raise
            tries += 1
            metrics.OUTAGES.labels(type(error).__name__).inc()
            since = (since or (time.monotonic(), datetime.now(UTC))) if is_barred(error) else None
            late = since is not None and time.monotonic() - since[0] >= BARRED_MAX
            if barred is not None and since is not None and late and (instead := barred(since[1])) is not None:
                raise instead from error
            wait = pause * random.uniform(0.8, 1.2)
            _log.warning("work waits for an outage to end", error=type(error).__name__, why=said(error))
            if tries == 2 and waiting is not None:
                await waiting(error)
        await asyncio.sleep(wait)
        pause = min(LONGEST_PAUSE, pause * 2)
