"""Which embedder is still measuring a game that has ended."""

from dataclasses import dataclass

from telephone.engine import Engine
from telephone.game import Game, GameState
from telephone.measure import Measure


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Asks the engine, which knows the workflows that measure."""

    measure: Measure
    engine: Engine

    async def primary(self, game: Game) -> str:
        """The name of the primary while it measures a game; empty where it has, will not, or has given up."""
        name = self.measure.primary
        if game.state is not GameState.FINISHED or name in (game.embedder, self.measure.always):
            return ""
        if name not in [gauge.name for gauge in self.measure.of(game)]:
            return ""
        return "" if await self.engine.ended([workflow_of(game.id, name)]) else name


def workflow_of(game_id: str, embedder: str) -> str:
    """The id of the workflow in which an embedder measures a game."""
    return f"measure-{game_id}-{embedder}"
