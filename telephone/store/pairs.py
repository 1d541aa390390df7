"""The games of one pair as one embedder measured them: the data of its curve, its rest and its blame."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Row, SQLColumnExpression, func, select
from sqlmodel import col

from telephone.domain.games import Kind, Level, Pair
from telephone.store.counted_distances import counts, live
from telephone.store.database import Database
from telephone.store.scores import Pool
from telephone.store.tables.games import DistanceRow, GameRow, StepRow

LATEST: Final = 1_000
"""How many games of a pair are taken, from the newest on."""
_BATCH: Final = 500
"""Games in one query; the databases bound the parameters of one."""


@dataclass(frozen=True, slots=True)
class PairGame:
    """One counted game, measured from turn 1 on without a gap; `pictures` holds None where a distance is not known.

    `prompt` is the slug of a curated prompt and the words of a free one, `words` always the words.
    """

    id: str
    prompt: str
    words: str
    level: Level | None
    seed: int
    distances: tuple[float, ...]
    steps: tuple[float, ...]
    pictures: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class GameContent:
    """The captions of one game by turn, and the hashes of its pictures, None where there is none."""

    captions: tuple[str, ...]
    pictures: tuple[str | None, ...]


class _Turn(NamedTuple):
    """The distances of one turn."""

    game_id: str
    turn: int
    distance: float
    step_distance: float
    picture: float | None


_TURN: Final = tuple(getattr(DistanceRow, name) for name in _Turn._fields)


class PairGames:
    """The queries of a pair's counted games, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, pool: Pool, pair: Pair, embedder: str, version: str) -> list[PairGame]:
        """The latest games of a pair that an embedder measured, without those whose texts it cannot all read."""
        columns = (col(GameRow.id), col(GameRow.prompt), col(GameRow.slug), col(GameRow.level), col(GameRow.seed))
        query = select(*columns).where(*_of(pool, pair), _measured(embedder, version, counted=True))
        async with self._database.reading() as session:
            games = (await session.execute(query.order_by(col(GameRow.number).desc()).limit(LATEST))).all()
            rows: dict[str, list[_Turn]] = defaultdict(list)
            for ids in _batches([game.id for game in games]):
                found = select(*(col(column) for column in _TURN)).where(
                    col(DistanceRow.game_id).in_(ids),
                    col(DistanceRow.embedder) == embedder,
                    col(DistanceRow.version) == version,
                )
                for row in await session.execute(found.order_by(col(DistanceRow.game_id), col(DistanceRow.turn))):
                    rows[row[0]].append(_Turn(*row))
        return [_game(game, rows[game.id]) for game in games]

    async def unmeasured(self, pool: Pool, pair: Pair, embedder: str, version: str) -> int:
        """How many games of a pair count and are not measured by an embedder."""
        query = (
            select(func.count())
            .select_from(GameRow)
            .where(*_of(pool, pair), ~_measured(embedder, version), ~col(GameRow.erased))
        )
        async with self._database.reading() as session:
            return int(await session.scalar(query) or 0)

    async def unread(self, pool: Pool, pair: Pair, embedder: str, version: str) -> int:
        """How many games of a pair would count, were there no words that an embedder cannot read."""
        read = _measured(embedder, version, counted=True)
        query = select(func.count()).select_from(GameRow).where(*_of(pool, pair), _measured(embedder, version), ~read)
        async with self._database.reading() as session:
            return int(await session.scalar(query) or 0)

    async def contents(self, ids: Sequence[str]) -> dict[str, GameContent]:
        """The captions and pictures of these games, by id."""
        steps: dict[str, dict[tuple[int, str], tuple[str | None, str | None]]] = defaultdict(dict)
        columns = (col(StepRow.game_id), col(StepRow.turn), col(StepRow.kind), col(StepRow.text), col(StepRow.image))
        async with self._database.reading() as session:
            for some in _batches(ids):
                query = select(*columns).where(col(StepRow.game_id).in_(some), col(StepRow.kept_at).is_not(None))
                for game_id, turn, kind, text, image in await session.execute(query):
                    steps[game_id][turn, kind] = text, image
        return {game_id: _content(played) for game_id, played in steps.items()}


def _of(pool: Pool, pair: Pair) -> list[SQLColumnExpression[bool] | ColumnElement[bool]]:
    slug, planned = col(GameRow.slug), col(GameRow.design).is_not(None)
    return [
        col(GameRow.guild_id) == pool.guild_id,
        col(GameRow.t2i) == pair.t2i,
        col(GameRow.i2t) == pair.i2t,
        counts(),
        live() if pool.live else ~live(),
        slug.is_(None) if pool.free else slug.is_not(None),
        *([] if pool.level is None else [col(GameRow.level) == pool.level.value]),
        *([planned] if pool.designed else []),
    ]


def _measured(embedder: str, version: str, *, counted: bool = False) -> ColumnElement[bool]:
    first = select(col(DistanceRow.game_id)).where(
        col(DistanceRow.game_id) == col(GameRow.id),
        col(DistanceRow.turn) == 1,
        col(DistanceRow.embedder) == embedder,
        col(DistanceRow.version) == version,
        *([col(DistanceRow.counted)] if counted else []),
    )
    return first.exists()


def _game(game: Row[str, str, str | None, str | None, int], rows: Sequence[_Turn]) -> PairGame:
    turns = [row for n, row in enumerate(rows, 1) if row.turn == n]
    return PairGame(
        id=game.id,
        prompt=game.slug or game.prompt,
        words=game.prompt,
        level=Level(game.level) if game.level else None,
        seed=game.seed,
        distances=tuple(row.distance for row in turns),
        steps=tuple(row.step_distance for row in turns),
        pictures=tuple(row.picture for row in turns),
    )


def _content(played: Mapping[tuple[int, str], tuple[str | None, str | None]]) -> GameContent:
    """The turns from the first on, up to the first without a caption."""
    captions: list[str] = []
    pictures: list[str | None] = []
    while (caption := played.get((len(captions) + 1, Kind.CAPTION.value))) is not None:
        pictures.append(played.get((len(captions) + 1, Kind.PICTURE.value), (None, None))[1])
        captions.append(caption[0] or "")
    return GameContent(tuple(captions), tuple(pictures))


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
