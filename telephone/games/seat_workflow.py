"""The durable workflow of what follows when a member's turn changed in a process that plays no games."""

from dataclasses import dataclass

from dbos import DBOS, DBOSConfiguredInstance

from telephone.domain.games import StepKey
from telephone.engine.durable import durable_step
from telephone.ports.runners import GameRunner


@dataclass(frozen=True, slots=True)
class SeatDependencies:
    """The collaborators of the workflow: whoever goes on with a game here, and shows it."""

    games: GameRunner


@DBOS.dbos_class("Seating")
class SeatWorkflow(DBOSConfiguredInstance):
    """Follows what members do in other processes. One instance a process, by a name that never changes."""

    def __init__(self, dependencies: SeatDependencies) -> None:
        self._with = dependencies
        super().__init__(config_name="seat")

    @DBOS.workflow(name="Seating.changed", max_recovery_attempts=1_000)
    async def changed(self, game_id: str, key: str) -> None:
        await self._follow(game_id, key)

    @durable_step("Seating._follow")
    async def _follow(self, game_id: str, key: str) -> None:
        """Goes on with a game after a member claimed, gave back or answered a step, and shows it. Safe to repeat."""
        await self._with.games.seat_changed(game_id, StepKey.parse(key))
