"""The service of rescores: measuring a server's old games with another embedder is planned, begun and stopped."""

from dataclasses import dataclass
from typing import Final

from telephone.domain.games import NO_GUILD
from telephone.domain.refusals import require_here
from telephone.domain.rescores import Rescore, RescorePlan
from telephone.engine.waiting import look_until
from telephone.errors import NotAllowed
from telephone.measurement.rescoring import Rescorer
from telephone.ports.runners import RescoreRunner

BUSY: Final = "Games here are being measured with {label} already: {done:,} of {games:,} are done."
_LOOK_EVERY: Final = 0.1


@dataclass(frozen=True, slots=True)
class RescoreService:
    """Every function raises TelephoneErrors whose sentence can be shown as it is."""

    rescorer: Rescorer
    runner: RescoreRunner

    async def plan(self, guild_id: int, embedder: str, *, is_host: bool) -> RescorePlan | Rescore:
        """The plan of a rescore, or this embedder's unfinished job, which can be continued.

        Raises NotAllowed where a worker or a channel has that job, BadInput where nothing is left to do, NotFound.
        """
        _require(is_host)
        job = await self.rescorer.running(guild_id, self.rescorer.measure.named(embedder).name)
        if job is None:
            return await self.rescorer.plan(guild_id, embedder)
        if job.held or job.channel_id:
            raise NotAllowed(self.busy(job))
        return job

    async def rescore(self, guild_id: int, embedder: str, *, by: int, channel_id: int, is_host: bool) -> Rescore:
        """Begins or continues the job, its money reserved, its card in a channel. Raises as `plan`, and OverBudget."""
        found = await self.plan(guild_id, embedder, is_host=is_host)
        if isinstance(found, Rescore):
            job, mine = await self.rescorer.join(found, by=by, channel_id=channel_id)
        else:
            job, mine = await self.rescorer.begin(found, by=by, channel_id=channel_id)
        if not mine:
            raise NotAllowed(self.busy(job))
        await self.runner.begin(job)
        return job

    async def stop(self, job_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Rescore:
        """Ends a job of a server; what it measured stays. Raises NotHere for another server's."""
        require_here((await self.rescorer.store.rescores.get(job_id)).guild_id, server)
        job = await self.rescorer.stop(job_id, by=by, is_host=is_host)
        await self.runner.show(job_id)
        return job

    async def shown(self, job_id: str, timeout: float = 8.0) -> Rescore:
        """The job once its card is posted or it has ended, or as it is after `timeout` seconds."""
        return await look_until(
            lambda: self.rescorer.store.rescores.get(job_id),
            lambda job: job.message_id is not None or job.state.is_final,
            every=_LOOK_EVERY,
            within=timeout,
        )

    def label(self, embedder: str) -> str:
        """The name of an embedder as people read it."""
        return self.rescorer.registry.label(embedder)

    def busy(self, job: Rescore) -> str:
        """Why a job cannot be taken over, in one sentence."""
        return BUSY.format(label=self.label(job.embedder), done=job.measured + job.left_out, games=job.games)


def _require(is_host: bool) -> None:
    if not is_host:
        raise NotAllowed("Only an admin of this server can have its games measured anew; please ask one of them.")
