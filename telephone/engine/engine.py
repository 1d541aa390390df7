"""The durable engine, DBOS, with its guard rails.

docs/decisions/0001-durable-engine.md says what each guard rail protects from, as measured.
"""

import asyncio
import errno
import json
import logging
import sqlite3
import time
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import sqlalchemy as sa
import structlog
from cachetools import LRUCache
from dbos import DBOS, DBOSConfig, DBOSConfiguredInstance, Queue, Serializer, SetWorkflowID
from dbos import error as dbos_error
from filelock import FileLock, Timeout

from telephone.engine import journal_statements
from telephone.engine.executions import Executions
from telephone.engine.failover import Failover
from telephone.engine.journal import Journal, keep_outages_out, tell_outages_in_a_line
from telephone.engine.known_names import claim_only_known
from telephone.engine.lease import TIMES, Alone, LeaseTimes, SessionLease
from telephone.engine.orphans import Orphans
from telephone.engine.outages import is_outage
from telephone.engine.polling import Polling
from telephone.engine.shards import Shards
from telephone.errors import Misconfigured, Occupied, Unreachable

APPLICATION_VERSION: Final = "1"
"""Pinned: with a version made from the code, a new release would strand the games that are running."""
QUEUE: Final = "games"
_ENDED: Final = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_PREFIXES_AT_ONCE: Final = 100
"""How many prefixes of workflow ids one query looks for."""
KEEP_FOR: Final = timedelta(days=14)
"""How long the journal of an ended workflow is kept; our own tables keep the game itself."""
_FORGOTTEN_AT_ONCE: Final = 500
"""How many journals one transaction deletes: databases bound the parameters of one, and games write in between."""
_ENQUEUED_CACHED: Final = 20_000
"""How many ids of enqueued workflows are cached, so that the database is not asked for each again and again. Many
times the number of games that wait or are paused at once."""
BUSY_TIMEOUT_S: Final = 30
"""How long a writer waits for another's write before SQLite reports a locked journal, in seconds; DBOS tries again."""
_CACHE_KIB: Final = 512
"""How much of the journal each connection to SQLite keeps in memory, in KiB; another one's write empties that."""
_CANCEL_EVERY: Final = 0.5
_CANCEL_FOR: Final = 15.0
"""When the engine closes, it cancels the running workflows every so many seconds, until they end or so many have
passed."""
_log = structlog.get_logger()


class StepFailed(Exception):
    """An exception as the journal keeps it: the name of its class and its message."""


class JsonSerializer(Serializer):
    """Journals JSON instead of pickles, so that write access to the database is not code execution."""

    def name(self) -> str:
        return "telephone_json_1"

    def serialize(self, data: Any) -> str:
        return json.dumps({"$exception": [type(data).__name__, str(data)]} if isinstance(data, BaseException) else data)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        match data:
            case {"$exception": [name, words]}:
                return StepFailed(name, words)
            case {"args": list(args), "kwargs": dict(kwargs)}:
                return {"args": tuple(args), "kwargs": kwargs}
        return data


