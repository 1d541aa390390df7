"""The durable workflow of a rescore: its card, the work in short stretches, and the card's last edit.

Each stretch is one durable step. Its results are in the store, so that a stretch that runs again goes on where it was
cut off.
"""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final

from dbos import DBOS, DBOSConfiguredInstance

from telephone.domain.rescores import Rescore
from telephone.engine import workflow_ids
from telephone.engine.durable import durable_step
from telephone.engine.engine import Engine
from telephone.engine.reruns import enqueue_unended
from telephone.measurement.rescoring import Outcome, Rescorer
from telephone.ports.jobs import JobPresenter
from telephone.ports.posting import Posting, nonce
from telephone.publishing import without_stopping
from telephone.retry import with_patience
from telephone.store import Store

STRETCH: Final = 20.0
"""How long one durable step works, in seconds."""
POSTING: Final = 300.0
"""How long posting the card is retried, in seconds; the work does not need the card."""
_WAIT: Final = 2.0
"""How long the workflow waits before it tries again to take a job that another worker holds, in seconds."""


@dataclass(frozen=True, slots=True)
class RescoreDependencies:
    """The collaborators of the workflow of rescores."""

    store: Store
    rescorer: Rescorer
    presenter: JobPresenter
    engine: Engine
    stretch_s: float = STRETCH


@DBOS.dbos_class("Rescoring")
class RescoreWorkflow(DBOSConfiguredInstance):
    """The workflow of rescores. One instance a process; its name in the journal never changes."""

    def __init__(self, dependencies: RescoreDependencies) -> None:
        self._with = dependencies
        self._holder = secrets.token_hex(8)
        super().__init__(config_name="rescore")

    async def begin(self, job: Rescore) -> None:
        """Enqueues the work on a stored job, until the job is over."""
        await self._with.engine.enqueue(workflow_ids.rescoring(job.id), self.working, job.id)

    async def show(self, job_id: str) -> None:
        """Brings the card of a job up to date; a card that cannot be edited stops nothing."""
        job = await self._with.store.rescores.get(job_id)
        if job.message_id is not None:
            await without_stopping(self._with.presenter.edit(job, self._label(job)), "card", job=job_id)

    async def recover(self) -> None:
        """Enqueues channels' jobs that a crash or a fault interrupted; a job of a terminal is left to the terminal."""
        unended = [job for job in await self._with.store.rescores.unended() if job.channel_id]
        jobs = {workflow_ids.rescoring(job.id): job.id for job in unended}
        await enqueue_unended(self._with.engine, self.working, jobs)

    def _label(self, job: Rescore) -> str:
        return self._with.rescorer.registry.label(job.embedder)

    @DBOS.workflow(name="Rescoring.working", max_recovery_attempts=1_000)
    async def working(self, job_id: str) -> None:
        await self._post(job_id)
        while await self._stretch(job_id):
            pass
        await self._conclude(job_id)

    @durable_step("Rescoring._post")
    async def _post(self, job_id: str) -> None:
        """Posts the card, once; the games are measured even where the channel takes no card."""
        job, post = await self._with.store.rescores.get(job_id), await self._with.store.rescores.begin_post(job_id)
        if post.message_id is not None:
            return
        posting = Posting(nonce(job.id, f"rescore/{job.channel_id}"), post.began_at, post.again)

        async def send() -> int:
            return await self._with.presenter.post(job, self._label(job), posting)

        async def show() -> None:
            message_id = await with_patience(send, deadline=POSTING, who="This place")
            await self._with.store.rescores.posted(job_id, message_id)

        await without_stopping(show(), "new card", job=job_id)

    @durable_step("Rescoring._stretch")
    async def _stretch(self, job_id: str) -> bool:
        """Works for `stretch_s` seconds; whether the job is still not over."""

        async def told(job: Rescore) -> None:
            await self.show(job.id)

        outcome = await self._with.rescorer.work(job_id, self._holder, told, self._with.stretch_s)
        if outcome is Outcome.HELD:
            await asyncio.sleep(_WAIT)
        return outcome is not Outcome.OVER

    @durable_step("Rescoring._conclude")
    async def _conclude(self, job_id: str) -> None:
        await self.show(job_id)
