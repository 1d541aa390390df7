"""Games: adding, finding, and moving them from state to state."""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.games import Game, GameRequest, GameState
from telephone.domain.messages import GameMessageKind
from telephone.domain.refusals import NoGame, NoGameNumber, SeedTooLarge
from telephone.store import game_reader
from telephone.store.counted_distances import recount
from telephone.store.database import Database, in_session
from telephone.store.glances import Glance, glance
from telephone.store.reservations import Order, book_in, check, lock_budgets, reserve
from telephone.store.tables.columns import now
from telephone.store.tables.games import DistanceRow, GameRow, PostRow, ServerRow
from telephone.store.visibility import sealed

_UNFINISHED: Final = tuple(state for state in GameState if not state.is_final)
_OPENED: Final = select(
    select(col(GameRow.id))
    .where(col(GameRow.guild_id) == bindparam("guild"), col(GameRow.state) == GameState.QUEUED.value)
    .where(col(GameRow.opened_run) == col(GameRow.runs))
    .exists()
)
_INT64: Final = range(-(2**63), 2**63)


class Games:
    """The queries of games."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, request: GameRequest, order: Order | None = None, game_id: str | None = None) -> Game:
        """Queues a game under a new id and its server's next number, with its money reserved in the same transaction.

        With `game_id` it is stored under that id, once: a repeated call finds it. Raises BadInput, and OverBudget where
        `order` does not fit what is left of today's budgets.
        """
        async with self._database.writing() as session:
            if game_id is not None and await session.get(GameRow, game_id) is not None:
                return await _one(session, game_id)
            if order is not None:
                await open_order(self._database, session, request, order)
            return await _one(session, await put(self._database, session, request, order, game_id))

    async def get(self, game_id: str) -> Game:
        """The game of this id. Raises NotFound."""
        game = await self._database.read(lambda connection: game_reader.one(connection, game_id))
        if game is None:
            raise NoGame(game_id)
        return game

    async def server_of(self, game_id: str) -> int:
        """The server that a game belongs to. Raises NotFound."""
        query = select(col(GameRow.guild_id)).where(col(GameRow.id) == game_id, ~col(GameRow.erased))
        async with self._database.reading() as session:
            guild_id = await session.scalar(query)
        if guild_id is None:
            raise NoGame(game_id)
        return guild_id

    async def glance(self, game_id: str) -> Glance:
        """Whether a game may go on, and what may have changed about it, in one query. Raises NotFound."""
        return await self._database.ask(lambda connection: glance(connection, game_id))

    async def by_number(self, guild_id: int, number: int) -> Game:
        """The game of this number on a server. Raises NotFound, also while the game is sealed."""
        query = game_reader.GAMES.where(col(GameRow.guild_id) == guild_id, col(GameRow.number) == number, *_seen())
        # Postgres raises for a number beyond the column's range.
        found = await self._found(query) if 0 < number < 2**31 else []
        if not found:
            raise NoGameNumber(number)
        return found[0]

    async def recent(self, guild_id: int, *, states: Collection[GameState] = (), limit: int = 25) -> list[Game]:
        """A server's latest games that are not sealed, newest first; of all states where none is named."""
        query = game_reader.GAMES.where(col(GameRow.guild_id) == guild_id, *_seen())
        if states:
            query = query.where(col(GameRow.state).in_(_names(states)))
        query = query.order_by(newest_first(GameRow, states)).limit(limit)
        return await self._database.view(lambda session: game_reader.found(session.connection(), query))

    async def unfinished(
        self,
        guild_id: int | None = None,
        *,
        states: Collection[GameState] = _UNFINISHED,
        newest: int | None = None,
    ) -> list[Game]:
        """The games that have not ended, of all servers or of one, sealed ones too, oldest first.

        `states` restricts the result to some of these states, `newest` to so many games.
        """
        query = game_reader.GAMES.where(col(GameRow.state).in_(_names(states)))
        if guild_id is not None:
            query = query.where(col(GameRow.guild_id) == guild_id)
        if newest is not None:
            query = query.order_by(newest_first(GameRow, _UNFINISHED)).limit(newest)
        found = await self._database.view(lambda session: game_reader.found(session.connection(), query))
        # Sorted here: ordered by time, the database would walk through all games of a server to find these few.
        return sorted(found, key=lambda game: (game.created_at, game.id))

    async def unclosed(self, after: timedelta, until: timedelta) -> list[Game]:
        """Finished games that ended between `until` and `after` ago and have no summary yet.

        Sides of battles get no summary; they count as closed when they are measured.
        """
        shown = (
            select(col(PostRow.game_id))
            .where(col(PostRow.game_id) == col(GameRow.id), col(PostRow.what) == GameMessageKind.SUMMARY.value)
            .where(col(PostRow.message_id).is_not(None))
        )
        query = game_reader.GAMES.where(
            col(GameRow.state) == GameState.FINISHED.value,
            col(GameRow.ended_at).between(now() - until, now() - after),
            ~shown.exists(),
            ~col(GameRow.erased),
            or_(col(GameRow.design).is_distinct_from("battle"), col(GameRow.embedder).is_(None)),
        )
        return await self._found(query)

    async def _found(self, query: Select[*tuple[Any, ...]]) -> list[Game]:
        return await self._database.read(lambda connection: game_reader.found(connection, query))

    async def move(
        self, game_id: str, to: GameState, *, only_from: Collection[GameState], reason: str | None = None
    ) -> bool:
        """Moves a game to a state if it is in one of `only_from`; False, and nothing changed, if not.

        Sets when it first played and when it ended; a game that plays again has not ended. A stopped or failed game
        is settled at once, a finished one when it is measured (Budgets.settle).
        """
        moment = now()
        statement = (
            update(GameRow)
            .where(col(GameRow.id) == game_id, col(GameRow.state).in_(_names(only_from)))
            .values(state=to.value, reason=reason, ended_at=moment if to.is_final else None)
            .returning(col(GameRow.id))
        )
        if to is GameState.PLAYING:
            statement = statement.values(started_at=func.coalesce(col(GameRow.started_at), moment))
        async with self._database.writing() as session:
            moved = await session.scalar(statement) is not None
            if moved and to in (GameState.STOPPED, GameState.FAILED):
                await book_in(session, game_id, settle=True)
            if moved and to.is_final:
                await recount(session, col(DistanceRow.game_id) == game_id)
        if moved:
            self._database.changes.tell(game_id)
        return moved

    async def void(self, game_id: str) -> None:
        """Marks a game as voided by a moderator: it counts neither for nor against anybody."""
        async with self._database.writing() as session:
            await session.execute(update(GameRow).where(col(GameRow.id) == game_id).values(voided=True))
            await recount(session, col(DistanceRow.game_id) == game_id)

    async def promote(self, guild_id: int, parallel: int) -> list[str]:
        """Moves a server's oldest opened games to playing until `parallel` play; returns their ids, oldest first."""
        async with self._database.writing() as session:
            # Two callers must not count the same free places: the server's row is the lock.
            await _hold(session, guild_id)
            playing = await session.scalar(_count(guild_id, [GameState.PLAYING]))
            free = max(0, parallel - int(playing or 0))
            opened = col(GameRow.opened_run) == col(GameRow.runs)
            queue = select(col(GameRow.id)).where(
                col(GameRow.guild_id) == guild_id, col(GameRow.state) == GameState.QUEUED.value, opened
            )
            ids = list(await session.scalars(queue.order_by(col(GameRow.number)).limit(free)))
            if not ids:
                return []
            promoted = await session.scalars(
                update(GameRow)
                .where(col(GameRow.id).in_(ids), col(GameRow.state) == GameState.QUEUED.value, opened)
                .values(state=GameState.PLAYING.value, started_at=func.coalesce(col(GameRow.started_at), now()))
                .returning(col(GameRow.id))
            )
            begun = sorted(promoted, key=ids.index)
        self._database.changes.tell(*begun)
        return begun

    async def any_opened(self, guild_id: int) -> bool:
        """Whether a server has queued games that can be promoted, in one query."""
        return await self._database.ask(
            lambda connection: bool(connection.execute(_OPENED, {"guild": guild_id}).scalar())
        )

    async def opened(self, game_id: str, run: int) -> None:
        """Marks that a run's card and thread are ready, so that the game can be promoted; not for an earlier run."""
        this_run = (col(GameRow.id) == game_id, col(GameRow.runs) == run)
        async with self._database.writing() as session:
            await session.execute(update(GameRow).where(*this_run).values(opened_run=run))

    async def place_in_queue(self, game_id: str) -> int:
        """The place of a game in its server's queue, 1 for the next one; 0 if it is not queued or not known."""
        mine = (
            select(col(GameRow.guild_id), col(GameRow.number))
            .where(col(GameRow.id) == game_id, col(GameRow.state) == GameState.QUEUED.value)
            .subquery()
        )
        ahead = (
            select(func.count())
            .select_from(GameRow)
            .join(mine, (col(GameRow.guild_id) == mine.c.guild_id) & (col(GameRow.number) <= mine.c.number))
            .where(col(GameRow.state) == GameState.QUEUED.value)
        )
        async with self._database.reading() as session:
            return int(await session.scalar(ahead) or 0)

    async def queue(self, guild_id: int) -> list[str]:
        """The ids of a server's queued games, the next one first."""
        query = select(col(GameRow.id)).where(
            col(GameRow.guild_id) == guild_id, col(GameRow.state) == GameState.QUEUED.value
        )
        return await self._database.view(lambda session: list(session.scalars(query.order_by(col(GameRow.number)))))

    async def next_run(self, game_id: str) -> int:
        """Adds one to the runs of a game and returns their number. Raises NotFound."""
        statement = (
            update(GameRow)
            .where(col(GameRow.id) == game_id)
            .values(runs=col(GameRow.runs) + 1)
            .returning(col(GameRow.runs))
        )
        async with self._database.writing() as session:
            run = await session.scalar(statement)
        if run is None:
            raise NoGame(game_id)
        self._database.changes.tell(game_id)
        return run

    async def measured_with(self, game_id: str, embedder: str, *, unless: str | None = None) -> None:
        """Sets the embedder whose distances the game shows, unless it shows those of `unless`.

        Raises NotFound.
        """
        await self._database.change(lambda connection: show_by(connection, game_id, embedder, unless))

    async def by_state(self, states: Collection[GameState]) -> dict[GameState, int]:
        """How many games of all servers are in each of these states."""
        query = select(col(GameRow.state), func.count()).where(col(GameRow.state).in_(_names(states)))
        async with self._database.reading() as session:
            found = {GameState(name): number for name, number in await session.execute(query.group_by(GameRow.state))}
        return {state: found.get(state, 0) for state in states}

    async def count(self, guild_id: int | None, states: Collection[GameState]) -> int:
        """How many games are in one of these states, of one server or, for None, of all."""
        async with self._database.reading() as session:
            return int(await session.scalar(_count(guild_id, states)) or 0)


