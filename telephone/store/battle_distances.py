"""How far each side of a closed battle ended from its prompt."""

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from telephone.domain.battles import BattleState
from telephone.domain.games import Level
from telephone.store.database import Database
from telephone.store.tables.battles import BattleRow, SideRow
from telephone.store.tables.games import DistanceRow, GameRow


class BattleEnd(NamedTuple):
    """The level of a battle, and the distance at the last turn by place; only of sides that count on boards."""

    level: Level | None
    distances: dict[int, float]


class BattleDistances:
    """Reads them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, guild_id: int, embedder: str, version: str) -> dict[str, BattleEnd]:
        """The closed battles of a server by id; a side that was dropped or is not measured is not there."""
        query = (
            select(col(SideRow.battle_id), col(BattleRow.level), col(SideRow.place), col(DistanceRow.distance))
            .join(BattleRow, col(BattleRow.id) == col(SideRow.battle_id))
            .join(GameRow, col(GameRow.id) == col(SideRow.game_id))
            .join(DistanceRow, col(DistanceRow.game_id) == col(GameRow.id))
            .where(
                col(BattleRow.guild_id) == guild_id,
                col(BattleRow.state) == BattleState.CLOSED.value,
                col(SideRow.dropped).is_(None),
                col(DistanceRow.embedder) == embedder,
                col(DistanceRow.version) == version,
                col(DistanceRow.turn) == col(GameRow.turns),
                col(DistanceRow.counted),
            )
        )
        rows = await self._database.view(lambda session: list(session.execute(query)))
        levels: dict[str, Level | None] = {}
        places: dict[str, dict[int, float]] = defaultdict(dict)
        for battle, level, place, distance in rows:
            levels[battle] = Level(level) if level else None
            if distance is not None:
                places[battle][place] = distance
        return {battle: BattleEnd(levels[battle], found) for battle, found in places.items()}
