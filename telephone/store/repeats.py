"""Redraws: games of the same pair on the same prompt with different seeds, found among the games of a server."""

from collections import defaultdict

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from telephone.domain.calibration import Redrawn
from telephone.domain.games import Kind, Pair
from telephone.store.counted_distances import counts
from telephone.store.database import Database
from telephone.store.tables.games import GameRow, StepRow
from telephone.store.visibility import hidden

LATEST = 1_000
"""How many games are searched, from the newest on: more would not improve a calibration."""
MOST = 20
"""The most redraws of one prompt by one pair that are used."""


class Redraws:
    """The queries of redraws: first turns of counted games that are not hidden."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, guild_id: int, pair: Pair | None = None) -> list[Redrawn]:
        """The redraws among a server's latest games, of one pair or of all; each seed once, newest first."""
        picture = aliased(StepRow, name="picture")
        query = (
            select(
                col(GameRow.t2i), col(GameRow.i2t), col(GameRow.prompt), col(GameRow.seed),
                col(StepRow.text), col(picture.image),
            )
            .join(StepRow, and_(_first(StepRow, Kind.CAPTION), col(StepRow.text).is_not(None)))
            .outerjoin(picture, _first(picture, Kind.PICTURE))
            .where(col(GameRow.guild_id) == guild_id, counts(), ~hidden())
            .order_by(col(GameRow.number).desc())
            .limit(LATEST)
        )  # fmt: skip
        if pair is not None:
            query = query.where(col(GameRow.t2i) == pair.t2i, col(GameRow.i2t) == pair.i2t)
        groups: dict[tuple[str, str, str], dict[int, tuple[str, str | None]]] = defaultdict(dict)
        async with self._database.reading() as session:
            for t2i, i2t, prompt, seed, caption, image in await session.execute(query):
                groups[t2i, i2t, prompt].setdefault(seed, (caption or "", image))
        return [
            _redrawn(Pair(t2i, i2t), prompt, list(played.values())[:MOST])
            for (t2i, i2t, prompt), played in groups.items()
            if len(played) > 1
        ]


def _first(row: type[StepRow], kind: Kind) -> ColumnElement[bool]:
    return and_(col(row.game_id) == col(GameRow.id), col(row.turn) == 1, col(row.kind) == kind.value)


def _redrawn(pair: Pair, prompt: str, played: list[tuple[str, str | None]]) -> Redrawn:
    pictures = tuple(image for _, image in played if image is not None)
    return Redrawn(pair, prompt, tuple(caption for caption, _ in played), pictures)