def show_by(connection: Connection, game_id: str, embedder: str, unless: str | None) -> None:
    """Sets the embedder whose distances a game shows, unless it shows those of `unless`. Raises NotFound."""
    shown = col(GameRow.embedder)
    named = embedder if unless is None else case((shown == unless, shown), else_=embedder)
    if connection.execute(update(GameRow).where(col(GameRow.id) == game_id).values(embedder=named)).rowcount == 0:
        raise NoGame(game_id)


async def open_order(database: Database, session: AsyncSession, request: GameRequest, order: Order) -> None:
    """Raises OverBudget unless `order` fits today's budgets; locks them and the server until the transaction ends."""
    if order.most_usd > 0:
        await lock_budgets(database, session)
    await add_server(database, session, request.guild_id)
    await _hold(session, request.guild_id)
    await check(session, request, order)


async def put(
    database: Database, session: AsyncSession, request: GameRequest, order: Order | None, game_id: str | None = None
) -> str:
    """Stores a game as queued under its server's next number, its money reserved; returns its id. Raises BadInput."""
    if request.seed not in _INT64:
        raise SeedTooLarge
    game_id = game_id or secrets.token_hex(8)
    await add_server(database, session, request.guild_id)
    # The UPDATE locks the server's row until the transaction ends, so that the next game counts on from here; a
    # rolled-back game gives its number back.
    number = await session.scalar(
        update(ServerRow)
        .where(col(ServerRow.guild_id) == request.guild_id)
        .values(last_number=col(ServerRow.last_number) + 1)
        .returning(col(ServerRow.last_number))
    )
    await session.execute(insert(GameRow).values(number=number, **_values(game_id, request)))
    if order is not None:
        await reserve(session, game_id, request, order)
    return game_id


