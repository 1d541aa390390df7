"""The executions of workflows in this process: which there are, and that each workflow has one at most."""

import asyncio
import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import structlog
from dbos._context import get_local_dbos_context
from dbos._core import ActiveWorkflowById, ActiveWorkflowEntry

from telephone.domain.ownership import Lease, Ownership, own
from telephone.engine.journal import Claim

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class _Execution:
    """One execution, from its first moment until its end is in the journal."""

    claim: Claim
    task: "asyncio.Task[Any]"
    loop: asyncio.AbstractEventLoop

    def stop(self) -> None:
        """Cancels it without a result; does nothing after its end. To be called from any thread."""
        if asyncio._get_running_loop() is self.loop:
            self.task.cancel()
        elif not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.task.cancel)


class _Entry(ActiveWorkflowEntry):
    """An execution as DBOS releases it: at its end, or when it finds that the workflow is another's.

    DBOS would have the latter wait until the other one has ended, with a query a second; it is stopped here.
    """

    def __init__(self, executions: "Executions", execution: _Execution, entry: ActiveWorkflowEntry) -> None:
        self._executions, self._execution, self._entry = executions, execution, entry

    def release(self) -> None:
        self._entry.release()
        if self._executions.forget(self._execution) and asyncio._get_running_loop() is None:
            # On a thread: not at its end, which comes on the loop, but where its result belongs to nobody.
            self._execution.stop()


class Executions(ActiveWorkflowById):
    """The executions of workflows in this process; takes the place of DBOS's own count of them.

    A workflow that begins here ends the execution of it that is left from before, which cannot own it any more.
    """

    def __init__(self, lease: Lease) -> None:
        super().__init__()
        self._lease = lease
        self._executions: set[_Execution] = set()
        self._changing = threading.Lock()

    def add(
        self, key: str, queue_name: str | None = None, queue_partition_key: str | None = None
    ) -> ActiveWorkflowEntry:
        """Notes that an execution begins; called by DBOS within its task."""
        context, task = get_local_dbos_context(), asyncio.current_task()
        if context is None or context.owner_xid is None or task is None:
            raise RuntimeError(f"workflow {key} runs outside of DBOS or of a task")
        execution = _Execution(Claim(key, context.owner_xid), task, task.get_loop())
        with self._changing:
            before = [one for one in self._executions if one.claim.workflow_id == key]
            self._executions.add(execution)
        self._stop(before)
        own(Ownership(key, context.owner_xid, self._lease))
        return _Entry(self, execution, super().add(key, queue_name, queue_partition_key))

    def forget(self, execution: _Execution) -> bool:
        """Notes that an execution has ended; False where that is known."""
        with self._changing:
            known = execution in self._executions
            self._executions.discard(execution)
        return known

    def claims(self) -> set[Claim]:
        """The workflows that run in this process, with the tokens of their executions."""
        with self._changing:
            return {execution.claim for execution in self._executions}

    def stop_others(self, known: Collection[Claim], mine: Collection[Claim]) -> None:
        """Stops those of the executions `known` that are not among `mine`, as the journal has them."""
        lost = set(known) - set(mine)
        with self._changing:
            stopped = [one for one in self._executions if one.claim in lost]
        self._stop(stopped)

    @staticmethod
    def _stop(executions: Collection[_Execution]) -> None:
        for execution in executions:
            _log.warning("a workflow that was taken over stops here", workflow=execution.claim.workflow_id)
            execution.stop()
