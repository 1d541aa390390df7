"""Distances: how far each caption of a game has drifted, per embedder and version."""

import math
from collections.abc import Sequence

from telephone.store.columns import now
from telephone.store.counting import repeated
from telephone.store.database import Database
from telephone.store.tables import DistanceRow


class Distances:
    """What was measured. Read with the game: Game.turns carries those of Game.embedder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, game_id: str, embedder: str, version: str, rows: Sequence[tuple[int, float, float]]) -> None:
        """Stores (turn, distance, step_distance), both in [0, 2]. A turn already measured stays as it is.

        Raises NotFound, and ValueError for a distance that is no finite number.
        """
        for turn, *pair in rows:
            if not all(math.isfinite(value) for value in pair):
                raise ValueError(f"turn {turn} of game {game_id} has a distance that is no finite number: {pair}")
        if not rows:
            return
        moment = now()
        async with self._database.writing() as session:
            of_game = await repeated(session, game_id)
            values = [
                {
                    **of_game,
                    "game_id": game_id,
                    "turn": turn,
                    "embedder": embedder,
                    "version": version,
                    "distance": float(distance),
                    "step_distance": float(step_distance),
                    "measured_at": moment,
                }
                # In one order for everybody: two writers that meet crosswise would lock each other out.
                for turn, distance, step_distance in sorted(rows)
            ]
            await session.execute(self._database.insert(DistanceRow).on_conflict_do_nothing(), values)