async def guild_of(session: AsyncSession, game_id: str, *, even_erased: bool = False) -> int:
    """The server of a game; locks its row, so that it is not erased before the transaction ends. Raises NotFound."""
    query = select(col(GameRow.guild_id)).where(col(GameRow.id) == game_id)
    if not even_erased:
        query = query.where(~col(GameRow.erased)).with_for_update(read=True)
    guild_id = await session.scalar(query)
    if guild_id is None:
        raise NoGame(game_id)
    return guild_id


async def add_server(database: Database, session: AsyncSession, guild_id: int) -> None:
    """Makes sure that a server has its row."""
    await session.execute(database.insert(ServerRow).values(guild_id=guild_id).on_conflict_do_nothing())


async def _hold(session: AsyncSession, guild_id: int) -> None:
    await session.execute(select(col(ServerRow.guild_id)).where(col(ServerRow.guild_id) == guild_id).with_for_update())


async def _one(session: AsyncSession, game_id: str) -> Game:
    game = await in_session(session, lambda connection: game_reader.one(connection, game_id))
    if game is None:
        raise NoGame(game_id)
    return game


def _seen() -> tuple[ColumnElement[bool], ...]:
    """The conditions for a game that is not sealed."""
    return ~sealed(), ~col(GameRow.erased)


