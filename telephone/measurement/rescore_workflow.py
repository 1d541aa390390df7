"""The durable workflow of a rescore: its card, the work in short stretches, and the card's last edit.

Each stretch is one step of the journal; what it did is in the store, so that one that runs again goes on where the
last one was cut off.
"""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final

from dbos import DBOS, DBOSConfiguredInstance

from telephone.domain.rescores import Rescore
from telephone.engine import workflow_ids as engine_workflow_ids
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
"""How long the card may be tried to be posted, in seconds; the work does not need it."""
_WAIT: Final = 2.0
"""How long somebody else's work is waited for before it is looked at again, in seconds."""


@dataclass(frozen=True, slots=True)
class RescoreDependencies:
    """What a rescore is worked on with."""

    store: Store
    anew: Rescorer
    noticeboard: JobPresenter
    engine: Engine
    stretch_s: float = STRETCH


@DBOS.dbos_class("Rescoring")
class RescoreWorkflow(DBOSConfiguredInstance):
    """Works on rescores. One instance a process, by a name in the journal that never changes."""

    def __init__(self, desk: RescoreDependencies) -> None:
        self._with = desk
        self._holder = secrets.token_hex(8)
        super().__init__(config_name="rescore")

    async def begin(self, job: Rescore) -> None:
        """Works on a job that is stored, until it is over."""
        await self._with.engine.enqueue(engine_workflow_ids.rescoring(job.id), self.working, job.id)

    async def show(self, job_id: str) -> None:
        """Brings the card of a job up to date; one that cannot be edited stops nothing."""
        job = await self._with.store.rescores.get(job_id)
        if job.message_id is not None:
            await without_stopping(self._with.noticeboard.edit(job, self._label(job)), "card", job=job_id)

    async def recover(self) -> None:
        """Sets going the jobs of channels that a crash or a fault left lying; those of a terminal are its own."""
        unended = [job for job in await self._with.store.rescores.unended() if job.channel_id]
        jobs = {engine_workflow_ids.rescoring(job.id): job.id for job in unended}
        await enqueue_unended(self._with.engine, self.working, jobs)

    def _label(self, job: Rescore) -> str:
        return self._with.anew.registry.label(job.embedder)

    @DBOS.workflow(name="Rescoring.working", max_recovery_attempts=1_000)
    async def working(self, job_id: str) -> None:
        await self._post(job_id)
        while await self._stretch(job_id):
            pass
        await self._conclude(job_id)

    @DBOS.step(name="Rescoring._post")
    async def _post(self, job_id: str) -> None:
        """The card, once; a channel that takes none does not keep the games from being measured."""
        job, post = await self._with.store.rescores.get(job_id), await self._with.store.rescores.begin_post(job_id)
        if post.message_id is not None:
            return
        posting = Posting(nonce(job.id, f"rescore/{job.channel_id}"), post.began_at, post.again)

        async def send() -> int:
            return await self._with.noticeboard.post(job, self._label(job), posting)

        async def show() -> None:
            message_id = await with_patience(send, deadline=POSTING, who="This place")
            await self._with.store.rescores.posted(job_id, message_id)

        await without_stopping(show(), "card", job=job_id)

    @DBOS.step(name="Rescoring._stretch")
    async def _stretch(self, job_id: str) -> bool:
        """Some of the work; whether there is more."""

        async def told(job: Rescore) -> None:
            await self.show(job.id)

        outcome = await self._with.anew.work(job_id, self._holder, told, self._with.stretch_s)
        if outcome is Outcome.HELD:
            await asyncio.sleep(_WAIT)
        return outcome is not Outcome.OVER

    @DBOS.step(name="Rescoring._conclude")
    async def _conclude(self, job_id: str) -> None:
        await self.show(job_id)
