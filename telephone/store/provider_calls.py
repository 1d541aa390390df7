"""Calls of providers: how many run and how many began lately, over all processes on one Postgres."""

import secrets
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import Connection, func, insert, text
from sqlalchemy.exc import SQLAlchemyError

from telephone.store.database import Database
from telephone.store.migrate import WORKERS
from telephone.store.tables.provider_calls import ProviderCallRow

LOOK_EVERY: Final = 0.25
"""How soon a call that finds every place taken asks again, in seconds."""
_LOCKS: Final = 0x7E21
"""The first key of the locks under which the calls of a limit are counted."""
_LOCK: Final = text("SELECT pg_advisory_xact_lock(:space, hashtext(:name))")
_COUNT: Final = text(
    "SELECT count(*) FILTER (WHERE ended_at IS NULL),"
    " count(*) FILTER (WHERE begun_at > clock_timestamp() - interval '1 minute' AND begun_at <= clock_timestamp()),"
    " coalesce(extract(epoch FROM max(begun_at) FILTER (WHERE begun_at <= clock_timestamp()) - clock_timestamp()), -60)"
    " FROM provider_call WHERE limit_name = :name"
)
_WAIT: Final = text(
    "SELECT extract(epoch FROM begun_at + interval '1 minute' - clock_timestamp()) FROM provider_call"
    " WHERE limit_name = :name AND begun_at > clock_timestamp() - interval '1 minute'"
    " AND begun_at <= clock_timestamp() ORDER BY begun_at OFFSET :over LIMIT 1"
)
_END: Final = text("UPDATE provider_call SET ended_at = clock_timestamp() WHERE id = :id")
_TIDY: Final = text(
    "DELETE FROM provider_call WHERE limit_name = :name"
    " AND ended_at IS NOT NULL AND begun_at < clock_timestamp() - interval '1 minute'"
)
_BURY: Final = text(
    "DELETE FROM provider_call WHERE limit_name = :name AND ended_at IS NULL AND ("
    "begun_at < clock_timestamp() - interval '15 minutes' OR NOT EXISTS ("
    " SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = :workers"
    " AND objid = (hashtext(worker)::bigint & 4294967295)::oid))"
)
"""Calls whose process has ended, and those older than any call lasts: nobody will say that they ended."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ProviderCalls:
    """Begins and ends the calls of one process. Without a database they are not counted."""

    database: Database
    worker: str
    _unended: set[str] = field(default_factory=set)
    """Calls of which nobody knows whether what was said of them was written: the next that begins ends them."""

    async def begin(self, name: str, at_once: int, per_minute: int, apart: float) -> str | float | None:
        """The id of a call that may go out now, to be handed to `end`, or how long to wait before asking again.

        None where no database answers. No more than `at_once` calls of the limit run then, no more than `per_minute`
        began within the last minute, and none within the last `apart` seconds.
        """

        begins, over = secrets.token_hex(12), list(self._unended)

        def work(connection: Connection) -> str | float:
            connection.execute(_LOCK, {"space": _LOCKS, "name": name})
            for call in over:
                connection.execute(_END, {"id": call})
            running, begun, last = connection.execute(_COUNT, {"name": name}).one()
            if running >= at_once:
                running -= connection.execute(_BURY, {"name": name, "workers": WORKERS}).rowcount
            if running >= at_once:
                return LOOK_EVERY
            if begun >= per_minute:
                which = {"name": name, "over": begun - per_minute}
                return max(0.01, float(connection.execute(_WAIT, which).scalar() or 0.0))
            if float(last) + apart > 0:
                return float(last) + apart
            connection.execute(_TIDY, {"name": name})
            row = {"id": begins, "limit_name": name, "worker": self.worker, "begun_at": func.clock_timestamp()}
            connection.execute(insert(ProviderCallRow).values(row))
            return begins

        try:
            begun = await self.database.change(work)
        except BaseException as error:  # cancelled or cut off: it may stand there, and nobody would end it
            self._unended.add(begins)
            if not isinstance(error, SQLAlchemyError):
                raise
            _log.warning("a provider's limit is kept by this process alone", why=type(error).__name__)
            return None
        self._unended.difference_update(over)
        return begun

    async def end(self, call: str) -> None:
        """Takes down that a call has ended; where that cannot be said, the next that begins here says it."""
        try:
            await self.database.change(lambda connection: connection.execute(_END, {"id": call}))
        except BaseException as error:
            self._unended.add(call)
            if not isinstance(error, SQLAlchemyError):
                raise
            _log.warning("the end of a call is counted later", why=type(error).__name__)