def newest_first(row: Any, states: Collection[Any]) -> ColumnElement[Any]:
    """The order of a server's games or battles in these states, the newest first.

    The index by state and number has the order for one state. For several a database might walk by number through all
    that has ended, to find the few that have not; the sum keeps it from that.
    """
    number = col(row.number)
    return (number + 0 if len(states) > 1 else number).desc()


def _names(states: Collection[GameState]) -> list[str]:
    return [state.value for state in states]


def _count(guild_id: int | None, states: Collection[GameState]) -> Select[int]:
    query = select(func.count()).select_from(GameRow).where(col(GameRow.state).in_(_names(states)))
    return query if guild_id is None else query.where(col(GameRow.guild_id) == guild_id)


def _values(game_id: str, request: GameRequest) -> dict[str, Any]:
    return {
        "id": game_id,
        "guild_id": request.guild_id,
        "state": GameState.QUEUED.value,
        "prompt": request.prompt.text,
        "level": request.prompt.level,
        "slug": request.prompt.slug,
        "t2i": request.pair.t2i,
        "i2t": request.pair.i2t,
        "turns": request.turns,
        "seed": request.seed,
        "channel_id": request.channel_id,
        "starter_id": request.starter_id,
        "nsfw": request.nsfw,
        "design": request.design,
        "sealed": request.sealed,
        "human_step": None if request.human_step is None else str(request.human_step),
        "mixed": request.human_step is not None or request.design == "party",
        "runs": 0,
        "created_at": now(),
    }
