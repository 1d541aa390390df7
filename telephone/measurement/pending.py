"""Which embedder is still measuring a game that has ended."""

from dataclasses import dataclass

from telephone.domain.games import Game, GameState
from telephone.engine import workflow_ids
from telephone.engine.engine import Engine
from telephone.measurement.distances import GameMeasurer


@dataclass(frozen=True, slots=True)
class PendingMeasurements:
    """Asks the engine, which knows the workflows that measure."""

    measure: GameMeasurer
    engine: Engine

    async def primary(self, game: Game) -> str:
        """The name of the primary while it measures a game; empty where it has finished, will not, or has given up."""
        name = self.promised(game)
        return "" if not name or await self.has_ended(game.id, name) else name

    def promised(self, game: Game) -> str:
        """The name of the primary where it is to measure a finished game and has not yet; else empty."""
        name = self.measure.primary
        if game.state is not GameState.FINISHED or name in (game.embedder, self.measure.always):
            return ""
        if name not in [embedder.name for embedder in self.measure.of(game)]:
            return ""
        return name

    async def has_ended(self, game_id: str, name: str) -> bool:
        """Whether an embedder has measured a game or given up; one query."""
        return bool(await self.engine.ended([workflow_ids.measuring(game_id, name)]))
