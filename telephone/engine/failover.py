"""On Postgres: finds workers that died, and has their workflows run by those that live.

A live worker holds a session's advisory lock on its own name. Whoever can take the lock of another name
knows that its holder is gone, since Postgres frees a session's locks when the session ends, however it ends.
"""

import asyncio
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from dbos import DBOS

EVERY: Final = 2.0
"""How often the dead are looked for, in seconds."""
_SPACE: Final = 0x7E1E
"""The first key of our advisory locks, so that they meet nobody else's."""
_Connection = psycopg.AsyncConnection[tuple[bool]]
_log = structlog.get_logger()


class Failover:
    """Says that this worker lives, and looks after those that do not."""

    def __init__(self, url: str, executor_id: str, queue: str) -> None:
        self._url, self._executor_id, self._queue = url, executor_id, queue
        self._connection: _Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def announce(self) -> None:
        """Takes this worker's lock; to be called before its first workflow. Raises psycopg.Error."""
        self._connection = await self._connect()

    def watch(self) -> None:
        """Looks for dead workers from now on; to be called when workflows can run."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Gives the lock back, so that others take over what is left."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._connection is not None:
            await self._connection.close()

    async def _connect(self) -> _Connection:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        await connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (_SPACE, self._executor_id))
        return connection

    async def _watch(self) -> None:
        while True:
            try:
                if self._connection is None:
                    self._connection = await self._connect()
                await self._reap(self._connection)
            except psycopg.Error:
                # With the session the lock is gone, and with it the proof that we live: back soon.
                _log.warning("the reaper lost its connection")
                if self._connection is not None:
                    await self._connection.close()
                    self._connection = None
            except Exception:
                _log.exception("the reaper looks again")
            await asyncio.sleep(EVERY)

    async def _reap(self, connection: _Connection) -> None:
        await connection.execute("SELECT 1")
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        for name in {str(workflow.executor_id) for workflow in pending} - {self._executor_id}:
            if await _try_lock(connection, name):
                try:
                    await self._take_over(name)
                finally:
                    await connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_SPACE, name))

    async def _take_over(self, name: str) -> None:
        """Resumes what a dead worker left; its lock must be held.

        Lists it under the lock: before, another survivor may have resumed it, and may be running it by now. A workflow
        that was resumed is ENQUEUED, and PENDING again only under the name of the worker that runs it.
        """
        left = await DBOS.list_workflows_async(status="PENDING", executor_id=name, load_input=False, load_output=False)
        if left:
            await DBOS.resume_workflows_async([workflow.workflow_id for workflow in left], queue_name=self._queue)
            _log.info("a dead worker's games go on", worker=name, workflows=len(left))


async def _try_lock(connection: _Connection, name: str) -> bool:
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_SPACE, name))
    row = await cursor.fetchone()
    return row is not None and row[0]
