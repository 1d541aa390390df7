"""The data of boards, added up by the database: measured games per pair and prompt, and how many were begun.

Every answer has a row for each pair and prompt (or pair and length), however many games were played; the distances
come from one index alone, see DistanceRow. Games of a battle that is still blind are in none of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, SQLColumnExpression, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from telephone.concurrency import off_loop
from telephone.domain.games import GameState, Level, Pair
from telephone.store.counted_distances import counts, live, unread
from telephone.store.database import Database, to_the_end
from telephone.store.tables.battles import BattleRow
from telephone.store.tables.games import DistanceRow, GameRow
from telephone.store.visibility import blind, veiled


@dataclass(frozen=True, slots=True)
class Pool:
    """A choice of a server's games: of one level or all, on curated prompts or free ones.

    `designed` selects only games of battles and tournaments, which were planned before anybody saw how they went.
    `live` selects only games that members played in the open; without it, these are left out.
    """

    guild_id: int
    level: Level | None = None
    free: bool = False
    designed: bool = False
    live: bool = False


@dataclass(frozen=True, slots=True)
class Sums:
    """The mean of some games, and the sum of their squared deviations from it."""

    mean: float
    squares: float


@dataclass(frozen=True, slots=True)
class CellSums:
    """All counted games of one pair on one prompt, at one turn.

    `games` counts games with the same seed as one, `plays` counts each. `prompt` is the slug of a
    curated prompt and the words of a free one. `head` is measured on the first 75 tokens; a game from before these
    were measured counts with its whole distance.
    """

    pair: Pair
    prompt: str
    level: Level | None
    games: int
    plays: int
    distance: Sums
    head: Sums


@dataclass(frozen=True, slots=True)
class Completion:
    """How the games that were begun ended; games that still play are in `started` alone.

    Games in `voided` are in no other number.
    """

    started: int = 0
    finished: int = 0
    stopped: int = 0
    failed: int = 0
    voided: int = 0

    @property
    def unfinished(self) -> int:
        """How many games ended before their last turn."""
        return self.stopped + self.failed

    def __add__(self, other: "Completion") -> "Completion":
        return Completion(
            self.started + other.started,
            self.finished + other.finished,
            self.stopped + other.stopped,
            self.failed + other.failed,
            self.voided + other.voided,
        )


class Begun(NamedTuple):
    """How the games of one pair with a planned number of turns ended."""

    pair: Pair
    turns: int
    completion: Completion


class EmbedderUse(NamedTuple):
    """One version of an embedder that measured games of a server; `games` of them count."""

    embedder: str
    version: str
    games: int


class Scores:
    """The queries of boards. Distances and Games write what they read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def measured(self, pool: Pool, embedder: str, version: str, turn: int) -> list[CellSums]:
        """The counted games at a turn, with both kinds of distance, ordered by pair and prompt."""
        return (await self.curves(pool, embedder, version, [turn]))[turn]

    async def curves(
        self, pool: Pool, embedder: str, version: str, turns: Iterable[int], *, reaching: int | None = None
    ) -> dict[int, list[CellSums]]:
        """As `measured`, at several turns as of one moment; with `reaching`, only games measured at that turn."""
        query, found = _measured(pool, reaching), {}
        async with self._database.reading() as session:
            for turn in turns:
                of_turn = {"embedder": embedder, "version": version, "turn": turn}
                found[turn] = (await session.execute(query, of_turn)).all()
        return await off_loop(lambda: {turn: _by_prompt(_row(*row) for row in rows) for turn, rows in found.items()})

    async def unread(self, pool: Pool, embedder: str, version: str, turn: int) -> int:
        """How many games of at least so many turns would count, were there no words that the embedder cannot read."""
        first = aliased(DistanceRow)
        same = (getattr(first, name) == getattr(DistanceRow, name) for name in ("game_id", "embedder", "version"))
        gap = select(col(DistanceRow.turn)).where(*same, unread()).correlate(first).exists()
        query = select(func.count()).select_from(first).join(GameRow, col(GameRow.id) == col(first.game_id))
        query = query.where(
            col(first.guild_id) == pool.guild_id,
            col(first.embedder) == embedder,
            col(first.version) == version,
            col(first.turn) == 1,
            ~col(first.counted),
            col(GameRow.turns) >= turn,
            gap,
            counts(),
            *([col(first.designed)] if pool.designed else []),
            *_of(pool),
        )
        async with self._database.reading() as session:
            return int(await session.scalar(query) or 0)

    async def begun(self, pool: Pool) -> list[Begun]:
        """How the games that were begun ended, by pair and planned number of turns."""
        keys = (col(GameRow.t2i), col(GameRow.i2t), col(GameRow.turns), col(GameRow.state), col(GameRow.voided))
        planned = col(GameRow.design).is_not(None)
        query = select(*keys, func.count()).where(*_of(pool), col(GameRow.started_at).is_not(None))
        shut = or_(and_(planned, blind()), veiled(), col(GameRow.mixed))
        query = query.where(~shut, *([planned] if pool.designed else []))
        added: dict[tuple[Pair, int], Completion] = {}
        async with self._database.reading() as session:
            for t2i, i2t, turns, state, voided, count in await session.execute(query.group_by(*keys)):
                key = Pair(t2i, i2t), turns
                added[key] = added.get(key, Completion()) + _completion(state, voided, count)
        return [Begun(*key, completion) for key, completion in sorted(added.items(), key=_names)]

    async def embedders(self, guild_id: int) -> list[EmbedderUse]:
        """The embedders and versions that measured the first turn of a server's games, and how many of these count."""
        async with self._database.reading() as session:
            names = await to_the_end(session.run_sync(_versions, guild_id))
            return [EmbedderUse(*name, await _count(session, guild_id, *name, 1)) for name in names]

    async def embedder_names(self, guild_id: int) -> list[str]:
        """The names of these embedders; no game is counted."""
        return await self._database.view(lambda session: _each(session, col(DistanceRow.embedder), guild_id=guild_id))

    async def states(self, guild_id: int) -> tuple[tuple[str, int, int], ...]:
        """How many games and battles of a server are in each state, and the newest number of each; cheap to query.

        Together with `embedders` it changes whenever a board would: all turns of a game are measured at once.
        """
        async with self._database.reading() as session:
            rows = [row for table in (GameRow, BattleRow) for row in await session.execute(_states(table, guild_id))]
        return tuple((state, count, newest) for state, count, newest in rows)


