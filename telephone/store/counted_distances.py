"""The columns of a game that its distances repeat, so that a board reads all it needs from one index."""

import hashlib
import json
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, SQLColumnExpression, and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from telephone.domain.games import HUMAN, GameState
from telephone.domain.refusals import NoGame
from telephone.store.tables.games import DistanceRow, GameRow
from telephone.store.visibility import sealed


def cell_of(t2i: str, i2t: str, level: str | None, slug: str | None, prompt: str, *, live: bool = False) -> int:
    """The number of the cell of a pair on one prompt, in [0, 2**63): of its slug if it is curated, else of its words.

    Games that members play in the open, `live`, have cells of their own.
    """
    said = json.dumps([t2i, i2t, level, slug, None if slug else prompt, *(["live"] if live else [])])
    return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=8).digest(), "big") >> 1


def counts() -> ColumnElement[bool]:
    """Whether a game counts on boards: it is finished, no moderator has voided it, it is not sealed, and every step
    was taken by the player that its pair names."""
    return and_(col(GameRow.state) == GameState.FINISHED.value, ~col(GameRow.voided), ~sealed(), ~col(GameRow.mixed))


def unread(row: type[DistanceRow] = DistanceRow) -> ColumnElement[bool]:
    """Whether a distance is not known, since its embedder cannot read one of its two texts."""
    return or_(col(row.distance).is_(None), col(row.step_distance).is_(None))


def live() -> ColumnElement[bool]:
    """Whether members played a game in the open: such games have a board of their own, never ranked against models."""
    return and_(or_(col(GameRow.t2i) == HUMAN, col(GameRow.i2t) == HUMAN), ~col(GameRow.sealed))


def repeated(connection: Connection, game_id: str) -> dict[str, Any]:
    """The values that every distance of a game repeats, by column. Raises NotFound."""
    game = connection.execute(_REPEATED, {"game_id": game_id}).first()
    if game is None:
        raise NoGame(game_id)
    live_game = HUMAN in (game.t2i, game.i2t) and not game.sealed
    return {
        "guild_id": game.guild_id,
        "cell": cell_of(game.t2i, game.i2t, game.level, game.slug, game.prompt, live=live_game),
        "seed": game.seed,
        "designed": game.design is not None,
        "counted": bool(game.counted),
    }


async def recount(session: AsyncSession, games: SQLColumnExpression[bool] | ColumnElement[bool]) -> None:
    """Brings the distances of `games`, a condition on DistanceRow, in line with whether these count, and are read.

    Call it in the transaction that changes whether they count.
    """
    of_game = select(counts()).where(col(GameRow.id) == col(DistanceRow.game_id)).correlate(DistanceRow)
    other = aliased(DistanceRow)
    same = (getattr(other, name) == getattr(DistanceRow, name) for name in ("game_id", "embedder", "version"))
    gap = select(col(other.turn)).where(*same, unread(other)).correlate(DistanceRow).exists()
    counted = and_(of_game.scalar_subquery(), ~gap)
    await session.execute(update(DistanceRow).where(games).values(counted=counted))


_REPEATED: Final = select(
    *(
        getattr(GameRow, name)
        for name in ("guild_id", "t2i", "i2t", "level", "slug", "prompt", "seed", "design", "sealed")
    ),
    counts().label("counted"),
).where(col(GameRow.id) == bindparam("game_id"))
