"""Failover on Postgres: finds workers that died and hands their workflows to the living ones.

A live worker holds an advisory lock on its own name in a database session. A worker that can take the lock of another
name knows that its holder is gone, since Postgres frees the locks of a session when it ends, however it ends.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from dbos import DBOS

EVERY: Final = 2.0
"""How often dead workers are looked for, in seconds."""
_SPACE: Final = 0x7E1E
"""The first key of our advisory locks, so that they do not collide with the locks of other programs."""
_Connection = psycopg.AsyncConnection[tuple[bool]]
_log = structlog.get_logger()


class Failover:
    """Announces that this worker lives, and takes over the workflows of workers that died."""

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
        """Releases the lock, so that other workers take over unfinished workflows."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._connection is not None:
            await self._connection.close()

    async def dead(self, workers: Collection[str]) -> set[str]:
        """Those of these workers that hold their lock no more; none of them while this one has no connection."""
        if self._connection is None:
            return set()
        found = set()
        for name in workers:
            if await _try_lock(self._connection, name):
                await self._connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_SPACE, name))
                found.add(name)
        return found

    async def _connect(self) -> _Connection:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        await connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (_SPACE, self._executor_id))
        return connection

    async def _watch(self) -> None:
        while True:
            try:
                if self._connection is None:
                    self._connection = await self._connect()
                await self._look_for_dead(self._connection)
            except psycopg.Error:
                # The lock went with the session, and with it the proof that we live: connect again soon.
                _log.warning("failover lost its connection")
                if self._connection is not None:
                    await self._connection.close()
                    self._connection = None
            except Exception:
                _log.exception("failover looks again")
            await asyncio.sleep(EVERY)

    async def _look_for_dead(self, connection: _Connection) -> None:
        await connection.execute("SELECT 1")
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        for name in {str(workflow.executor_id) for workflow in pending} - {self._executor_id}:
            if await _try_lock(connection, name):
                try:
                    await self._take_over(name)
                finally:
                    await connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_SPACE, name))

    async def _take_over(self, name: str) -> None:
        """Resumes the pending workflows of a dead worker; its lock must be held.

        Lists them under the lock: before, another survivor may have resumed them, and may be running them by now. A
        workflow that was resumed is ENQUEUED, and PENDING again only under the name of the worker that runs it.
        """
        left = await DBOS.list_workflows_async(status="PENDING", executor_id=name, load_input=False, load_output=False)
        if left:
            await DBOS.resume_workflows_async([workflow.workflow_id for workflow in left], queue_name=self._queue)
            _log.info("a dead worker's games go on", worker=name, workflows=len(left))


async def _try_lock(connection: _Connection, name: str) -> bool:
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_SPACE, name))
    row = await cursor.fetchone()
    return row is not None and row[0]
