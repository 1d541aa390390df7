"""The games of a server one by one, with every distance: what a researcher takes away and boards are made of.

No id and no words of a caption are in it. What boards may not count is not there either: a game that is blind, veiled
or counts for nobody is left out; one that a moderator voided has no distance.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, SQLColumnExpression, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from telephone.domain.games import HUMAN, GameState, Level, Pair
from telephone.store.counted_distances import live
from telephone.store.database import Database
from telephone.store.scores import Pool
from telephone.store.tables.games import DistanceRow, GameRow, StepRow
from telephone.store.visibility import blind, veiled

PLAYING, VOIDED = "playing", "voided"
"""The states of a scored game beside those in which games end."""
_ENDED = tuple(state.value for state in GameState if state.is_final)


class TurnScore(NamedTuple):
    """One turn of a game by one version of an embedder, in [0, 2]; None where it cannot read one of the two texts."""

    embedder: str
    version: str
    turn: int
    distance: float | None
    step_distance: float | None
    head: float | None
    approximate: bool


class ScoredGame(NamedTuple):
    """One game that was begun: `prompt` is a slug, or the words of a free one; `turns` were planned.

    `state` is finished, stopped, failed, voided or, while it is under way, playing. `scores` go by embedder, version
    and turn.
    """

    pair: Pair
    prompt: str
    level: Level | None
    seed: int
    turns: int
    state: str
    designed: bool
    free: bool
    open: bool
    scores: tuple[TurnScore, ...]


class ScoredGames:
    """Reads them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, pool: Pool) -> list[ScoredGame]:
        """The games of a pool that were begun, in the order of their numbers."""
        return await self._database.view(lambda session: _read(session, pool))

    async def seconds(self, guild_id: int) -> dict[str, float]:
        """How long each model took for a step here on average, in seconds."""
        models = (col(StepRow.guild_id) == guild_id, col(StepRow.kept_at).is_not(None), col(StepRow.player) != HUMAN)
        query = select(col(StepRow.player), func.avg(col(StepRow.latency_ms))).where(*models)
        query = query.where(col(StepRow.latency_ms).is_not(None)).group_by(col(StepRow.player))
        return await self._database.view(
            lambda session: {name: float(ms) / 1000 for name, ms in session.execute(query)}
        )


def _read(session: Session, pool: Pool) -> list[ScoredGame]:
    meant = _meant(pool)
    columns = ("id", "t2i", "i2t", "slug", "prompt", "level", "seed", "turns", "state", "voided", "design")
    games = select(*(col(getattr(GameRow, name)) for name in columns), live().label("open")).where(*meant)
    measured = ("game_id", "embedder", "version", "turn", "distance", "step_distance", "head", "approximate")
    turns = select(*(col(getattr(DistanceRow, name)) for name in measured))
    turns = turns.join(GameRow, col(GameRow.id) == col(DistanceRow.game_id)).where(*meant, ~col(GameRow.voided))
    scores: dict[str, list[TurnScore]] = {}
    for game_id, *rest in session.execute(turns.order_by(*(col(getattr(DistanceRow, name)) for name in measured[:4]))):
        scores.setdefault(game_id, []).append(TurnScore(*rest))
    return [_game(row, scores.get(row.id, ())) for row in session.execute(games.order_by(col(GameRow.number)))]


def _meant(pool: Pool) -> list[SQLColumnExpression[bool] | ColumnElement[bool]]:
    """The games of boards that were begun: those of `Scores.begun`."""
    slug, planned = col(GameRow.slug), col(GameRow.design).is_not(None)
    return [
        col(GameRow.guild_id) == pool.guild_id,
        col(GameRow.started_at).is_not(None),
        ~or_(blind(), veiled(), col(GameRow.mixed)),
        slug.is_(None) if pool.free else slug.is_not(None),
        live() if pool.live else ~live(),
        *([] if pool.level is None else [col(GameRow.level) == pool.level.value]),
        *([planned] if pool.designed else []),
    ]


def _game(row: Any, scores: "list[TurnScore] | tuple[()]") -> ScoredGame:
    state = VOIDED if row.voided else row.state if row.state in _ENDED else PLAYING
    return ScoredGame(
        pair=Pair(row.t2i, row.i2t),
        prompt=row.slug or row.prompt,
        level=Level(row.level) if row.level else None,
        seed=row.seed,
        turns=row.turns,
        state=state,
        designed=row.design is not None,
        free=row.slug is None,
        open=bool(row.open),
        scores=tuple(scores),
    )