def _measured(pool: Pool, reaching: int | None) -> Select[*tuple[Any, ...]]:
    """Merges games with equal seeds, then games into cells; only then looks up names, from one game of each cell."""
    head = func.coalesce(col(DistanceRow.head), col(DistanceRow.distance))
    seeds = (
        select(
            col(DistanceRow.cell).label("cell"),
            func.count().label("plays"),
            func.avg(col(DistanceRow.distance)).label("distance"),
            func.avg(head).label("head"),
        )
        .where(*_counted(pool.guild_id, bindparam("embedder"), bindparam("version"), bindparam("turn")))
        .where(
            *([col(DistanceRow.designed)] if pool.designed else []), *([] if reaching is None else [_got_to(reaching)])
        )
        .group_by(col(DistanceRow.cell), col(DistanceRow.seed))
        .subquery()
    )
    sums = [part for one in (seeds.c.distance, seeds.c.head) for part in (func.avg(one), func.sum(one * one))]
    named = [part.label(f"sum{n}") for n, part in enumerate(sums)]
    cells = (
        select(seeds.c.cell, func.count().label("games"), func.sum(seeds.c.plays).label("plays"), *named)
        .group_by(seeds.c.cell)
        .subquery()
    )
    one = aliased(DistanceRow)
    any_game = (
        select(col(one.game_id))
        .where(*_counted(pool.guild_id, bindparam("embedder"), bindparam("version"), bindparam("turn"), one))
        .where(col(one.cell) == cells.c.cell)
        .limit(1)
        .correlate(cells)
        .scalar_subquery()
    )
    prompt = func.coalesce(col(GameRow.slug), col(GameRow.prompt))
    names = (col(GameRow.t2i), col(GameRow.i2t), prompt, col(GameRow.level))
    query: Select[*tuple[Any, ...]] = select(*names, cells.c.games, cells.c.plays, *(cells.c[s.name] for s in named))
    return query.join(GameRow, col(GameRow.id) == any_game).where(*_of(pool))


def _counted(
    guild_id: int, embedder: Any, version: Any, turn: Any, row: type[DistanceRow] = DistanceRow
) -> list[SQLColumnExpression[bool]]:
    """The conditions on the first columns of the index, in its order."""
    return [
        col(row.guild_id) == guild_id,
        col(row.embedder) == embedder,
        col(row.version) == version,
        col(row.turn) == turn,
        col(row.counted),
    ]