class Engine:
    """One DBOS in this process. On SQLite it locks the database's folder against a second process.

    On Postgres it keeps the `shards`, if any, that this process answers.
    """

    def __init__(self, url: str, times: LeaseTimes = TIMES, shards: Shards | None = None) -> None:
        self._url, self._times = url, times
        self.worker: Final = f"bot-{uuid.uuid4().hex}"
        """The name of this process; no other one has had it before."""
        self._lock: FileLock | None = None
        self._workflows: list[DBOSConfiguredInstance] = []
        self._dbos: DBOS | None = None
        self._queue: Queue | None = None
        self._enqueued: LRUCache[str, bool] = LRUCache(_ENQUEUED_CACHED)
        self._connections: sa.Engine | None = None
        self._lease: Alone | SessionLease = (
            Alone() if self._on_sqlite else SessionLease(url, self.worker, times, shards)
        )
        self._executions = Executions(self._lease)
        self._journal: Journal | None = None
        self._orphans: Orphans | None = None
        self._failover: Failover | None = None
        self._polling = Polling(shared=not self._on_sqlite, may_look=lambda: self._lease.holds)

    @property
    def _on_sqlite(self) -> bool:
        return self._url.startswith("sqlite")

    @property
    def _executor_id(self) -> str:
        """The name of this process in the journal. SQLite: DBOS recovers only under the same one as before. Postgres:
        no two processes may share one."""
        return "bot" if self._on_sqlite else self.worker

    @property
    def _path(self) -> Path:
        """The file of a SQLite database."""
        return Path(sa.make_url(self._url).database or "")

    async def launch(self, workflows: Iterable[DBOSConfiguredInstance]) -> None:
        """Starts DBOS on the running loop and continues the interrupted workflows of `workflows`.

        Raises Occupied when another process holds the SQLite database, Misconfigured when it cannot be written, and
        Unreachable when Postgres does not answer, or the file is locked or its disk full, which passes. Closes the
        engine if it fails to start.
        """
        self._workflows = list(workflows)
        try:
            await self._launch()
        except (OSError, sa.exc.DBAPIError, psycopg.OperationalError) as error:
            await self.close()
            if not self._on_sqlite:
                said = str(error.orig if isinstance(error, sa.exc.DBAPIError) else error).partition("\n")[0]
                raise Unreachable("The database of the engine does not answer; see that it runs.", said) from error
            why = error.strerror if isinstance(error, OSError) else getattr(error, "orig", error)
            if _passes(error):
                raise Unreachable(
                    f"The journal of games in {self._path.parent} cannot be written now ({why}); make room on its "
                    "disk, or see what holds it."
                ) from error
            raise Misconfigured(
                f"The folder {self._path.parent}, where the journal of games is kept, cannot be written ({why}); let "
                "this user write there, make room, or name another by TELEPHONE_DATA_DIR."
            ) from error
        except BaseException:
            await self.close()
            raise

    async def _launch(self) -> None:
        if self._on_sqlite:
            self._lock_against_others()
        # DBOS adds a handler of its own to a logger without one, and would write past our log.
        if not logging.getLogger("dbos").handlers:
            logging.getLogger("dbos").addHandler(logging.NullHandler())
        tell_outages_in_a_line()
        config = DBOSConfig(
            name="ai-telephone",
            application_version=APPLICATION_VERSION,
            executor_id=self._executor_id,
            system_database_url=self._url,
            serializer=JsonSerializer(),
            max_executor_threads=16,
            log_level="WARNING",
        )
        if isinstance(self._lease, SessionLease):
            await self._lease.take()
        else:
            self._connections = config["system_database_engine"] = _sqlite_engine(self._url)
            with self._connections.connect():
                """A file that cannot be opened is told in a sentence; DBOS would log a traceback first."""
        self._dbos = DBOS(config=config)
        self._dbos._active_workflows_set = self._executions
        DBOS.listen_queues([])  # the thread of our only queue is begun by _polling, at once
        DBOS.launch()
        keep_outages_out(self._dbos)
        journal_statements.speed_up(self._dbos)
        if not self._on_sqlite:
            claim_only_known(self._dbos)
        await DBOS.register_queue_async(QUEUE, polling_interval_sec=0.1)
        self._queue = await DBOS.retrieve_queue_async(QUEUE)
        if self._queue is not None:
            self._polling.slow_down(self._dbos, self._queue)
        self._journal = Journal(self._dbos, QUEUE)
        self._orphans = Orphans(self._journal, self._executions, self._executor_id)
        if isinstance(self._lease, SessionLease):
            self._lease.keep(self._stop_what_others_play)
            self._failover = Failover(self._lease, self._journal, self.worker, self._times)
            self._failover.watch()

    async def _stop_what_others_play(self) -> None:
        """Stops the workflows that were taken over while this worker had no lock."""
        if self._journal is not None:
            known = self._executions.claims()
            self._executions.stop_others(known, await self._journal.running(self.worker))

    async def recover(self) -> None:
        """Enqueues the workflows of this process that have lost their tasks. Safe at any time.

        It finds them by looking twice, so it is to be called regularly.
        """
        if self._orphans is None or not self._lease.holds:
            return
        try:
            enqueued = await self._orphans.enqueue()
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("the journal is looked through later", why=type(error).__name__)
        else:
            if enqueued:
                self._polling.wake()

    async def leads(self) -> bool:
        """Whether this process is the one that sweeps for all on its database."""
        return await self._lease.leads()

    async def enqueue(self, workflow_id: str, workflow: Any, *args: str | int) -> None:
        """Enqueues a workflow, which runs once, however often this is called with the same id.

        May be called from anywhere, a durable step included: it runs outside the caller's context, since DBOS would
        take the workflow for a child, which a step may not start. An id that has left the cache is enqueued again,
        which changes nothing while the journal has it, be it under the name of an older version of the workflow.
        """
        if not self._enqueued.get(workflow_id, False):
            await asyncio.create_task(self._enqueue(workflow_id, workflow, args), context=Context())
            self._enqueued[workflow_id] = True

    async def _enqueue(self, workflow_id: str, workflow: Any, args: tuple[str | int, ...]) -> None:
        if self._queue is None:
            raise RuntimeError("the engine is not launched")
        try:
            with SetWorkflowID(workflow_id):
                await self._queue.enqueue_async(workflow, *args)
        except dbos_error.DBOSConflictingWorkflowError as error:
            # An earlier release began it; its workflow is still registered and plays this run to the end.
            _log.info("the journal has it under another name", workflow=workflow_id, why=error.detail)
        self._polling.wake()

    async def ended(self, workflow_ids: Iterable[str]) -> set[str]:
        """The ids of these workflows that have ended, well or not, and will not go on by themselves."""
        wanted = list(workflow_ids)
        if not wanted:
            return set()
        found = await DBOS.list_workflows_async(
            workflow_ids=wanted, status=list(_ENDED), load_input=False, load_output=False
        )
        return {workflow.workflow_id for workflow in found}

    async def going(self, prefixes: Iterable[str]) -> bool:
        """Whether any workflow whose id has one of these prefixes is enqueued or running."""
        return bool(await self._named(prefixes, ["ENQUEUED", "PENDING"], limit=1))

    async def forget(self, prefixes: Iterable[str]) -> int:
        """Deletes the journals of ended workflows whose id has one of these prefixes; returns how many."""
        ended = await self._named(prefixes, list(_ENDED))
        if ended:
            await DBOS.delete_workflows_async(ended)
        return len(ended)

    async def _named(self, prefixes: Iterable[str], states: list[str], limit: int | None = None) -> list[str]:
        wanted, found = list(prefixes), []
        for start in range(0, len(wanted), _PREFIXES_AT_ONCE):
            found += await DBOS.list_workflows_async(
                workflow_id_prefix=wanted[start : start + _PREFIXES_AT_ONCE],
                status=states,
                limit=limit,
                load_input=False,
                load_output=False,
            )
        return [workflow.workflow_id for workflow in found]

    async def forget_old(self, keep_for: timedelta = KEEP_FOR) -> int:
        """Deletes the journals of workflows that ended longer than `keep_for` ago; returns how many."""
        before = (datetime.now(UTC) - keep_for).isoformat()
        forgotten = 0
        while old := await self._ended_before(before):
            await DBOS.delete_workflows_async(old)
            self._enqueued.clear()
            forgotten += len(old)
        return forgotten

    async def _ended_before(self, moment: str) -> list[str]:
        """The oldest workflows that ended before a moment, at most as many as are deleted at once.

        What ended before it was created before it too, which an index tells.
        """
        found = await DBOS.list_workflows_async(
            status=list(_ENDED),
            end_time=moment,
            completed_before=moment,
            limit=_FORGOTTEN_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        return [workflow.workflow_id for workflow in found]

    async def dead(self, workers: Sequence[str]) -> set[str]:
        """Those of these workers whose process has ended; on SQLite, where one runs at a time, all others have."""
        others = set(workers) - {self.worker}
        if self._on_sqlite or not others:
            return others
        return set() if self._failover is None else self._failover.dead(others)

    async def close(self) -> None:
        """Stops DBOS and releases the lock; interrupted workflows go on at the next launch, or in another process."""
        if self._failover is not None:
            await self._failover.stop()
        if self._dbos is not None:
            logging.getLogger("dbos").setLevel(logging.ERROR)
            self._polling.stop()
            await _interrupt(self._dbos)
            await self._hand_over()
            # DBOS has made its own threads those of the loop. They end with it, and a later launch needs some.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
            await asyncio.to_thread(DBOS.destroy)
            self._dbos = None
        if isinstance(self._lease, SessionLease):
            await self._lease.give_up()
        if self._connections is not None:
            self._connections.dispose()
        for instance in self._workflows:
            _unregister(instance)
        if self._lock is not None:
            self._lock.release()

    async def _hand_over(self) -> None:
        """Enqueues what was interrupted for the other workers, which would wait long to find this one gone."""
        if self._journal is None:
            return
        if not self._on_sqlite:
            try:
                await self._journal.enqueue_again(self.worker, await self._journal.running(self.worker))
            except sa.exc.DBAPIError as error:
                _log.warning("others find out that this worker ends", why=type(error.orig).__name__)
        self._journal.close()

    def _lock_against_others(self) -> None:
        path = self._path
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{path}.lock", blocking=False)
        try:
            lock.acquire()
        except Timeout:
            raise Occupied(
                f"Another AI Telephone already uses {path.parent}; "
                "stop it, or give this one a TELEPHONE_DATA_DIR of its own."
            ) from None
        self._lock = lock


async def _interrupt(dbos: DBOS) -> None:
    """Cancels the running workflows without a result, so that they stay pending.

    DBOS itself would leave them running on the loop, on a store that closes under them. A workflow that misses the
    cancellation, since it was just returning a value, is cancelled again; one that never ends is logged and left.
    """
    for stop in dbos.background_thread_stop_events:
        stop.set()
    deadline = time.monotonic() + _CANCEL_FOR
    while (running := list(dbos._workflow_tasks)) and time.monotonic() < deadline:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_CANCEL_EVERY)
    for task in running:
        _log.error("a workflow did not let go", at=[str(frame) for frame in task.get_stack()])


def _unregister(instance: DBOSConfiguredInstance) -> None:
    """Frees the instance's name, so that a process can close one engine and open another."""
    from dbos._dbos import _get_or_create_dbos_registry

    registry = _get_or_create_dbos_registry()
    registry.dbos = None
    names = registry.instance_info_map
    for name in [name for name, registered in names.items() if registered is instance]:
        del names[name]


def _passes(error: Exception) -> bool:
    """Whether what keeps a SQLite file from being written is a lock or its disk, and not who may write where."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def _sqlite_engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        if sqlite3.sqlite_version_info < (3, 42):
            connection.create_function("unixepoch", -1, _unixepoch)

    return engine


def _unixepoch(*modifiers: str) -> float:
    """SQLite's function of that name as far as DBOS uses it; 'subsec' came with SQLite 3.42."""
    return time.time() if "subsec" in modifiers else int(time.time())
