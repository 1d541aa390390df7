"""Distances: how far each caption of a game has drifted, per embedder and version."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, select
from sqlmodel import col

from telephone.store.counted_distances import repeated
from telephone.store.database import Database
from telephone.store.games import show_by
from telephone.store.reservations import book
from telephone.store.tables.columns import now
from telephone.store.tables.games import DistanceRow


class Measurement(NamedTuple):
    """The distances of one turn by one embedder, all in [0, 2], None where it cannot read one of the two texts.

    `head` is the distance between the first 75 tokens of prompt and caption, `picture` and `picture_step` are those of
    the turn's picture from the prompt and from the picture before. `approximate`: a text was too long to embed whole.
    """

    turn: int
    distance: float | None
    step_distance: float | None
    head: float | None = None
    picture: float | None = None
    picture_step: float | None = None
    approximate: bool = False


class Shown(NamedTuple):
    """That a game shows the distances of an embedder, unless it shows those of another."""

    unless: str | None = None


class Distances:
    """Stores distances. They are read with their game: Game.turns holds those of Game.embedder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self, game_id: str, embedder: str) -> str | None:
        """The version of an embedder whose distances a game shows: the one that measured the game last."""
        whose = {"game": game_id, "embedder": embedder}
        return await self._database.ask(lambda connection: connection.execute(_VERSION, whose).scalar())

    async def ends(self, game_ids: Sequence[str]) -> dict[str, dict[str, float]]:
        """The distances of the games' last captions, by embedder and game; only of versions that know them all."""
        wanted, found = set(game_ids), defaultdict[tuple[str, str], dict[str, DistanceRow]](dict)
        query = select(DistanceRow).where(col(DistanceRow.game_id).in_(wanted)).order_by(col(DistanceRow.turn))
        async with self._database.reading() as session:
            for row in await session.scalars(query):
                found[row.embedder, row.version][row.game_id] = row
            whole = [(key, rows) for key, rows in found.items() if rows.keys() == wanted]
            whole.sort(key=lambda one: max(row.measured_at for row in one[1].values()))
            ends = {key[0]: {game: row.distance for game, row in rows.items()} for key, rows in whole}
        known = {name: {game: far for game, far in some.items() if far is not None} for name, some in ends.items()}
        return {name: some for name, some in known.items() if some.keys() == wanted}

    async def put(
        self,
        game_id: str,
        embedder: str,
        version: str,
        rows: Sequence[Measurement | tuple[int, float | None, float | None]],
        *,
        shown: Shown | None = None,
        settle: bool = False,
    ) -> None:
        """Stores distances; a plain tuple is (turn, distance, step_distance), with defaults for the other fields.

        A game with a distance that is None counts on no board by this embedder. A turn already measured stays as it is.
        In the same transaction the game is `shown` by these distances from now on, and with `settle` the unspent part
        of its reservation is released. Raises NotFound, and ValueError for a distance that is no finite number.
        """
        measured = [Measurement(*row) for row in rows]
        for row in measured:
            if not all(math.isfinite(value) for value in row if value is not None):
                raise ValueError(f"turn {row.turn} of game {game_id} has a distance that is no finite number: {row}")
        if not rows:
            return
        whose = {"game_id": game_id, "embedder": embedder, "version": version, "measured_at": now()}

        def work(connection: Connection) -> None:
            of_all = whose | repeated(connection, game_id)
            if any(None in (row.distance, row.step_distance) for row in measured):
                of_all["counted"] = False
            # Always in the same order: two writers with opposite orders would deadlock.
            values = [of_all | row._asdict() for row in sorted(measured, key=lambda row: row.turn)]
            connection.execute(self._database.insert(DistanceRow).on_conflict_do_nothing(), values)
            if shown is not None:
                show_by(connection, game_id, embedder, shown.unless)
            if settle:
                book(connection, game_id, settle=True)

        await self._database.change(work)


_VERSION: Final = (
    select(col(DistanceRow.version))
    .where(col(DistanceRow.game_id) == bindparam("game"), col(DistanceRow.embedder) == bindparam("embedder"))
    .order_by(col(DistanceRow.measured_at).desc(), col(DistanceRow.version).desc())
    .limit(1)
)
