"""The engine of a process that runs no workflow: it enqueues them for the workers that share its Postgres."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
import structlog
from dbos import DBOSClient, EnqueueOptions
from dbos import error as dbos_error
from dbos._registrations import get_dbos_func_name, get_func_info

from telephone.engine.engine import APPLICATION_VERSION, QUEUE, Engine, JsonSerializer
from telephone.engine.failover import Failover
from telephone.engine.journal import Claim
from telephone.engine.lease import TIMES, LeaseTimes, SessionLease
from telephone.engine.outages import is_outage
from telephone.engine.shards import Shards
from telephone.errors import Unreachable

NO_JOURNAL: Final = (
    "No worker has opened this database yet; start one with TELEPHONE_ROLE=worker, and then this process again."
)
NAME: Final = "ai-telephone"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WorkflowOf:
    """A workflow of a process that has it: its function in the class, and the name of the class's one instance."""

    function: Any
    instance: str

    @property
    def class_name(self) -> str:
        """The name of the class in the journal."""
        info = get_func_info(self.function)
        assert info is not None
        assert info.class_info is not None
        return info.class_info.registered_name


class EngineClient(Engine):
    """Enqueues workflows. It holds a lease, so that others see whether this process lives, and its shards, if any."""

    def __init__(self, url: str, times: LeaseTimes = TIMES, shards: Shards | None = None) -> None:
        super().__init__(url, times, shards)
        self._client: DBOSClient | None = None

    async def _launch(self) -> None:
        assert isinstance(self._lease, SessionLease)
        await self._lease.take()
        self._client = await asyncio.to_thread(_connected, self._url)
        self._lease.keep(_nothing_to_stop)
        self._failover = Failover(self._lease, NoWorkflows(), self.worker, self._times)
        self._failover.watch()

    async def _enqueue(self, workflow_id: str, workflow: Any, args: tuple[str | int, ...]) -> None:
        """Enqueues a workflow; without a database that is left to a sweep, which finds what it is about stored."""
        if self._client is None:
            raise RuntimeError("the engine is not launched")
        assert isinstance(workflow, WorkflowOf)
        options = EnqueueOptions(
            workflow_name=get_dbos_func_name(workflow.function),
            class_name=workflow.class_name,
            instance_name=workflow.instance,
            queue_name=QUEUE,
            workflow_id=workflow_id,
            app_version=APPLICATION_VERSION,
            application_name=NAME,
        )
        try:
            await self._client.enqueue_async(options, *args)
        except dbos_error.DBOSConflictingWorkflowError as error:
            # A worker of another version began it, which plays this run to its end.
            _log.info("the journal has it under another name", workflow=workflow_id, why=error.detail)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("a workflow is left to a sweep", workflow=workflow_id, why=type(error).__name__)

    async def close(self) -> None:
        """Lets the lease and the connections go."""
        if self._failover is not None:
            await self._failover.stop()
        if self._client is not None:
            await asyncio.to_thread(self._client.destroy)
            self._client = None
        if isinstance(self._lease, SessionLease):
            await self._lease.give_up()


class NoWorkflows:
    """The journal as a process sees it that takes no workflow over."""

    async def executors(self) -> set[str]:
        """It asks for nobody by itself."""
        return set()

    async def running(self, executor_id: str) -> set[Claim]:
        """It leaves to the workers what a dead one ran."""
        return set()

    async def enqueue_again(self, executor_id: str, claims: Collection[Claim]) -> list[str]:
        """It enqueues nothing again."""
        return []


async def _nothing_to_stop() -> None:
    """A process that plays no games stops none when its lock was lost."""


def _connected(url: str) -> DBOSClient:
    """A client whose journal is there. Raises Unreachable before a worker has made it, and sqlalchemy's errors."""
    client = DBOSClient(
        system_database_url=url,
        serializer=JsonSerializer(),
        application_name=NAME,
        retry_connection_errors=False,
    )
    try:
        with client._sys_db.engine.connect() as connection:
            queues = client._sys_db.tables.queues
            if connection.execute(sa.select(queues.c.name).where(queues.c.name == QUEUE)).first() is None:
                raise Unreachable(NO_JOURNAL)
    except sa.exc.ProgrammingError as error:
        client.destroy()
        raise Unreachable(NO_JOURNAL) from error
    except BaseException:
        client.destroy()
        raise
    return client
