"""The durable workflow that measures a finished game; no game waits for it.

The embedder that is always ready measures at once, on this machine. The primary embedder may run elsewhere and be
asleep: it measures in a workflow of its own, which retries for hours and then updates the summary and the card.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from dbos import DBOS, DBOSConfiguredInstance

from telephone.domain.games import Game, GameState
from telephone.engine import workflow_ids
from telephone.engine.durable import durable_step
from telephone.engine.engine import Engine
from telephone.engine.outcomes import Failed, Journalled, Outcome, held_up, journalled, outcome_of, write
from telephone.engine.waiting import look_until
from telephone.errors import BadOutput, Misconfigured, RateLimited, TimedOut, Unavailable
from telephone.games.publisher import GamePublisher
from telephone.measurement.calibration import Calibrations
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.pending import PendingMeasurements
from telephone.retry import with_patience
from telephone.store import Store

SCALE_DEADLINE: Final = 900.0
"""Deadline for the calibration of an embedder, retries included, in seconds; a cold embedder takes minutes."""
_PASSING: Final = (Unavailable, RateLimited, TimedOut, Misconfigured)
"""Errors that may be over at the next attempt, Misconfigured too: the operator may have mended our key by then."""
_NONSENSE_MAX: Final = 3
"""How many unusable answers are paid for before a game is given up."""
_LOOK_EVERY: Final = 0.25
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a game waits for the primary embedder, in seconds.

    After `summary` the summary is posted without its distance. `pauses` are the pauses between the attempts at
    measuring one game; after the last of them there is one more attempt.
    """

    summary: float = 60.0
    pauses: tuple[float, ...] = (60.0, 120.0, 300.0, 600.0, *(1_800.0,) * 22)


PATIENCE: Final = Patience()


@DBOS.dbos_class("Measuring")
class MeasureWorkflow(DBOSConfiguredInstance):
    """Measures games that have ended. One instance a process, by a name in the journal that never changes."""

    def __init__(
        self,
        store: Store,
        measure: GameMeasurer,
        calibrations: Calibrations,
        publisher: GamePublisher,
        engine: Engine,
        *,
        patience: Patience = PATIENCE,
    ) -> None:
        self._store, self._measure, self._calibrations = store, measure, calibrations
        self._publisher, self._engine, self._patience = publisher, engine, patience
        self._pending = PendingMeasurements(measure, engine)
        super().__init__(config_name="measuring")

    @property
    def always(self) -> str:
        """The name of the embedder that measures every game at once."""
        return self._measure.always

    async def begin(self, game_id: str) -> None:
        """Measures a game with the embedder that is always ready and enqueues the primary. Safe to repeat at any time.

        Raises a TelephoneError where the former cannot measure.
        """
        game = await self._store.games.get(game_id)
        ready = [embedder.name for embedder in self._measure.of(game)]
        later = [name for name in ready if name != self._measure.always]
        for name in later:
            await self._engine.enqueue(workflow_ids.measuring(game_id, name), self.measuring, game_id, name)
        settled = bool(later)  # what the primary leaves of the reservation is released when it has measured
        try:
            if self._measure.always in ready:
                measured = await self._measure.measure(game, self._measure.always, settle=not settled)
                settled = settled or measured is not None
        finally:
            if not settled:
                await self._store.budgets.settle(game_id)

    async def awaited(self, game: Game) -> str:
        """The name of the embedder that is still measuring a finished game; empty where none is."""
        return await self._pending.primary(game)

    async def wait(self, game_id: str) -> None:
        """Returns when the primary has measured a game or given up, at the latest when the summary is due."""

        name = self._pending.promised(await self._store.games.get(game_id))
        if name:
            ended = partial(self._pending.has_ended, game_id, name)
            await look_until(ended, bool, every=_LOOK_EVERY, within=self._patience.summary)

    async def summarise(self, game_id: str) -> None:
        """Posts the summary of a finished game with the distances measured so far."""
        game = await self._store.games.get(game_id)
        awaited = await self.awaited(game)
        await self._publisher.edit_card(game)
        if game.state is not GameState.FINISHED:
            return
        await self._publisher.post_summary(game, awaited)
        if not awaited:
            return
        now = await self._store.games.get(game_id)
        still = await self.awaited(now)
        if (now.embedder, still) != (game.embedder, awaited):
            # The primary measured or gave up while the summary was being posted, and found no summary to update.
            await self._publisher.edit_summary(now, still)
            await self._publisher.edit_card(now)

    async def close(self, game_id: str) -> bool:
        """Measures a finished game, waits for the primary and posts the summary; True where it lacks a calibration.

        What fails is logged, and the rest is done all the same.
        """
        await outcome_of(self.begin(game_id))
        await outcome_of(self.wait(game_id))
        await outcome_of(self.summarise(game_id))
        game = await self._store.games.get(game_id)
        lacks = game.embedder == self.always and not await self._calibrations.ready(game)
        return game.state is GameState.FINISHED and lacks

    async def calibrate(self, game_id: str, name: str) -> Outcome:
        """Computes the calibration that a posted summary by this embedder lacks, and shows it in the summary."""

        async def calibrate() -> None:
            game = await self._store.games.get(game_id)
            if game.embedder != name:
                return
            if await self._calibrations.ready(game):
                return
            lacked = (await self._calibrations.bearings(game)).scale is None
            await self._calibrations.prepare(game.request.guild_id, name)
            if lacked:
                await self._publisher.edit_summary(game, await self.awaited(game))

        return await outcome_of(with_patience(calibrate, deadline=SCALE_DEADLINE, who="The scale"))

    @DBOS.workflow(name="Measuring.measuring", max_recovery_attempts=1_000)
    async def measuring(self, game_id: str, name: str) -> None:
        nonsense = 0
        for pause in (*self._patience.pauses, None):
            held = held_up(await self._attempt(game_id, name))
            kind = held.kind if isinstance(held, Failed) else None
            nonsense += kind is BadOutput
            again = kind in _PASSING or (kind is BadOutput and nonsense < _NONSENSE_MAX)
            if pause is None or not again:
                break
            await DBOS.sleep_async(pause)
        await self._show(game_id)
        await self._scale(game_id, name)

    @durable_step("Measuring._attempt")
    async def _attempt(self, game_id: str, name: str) -> Journalled:
        async def measure() -> None:
            await self._measure.measure(await self._store.games.get(game_id), name)

        outcome = await outcome_of(measure())
        if isinstance(outcome, Failed):
            _log.warning("a game is not measured yet", game=game_id, embedder=name, error=outcome.name)
        return write(outcome)

    @durable_step("Measuring._show")
    async def _show(self, game_id: str) -> Journalled:
        """Releases what is left of the reservation, and updates the summary and the card if they are posted."""

        async def show() -> None:
            game = await self._store.games.get(game_id)
            await self._publisher.edit_summary(game)
            if game.place.summary_id is not None:
                await self._publisher.edit_card(game)

        await self._store.budgets.settle(game_id)
        return write(await outcome_of(show()))

    @durable_step("Measuring._scale")
    @journalled
    async def _scale(self, game_id: str, name: str) -> Outcome:
        return await self.calibrate(game_id, name)
