"""Measuring a server's old games with another embedder: the plan with its cost, and the work itself.

The store is the truth: before each game it is asked which games the embedder lacks, and every vector is stored as soon
as it is made, so that work that goes on after a crash embeds nothing twice. One worker at a time holds a job, a bot or
a terminal beside it; a worker that dies loses the job when its last sign of life is HELD seconds old.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import Final

import structlog

from telephone.domain.budgets import Caps
from telephone.domain.rescores import Rescore, RescorePlan, RescoreState
from telephone.engine.outages import is_outage
from telephone.engine.waiting import look_when, watched
from telephone.errors import BadInput, BadOutput, NotAllowed, Refused, TelephoneError
from telephone.measurement.calibration import Calibrations
from telephone.measurement.distances import GameMeasurer
from telephone.models.registry import Registry
from telephone.retry import with_patience
from telephone.store import Order, Store
from telephone.store.sights import AT_WORK, RESCORES

HELD: Final = 30.0
PATIENCE: Final = 900.0
"""How long an embedder may be tried again for one game, in seconds; a cold one takes minutes."""
BATCH: Final = 100
"""How many games are planned at once."""
NOTHING: Final = "Every game here is measured with {label} already; there is nothing to do."
CHANGED: Final = "The embedder has changed meanwhile; please start anew."
BROKE: Final = "Something broke on our side; the operator can read why in the log, and what was measured stays."
"""How often the worker looks whether the job was stopped or games are paused, in seconds."""
_log = structlog.get_logger()

Told = Callable[[Rescore], Awaitable[None]]
"""Called with the job as it stands, at the start and after each game."""


class _Ended(Exception):
    """The job was stopped while a game was being measured."""


class Outcome(Enum):
    """How a stretch of work ended: the job is over, there is more to do, or another worker holds it."""

    OVER = "over"
    MORE = "more"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Rescorer:
    """Plans rescores and works on them. Raises TelephoneErrors whose sentence can be shown as it is."""

    store: Store
    measure: GameMeasurer
    calibrations: Calibrations
    registry: Registry
    caps: Caps = field(default_factory=Caps)
    held_s: float = HELD
    patience_s: float = PATIENCE

    async def plan(self, guild_id: int, embedder: str) -> RescorePlan:
        """The games to measure and the most that can cost. Raises NotFound for an embedder that is not ready.

        Raises BadInput where every game is measured.
        """
        cached, rescores = self.measure.named(embedder), self.store.rescores
        games, until, most, prompts = 0, 0, 0.0, set[str]()
        while some := await rescores.lacking(guild_id, cached.name, cached.version, after=until, limit=BATCH):
            told = (await self.store.pairs.contents([game.id for game in some])).values()
            fresh = {game.prompt for game in some} - prompts
            texts = [*fresh, *(text for one in told for text in one.captions)]
            drawn = [sha256 for one in told for sha256 in one.pictures if sha256]
            most += await cached.most_for(texts, drawn if cached.sees_pictures else [], heads=True)
            games, until, prompts = games + len(some), some[-1].number, prompts | fresh
        if games == 0:
            raise BadInput(NOTHING.format(label=self.registry.label(cached.name)))
        scale = await self.calibrations.most_usd(guild_id, cached.name)
        return RescorePlan(guild_id, cached.name, cached.version, games, until, most, scale)

    async def begin(self, plan: RescorePlan, *, by: int = 0, channel_id: int = 0) -> tuple[Rescore, bool]:
        """Stores the job of a plan, with its money reserved; joins the job, as `join` does, where one is under way.

        Raises OverBudget.
        """
        order = Order(plan.most_usd, self.caps)
        job, new = await self.store.rescores.begin(plan, order, by=by, channel_id=channel_id)
        if not new:
            return await self.join(job, by=by, channel_id=channel_id)
        _log.info("rescore begun", job=job.id, embedder=job.embedder, games=job.games)
        return job, True

    async def join(self, job: Rescore, *, by: int = 0, channel_id: int = 0) -> tuple[Rescore, bool]:
        """The job, and whether the caller may work on it: False where another worker or another channel has it."""
        if job.held or (channel_id and job.channel_id):
            return job, False
        if channel_id:
            await self.store.rescores.move_to(job.id, channel_id, by)
        return await self.store.rescores.get(job.id), True

    async def running(self, guild_id: int, embedder: str) -> Rescore | None:
        """The job of this server and embedder that has not ended."""
        unended = await self.store.rescores.unended(guild_id)
        return next((job for job in unended if job.embedder == embedder), None)

    async def stop(self, job_id: str, *, by: int, is_host: bool) -> Rescore:
        """Ends a job; what it measured stays. Raises NotAllowed, or BadInput where it has ended."""
        job = await self.store.rescores.get(job_id)
        if not is_host and by != job.asked_by:
            raise NotAllowed("Only who asked for this, or a member who may manage the server, can stop it.")
        if not await self.store.rescores.end(job_id, RescoreState.STOPPED):
            raise BadInput("This has ended already; there is nothing to stop.")
        return await self.store.rescores.get(job_id)

    async def work(self, job_id: str, holder: str, told: Told, for_s: float = inf) -> Outcome:
        """Measures game after game until the job is over or `for_s` seconds have passed.

        An embedder that does not answer for long, or cannot be asked, ends the job as failed; the next job goes on
        where it ended. Raises outages of our own, after which it may be called again.
        """
        async with self._holding(job_id, holder) as held:
            if not held:
                return Outcome.OVER if (await self.store.rescores.get(job_id)).state.is_final else Outcome.HELD
            try:
                return await self._work(job_id, told, time.monotonic() + for_s)
            except Exception as error:
                if is_outage(error):
                    raise  # whoever works on the job goes on after the outage
                if isinstance(error, TelephoneError):
                    await self._end(job_id, RescoreState.FAILED, error.sentence)
                    return Outcome.OVER
                _log.exception("a rescore broke", job=job_id)
                await self._end(job_id, RescoreState.FAILED, BROKE)
            return Outcome.OVER

    async def _work(self, job_id: str, told: Told, until: float) -> Outcome:
        job = await self.store.rescores.get(job_id)
        await told(job)
        if self.measure.named(job.embedder).version != job.version:
            await self._end(job_id, RescoreState.FAILED, CHANGED)
        while not (job := await self.store.rescores.get(job_id)).state.is_final:
            if await self.store.servers.paused(job.guild_id):
                await self._after_pause(job_id, until)
            elif not await self._next(job):
                await self._prepare(job)
                await self._end(job_id, RescoreState.FINISHED)
            else:
                await told(await self.store.rescores.get(job_id))
            if time.monotonic() >= until:
                return Outcome.MORE
        return Outcome.OVER

    async def _after_pause(self, job_id: str, until: float) -> None:
        """Returns when the server of a job is not paused any more, when the job has ended, or at `until`."""
        with self.store.changes.watching(RESCORES, job_id) as changed:

            async def look() -> bool:
                job = await self.store.rescores.get(job_id)
                return job.state.is_final or not await self.store.servers.paused(job.guild_id)

            def is_over(going: bool) -> bool:
                return going or time.monotonic() >= until

            await look_when(changed, look, is_over, due=lambda _: max(0.0, until - time.monotonic()))

    async def _next(self, job: Rescore) -> bool:
        """Measures the next game; False where there is none."""
        lacking = await self.store.rescores.lacking(
            job.guild_id, job.embedder, job.version, after=job.at, until=job.until, limit=1
        )
        for game in lacking:
            measured = await self._unless_ended(job.id, self._measured(job, game.id))
            if measured is not None:
                await self.store.rescores.count_game(job.id, game.number, measured=measured)
        return bool(lacking)

    async def _prepare(self, job: Rescore) -> None:
        """Prepares the embedder's calibration for the new distances; where that fails, a later game can prepare it."""
        try:
            await self.calibrations.prepare(job.guild_id, job.embedder)
        except TelephoneError as error:
            _log.warning("a scale is not made yet", embedder=job.embedder, error=type(error).__name__)

    async def _measured(self, job: Rescore, game_id: str) -> bool:
        """Measures one game; False where the embedder refuses it or returns nonsense."""

        async def pay(_: str, usd: float) -> None:
            await self.store.expenses.spend(job.id, usd)

        async def measure() -> None:
            await self.measure.measure(await self.store.games.get(game_id), job.embedder, pay)

        try:
            await with_patience(measure, deadline=self.patience_s, who=self.registry.label(job.embedder))
        except (BadOutput, Refused) as error:
            _log.info("a game could not be measured", game=game_id, embedder=job.embedder, error=type(error).__name__)
            return False
        return True

    async def _unless_ended(self, job_id: str, work: Awaitable[bool]) -> bool | None:
        """The result of the work; None where the job was stopped meanwhile, and the work with it."""

        async def check() -> None:
            if (await self.store.rescores.get(job_id)).state.is_final:
                raise _Ended

        with self.store.changes.watching(RESCORES, job_id, AT_WORK) as changed:
            try:
                return await watched(work, check, changed)
            except _Ended:
                return None

    async def _end(self, job_id: str, state: RescoreState, reason: str | None = None) -> None:
        if await self.store.rescores.end(job_id, state, reason):
            _log.info("rescore ended", job=job_id, state=state.value)

    @asynccontextmanager
    async def _holding(self, job_id: str, holder: str) -> AsyncIterator[bool]:
        """Holds a job for the length of a block, with a sign of life every third of `held_s`."""
        if not await self.store.rescores.hold(job_id, holder, self.held_s):
            yield False
            return

        async def live() -> None:
            while True:
                await asyncio.sleep(self.held_s / 3)
                await self.store.rescores.hold(job_id, holder, self.held_s)

        living = asyncio.create_task(live())
        try:
            yield True
        finally:
            living.cancel()
            with suppress(asyncio.CancelledError):
                await living
            await self.store.rescores.release(job_id, holder)