def _got_to(turn: int) -> SQLColumnExpression[bool]:
    """Whether the game of a distance also has one at this turn, of the same embedder and version."""
    later = aliased(DistanceRow)
    same = (getattr(later, name) == getattr(DistanceRow, name) for name in ("game_id", "embedder", "version"))
    return select(col(later.turn)).where(*same, col(later.turn) == turn).correlate(DistanceRow).exists()


def _of(pool: Pool) -> list[SQLColumnExpression[bool]]:
    """The conditions on server, prompt and level, which hold for whole cells."""
    slug = col(GameRow.slug)
    conditions: list[SQLColumnExpression[bool]] = [col(GameRow.guild_id) == pool.guild_id]
    conditions.append(slug.is_(None) if pool.free else slug.is_not(None))
    conditions.append(live() if pool.live else ~live())
    if pool.level is not None:
        conditions.append(col(GameRow.level) == pool.level.value)
    return conditions


def _row(*columns: Any) -> CellSums:
    t2i, i2t, prompt, level, games, plays, *added = columns
    distance, head = (Sums(mean, max(0.0, total - games * mean**2)) for mean, total in (added[:2], added[2:]))
    return CellSums(Pair(t2i, i2t), prompt, Level(level) if level else None, games, int(plays), distance, head)


def _by_prompt(rows: Iterable[CellSums]) -> list[CellSums]:
    """Orders cells by pair and prompt; merges the cells of a prompt whose level was changed."""
    merged: dict[tuple[str, str, str], CellSums] = {}
    for row in sorted(rows, key=lambda row: (row.pair.t2i, row.pair.i2t, row.prompt, row.level or "")):
        key = row.pair.t2i, row.pair.i2t, row.prompt
        merged[key] = _pooled(merged[key], row) if key in merged else row
    return list(merged.values())


def _pooled(a: CellSums, b: CellSums) -> CellSums:
    def pool(one: Sums, other: Sums) -> Sums:
        mean = (a.games * one.mean + b.games * other.mean) / (a.games + b.games)
        between = a.games * b.games / (a.games + b.games) * (one.mean - other.mean) ** 2
        return Sums(mean, one.squares + other.squares + between)

    games, plays = a.games + b.games, a.plays + b.plays
    return CellSums(a.pair, a.prompt, a.level, games, plays, pool(a.distance, b.distance), pool(a.head, b.head))


def _states(table: type[GameRow] | type[BattleRow], guild_id: int) -> Select[str, int, int]:
    """How many rows of a server are in each state, and the newest number of each."""
    state = col(table.state)
    newest = select(state, func.count(), func.max(col(table.number))).where(col(table.guild_id) == guild_id)
    return newest.group_by(state).order_by(state)


def _completion(state: str, voided: bool, count: int) -> Completion:
    if voided:
        return Completion(voided=count)
    ended = (GameState.FINISHED, GameState.STOPPED, GameState.FAILED)
    return Completion(count, *(count if state == one.value else 0 for one in ended))


def _names(added: tuple[tuple[Pair, int], Completion]) -> tuple[str, str, int]:
    (pair, turns), _ = added
    return pair.t2i, pair.i2t, turns


async def _count(session: AsyncSession, guild_id: int, embedder: str, version: str, turn: int) -> int:
    query = select(func.count()).select_from(DistanceRow).where(*_counted(guild_id, embedder, version, turn))
    return int(await session.scalar(query) or 0)


def _versions(session: Session, guild_id: int) -> list[tuple[str, str]]:
    """The embedders and versions that measured a server's games."""
    return [
        (embedder, version)
        for embedder in _each(session, col(DistanceRow.embedder), guild_id=guild_id)
        for version in _each(session, col(DistanceRow.version), guild_id=guild_id, embedder=embedder)
    ]


def _each(session: Session, column: Any, **where: Any) -> list[str]:
    """The distinct values of a column, each found by one search of the index: there are few values in many rows."""
    query = select(func.min(column)).where(*(getattr(DistanceRow, name) == value for name, value in where.items()))
    found: list[str] = []
    while (value := session.scalar(query.where(column > found[-1]) if found else query)) is not None:
        found.append(value)
    return found
