"""The rows of the journal as we read them, and hand them on, beside DBOS.

This is all we know of DBOS's tables; telephone/store/fencing.py reads the token of an execution there too.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, TypeVar

import sqlalchemy as sa
from dbos import DBOS
from dbos import error as dbos_error

from telephone.engine.outages import is_outage, said

T = TypeVar("T")
_CLOSED: Final = "before DBOS was launched"
"""What DBOS says where it is used after it was destroyed."""


class Claim(NamedTuple):
    """A workflow and the token of the execution that it belongs to, as the journal has them."""

    workflow_id: str
    token: str | None


class Journal:
    """Reads which workflows run, and enqueues them again. It has a thread of its own.

    DBOS repeats its own calls on a thread until the database answers; these here raise, and wait behind none of those.
    """

    def __init__(self, dbos: DBOS, queue: str) -> None:
        system: Any = dbos._sys_db
        self._engine: sa.Engine = system.engine
        self._now: Callable[[], Any] = system._now_ms_sql
        self._row: Final[sa.Table] = system.tables.workflow_status
        self._queue = queue
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        # Literal, so that SQLite too finds these by the index of what is pending.
        self._is_pending = self._row.c.status == sa.literal_column("'PENDING'")

    async def running(self, executor_id: str) -> set[Claim]:
        """The workflows that a process runs, as far as the journal knows."""
        columns = (self._row.c.workflow_uuid, self._row.c.owner_xid)
        query = sa.select(*columns).where(self._is_pending, self._row.c.executor_id == executor_id)
        return await self._do(lambda connection: {Claim(*row) for row in connection.execute(query)})

    async def executors(self) -> set[str]:
        """The processes that run workflows, as far as the journal knows."""
        query = sa.select(self._row.c.executor_id).where(self._is_pending).distinct()
        return await self._do(lambda connection: {str(name) for name in connection.execute(query).scalars()})

    async def enqueue_again(self, executor_id: str, claims: Collection[Claim]) -> list[str]:
        """Enqueues workflows that a process ran, each unless its token has changed meanwhile; returns their ids.

        Whatever execution of them is left has lost them with that.
        """

        def enqueue(connection: sa.Connection) -> list[str]:
            done = []
            for claim in claims:
                statement = (
                    sa.update(self._row)
                    .where(self._row.c.workflow_uuid == claim.workflow_id, self._is_pending)
                    .where(self._row.c.executor_id == executor_id)
                    .where(self._row.c.owner_xid.is_not_distinct_from(claim.token))
                    .values(status="ENQUEUED", owner_xid=None, queue_name=self._queue, recovery_attempts=0)
                    .values(started_at_epoch_ms=None, updated_at=self._now())
                )
                done += [claim.workflow_id] if connection.execute(statement).rowcount else []
            return done

        return await self._do(enqueue) if claims else []

    def close(self) -> None:
        """Lets the thread go."""
        self._thread.shutdown(wait=False)

    async def _do(self, work: Callable[[sa.Connection], T]) -> T:
        def unit() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, unit)


def keep_outages_out(dbos: DBOS) -> None:
    """Has DBOS write no outage into the journal as the result of a step or the end of a workflow.

    Where a result cannot be written, DBOS writes the fault in its place; an outage that is over by then would so become
    what the step or the workflow is said to have come to. Left unwritten, the workflow stays pending, and goes on.
    """
    system: Any = dbos._sys_db
    end, record = system.update_workflow_outcome, system.record_operation_result

    def update_workflow_outcome(workflow_id: str, status: str, **more: Any) -> Any:
        _raise_outage(status == "ERROR")
        return end(workflow_id, status, **more)

    def record_operation_result(result: Any, **more: Any) -> Any:
        _raise_outage(result["error"] is not None)
        return record(result, **more)

    system.update_workflow_outcome = update_workflow_outcome
    system.record_operation_result = record_operation_result


def tell_outages_in_a_line() -> None:
    """Has DBOS log an outage in a line, and not as a fault of ours with its traceback: it passes.

    To be called before DBOS is launched, which the first outage may hold up.
    """
    logger = logging.getLogger("dbos")
    if not any(isinstance(one, _OutagesInALine) for one in logger.filters):
        logger.addFilter(_OutagesInALine())


class _OutagesInALine(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # DBOS hands some exceptions over, and writes others into its message while it handles them.
        fault = record.exc_info[1] if isinstance(record.exc_info, tuple) else sys.exception()
        if fault is not None and is_outage(fault):
            record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
            record.msg, record.args = "the journal is waited for: %s: %s", (type(fault).__name__, said(fault))
        elif isinstance(fault, dbos_error.DBOSException) and _CLOSED in str(fault):
            # It began while the engine closed, after the others were stopped; nothing of it can be written any more.
            record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
            record.msg, record.args = "a workflow that was about to begin goes on at the next start", ()
        return True


def _raise_outage(failed: bool) -> None:
    """Raises the exception that is being handled, if it is an outage and is about to be written."""
    if failed and (fault := sys.exception()) is not None and is_outage(fault):
        raise fault
