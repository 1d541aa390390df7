"""Orphans: workflows that this process runs, as the journal has it, and that no task here runs.

DBOS itself may fail while it writes down what a step or a workflow came to, on a full disk or without a database. The
task ends then, and the workflow would wait for a restart.
"""

import time
from typing import Final

import structlog

from telephone.engine.executions import Executions
from telephone.engine.journal import Claim, Journal

AFTER: Final = 5.0
"""How long a workflow has no task, in seconds, until it is taken for an orphan: one that begins has none yet, and one
that ends none any more."""
LONGEST: Final = 600.0
"""The pause before a workflow that loses its task again and again is enqueued doubles, up to so many seconds."""
_log = structlog.get_logger()


class Orphans:
    """Finds orphans by looking again and again, and enqueues them."""

    def __init__(self, journal: Journal, executions: Executions, executor_id: str) -> None:
        self._journal, self._executions, self._executor_id = journal, executions, executor_id
        self._found: dict[Claim, float] = {}
        self._times: dict[str, int] = {}

    async def enqueue(self) -> list[str]:
        """Enqueues the workflows that had no task at the looks of the last while; returns their ids.

        Each token is enqueued once, and only while the journal has it: no workflow comes to run twice.
        """
        pending = await self._journal.running(self._executor_id)
        now = time.perf_counter()
        left = pending - self._executions.claims()
        self._found = {claim: self._found.get(claim, now) for claim in left}
        known = {claim.workflow_id for claim in pending}
        self._times = {name: times for name, times in self._times.items() if name in known}
        due = [claim for claim, since in self._found.items() if now - since >= self._pause(claim)]
        enqueued = await self._journal.enqueue_again(self._executor_id, due)
        for name in enqueued:
            self._times[name] = self._times.get(name, 0) + 1
        if enqueued:
            _log.warning("workflows had lost their tasks and go on", workflows=len(enqueued))
        return enqueued

    def _pause(self, claim: Claim) -> float:
        return min(LONGEST, AFTER * 2.0 ** min(self._times.get(claim.workflow_id, 0), 10))
