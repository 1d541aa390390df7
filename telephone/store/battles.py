"""Battles: adding them with their games, finding them, and moving them from state to state."""

import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from itertools import combinations
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Select, SQLColumnExpression, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import col

from telephone.domain.battles import Battle, BattleRequest, BattleState, Side
from telephone.domain.games import Game, GameRequest, Level, Pair, Prompt
from telephone.domain.messages import BattleMessageKind
from telephone.domain.refusals import MetAlready, NoBattle
from telephone.store import game_reader
from telephone.store.counted_distances import recount
from telephone.store.database import Database, to_the_end
from telephone.store.games import add_server, newest_first, open_order, put
from telephone.store.reservations import Order
from telephone.store.tables.battles import BattlePostRow, BattleRow, SideRow, VoteRow
from telephone.store.tables.columns import now
from telephone.store.tables.games import DistanceRow, GameRow, ServerRow

_BATCH: Final = 1_000
"""Battles whose sides are read at once; the databases bound the parameters of a query."""


class Battles:
    """The queries of battles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        request: BattleRequest,
        places: Sequence[int],
        orders: Sequence[Order] = (),
        total: Order | None = None,
        battle_id: str | None = None,
    ) -> Battle:
        """Stores a battle that plays, with a queued game for each pair: pair k is the side at `places[k]`.

        Reserves the money of all its games in the same transaction, `orders[k]` for pair k, or stores nothing. With
        `battle_id` it is stored under that id, once: a repeated call finds it.
        Raises BadInput, and OverBudget where `total` does not fit what is left of today's budgets.
        """
        async with self._database.writing() as session:
            if battle_id is not None and await session.get(BattleRow, battle_id) is not None:
                return await _one(session, battle_id)
            games = [_game(request, pair) for pair in request.pairs]
            if total is not None:
                await open_order(self._database, session, games[0], total)
            each: Sequence[Order | None] = orders or [None] * len(games)
            ids = [await put(self._database, session, game, order) for game, order in zip(games, each, strict=True)]
            by_place = dict(zip(places, ids, strict=True))
            return await _one(session, await self._put(session, request, BattleState.PLAYING, by_place, battle_id))

    async def set_against(
        self, request: BattleRequest, places: Sequence[int], games: Sequence[Game], key: str | None = None
    ) -> Battle:
        """Stores a battle between finished games, game k at `places[k]`. Raises BadInput where they have met already.

        A second vote on the same pictures would count them twice. `key` is as `battle_id` of `add`.
        """
        async with self._database.writing() as session:
            if key is not None and await session.get(BattleRow, key) is not None:
                return await _one(session, key)
            by_place = {place: game.id for place, game in zip(places, games, strict=True)}
            battle_id = await self._put(session, request, BattleState.PLAYING, by_place, key)
            met = await session.scalar(_met(battle_id, [game.id for game in games]))
            if met is not None:
                raise MetAlready([game.number for game in games], met)
            return await _one(session, battle_id)

    async def get(self, battle_id: str) -> Battle:
        """The battle of this id. Raises NotFound."""
        async with self._database.reading() as session:
            return await _one(session, battle_id)

    async def server_of(self, battle_id: str) -> int:
        """The server that a battle belongs to. Raises NotFound."""
        query = select(col(BattleRow.guild_id)).where(col(BattleRow.id) == battle_id, ~col(BattleRow.erased))
        async with self._database.reading() as session:
            guild_id = await session.scalar(query)
        if guild_id is None:
            raise NoBattle(battle_id)
        return guild_id

    async def of_game(self, game_id: str) -> list[Battle]:
        """The battles that a game is a side of, newest first; at most one of them is designed."""
        mine = select(col(SideRow.battle_id)).where(col(SideRow.game_id) == game_id)
        query = _battles().where(col(BattleRow.id).in_(mine), ~col(BattleRow.erased))
        async with self._database.reading() as session:
            return await _read(session, query.order_by(col(BattleRow.number).desc()))

    async def recent(self, guild_id: int, *, states: Collection[BattleState] = (), limit: int = 25) -> list[Battle]:
        """A server's latest battles, newest first; of all states where none is named."""
        query = _battles().where(col(BattleRow.guild_id) == guild_id, ~col(BattleRow.erased))
        if states:
            query = query.where(col(BattleRow.state).in_(_names(states)))
        query = query.order_by(newest_first(BattleRow, states)).limit(limit)
        return await self._database.view(lambda session: _view(session, query))

    async def unfinished(self) -> list[Battle]:
        """The battles of all servers that are neither closed nor void, oldest first."""
        going = [state for state in BattleState if not state.is_final]
        query = _battles().where(col(BattleRow.state).in_(_names(going)))
        async with self._database.reading() as session:
            return await _read(session, query.order_by(col(BattleRow.created_at), col(BattleRow.id)))

    async def unshown(self, after: timedelta, until: timedelta) -> list[Battle]:
        """Closed and void battles that ended between `until` and `after` ago and whose result was not posted."""
        shown = (
            select(col(BattlePostRow.battle_id))
            .where(
                col(BattlePostRow.battle_id) == col(BattleRow.id),
                col(BattlePostRow.what) == BattleMessageKind.RESULT.value,
            )
            .where(col(BattlePostRow.message_id).is_not(None))
        )
        final = [state for state in BattleState if state.is_final]
        query = _battles().where(
            col(BattleRow.state).in_(_names(final)),
            col(BattleRow.closed_at).between(now() - until, now() - after),
            ~shown.exists(),
            ~col(BattleRow.erased),
        )
        async with self._database.reading() as session:
            return await _read(session, query)

    async def met(self, guild_id: int) -> dict[tuple[frozenset[Pair], str | None], int]:
        """In how many battles of a server two pairs met on a prompt, open ones included and void ones not.

        A curated prompt counts by its slug, a free one by its words.
        """
        prompt = func.coalesce(col(BattleRow.slug), col(BattleRow.prompt))
        query = (
            select(col(BattleRow.id), prompt, col(GameRow.t2i), col(GameRow.i2t))
            .join(SideRow, col(SideRow.battle_id) == col(BattleRow.id))
            .join(GameRow, col(GameRow.id) == col(SideRow.game_id))
            .where(col(BattleRow.guild_id) == guild_id, col(BattleRow.state) != BattleState.VOID.value)
            .where(col(SideRow.dropped).is_(None))
        )
        sides: dict[tuple[str, str], set[Pair]] = defaultdict(set)
        async with self._database.reading() as session:
            for battle_id, name, t2i, i2t in await session.execute(query):
                sides[battle_id, name].add(Pair(t2i, i2t))
        met: Counter[tuple[frozenset[Pair], str | None]] = Counter()
        for (_, name), pairs in sides.items():
            met.update((frozenset(couple), name) for couple in combinations(pairs, 2))
        return met

    async def move(
        self, battle_id: str, to: BattleState, *, only_from: Collection[BattleState], reason: str | None = None
    ) -> bool:
        """Moves a battle to a state if it is in one of `only_from`; False, and nothing changed, if not.

        Voting has moves of its own: `open_voting` and `close`.
        """
        values: dict[str, Any] = {"state": to.value, "reason": reason}
        if to.is_final:
            values["closed_at"] = now()
        statement = (
            update(BattleRow)
            .where(col(BattleRow.id) == battle_id, col(BattleRow.state).in_(_names(only_from)))
            .values(values)
            .returning(col(BattleRow.id))
        )
        async with self._database.writing() as session:
            moved = await session.scalar(statement) is not None
            if moved and to.is_final:
                await recount(session, _distances_of(battle_id))
            return moved

    async def open_voting(self, battle_id: str) -> bool:
        """Opens the voting for `vote_seconds` of the battle; False if its state is not playing."""
        async with self._database.writing() as session:
            mine = select(BattleRow).where(col(BattleRow.id) == battle_id).with_for_update()
            row = (await session.scalars(mine)).one_or_none()
            if row is None or row.state != BattleState.PLAYING.value:
                return False
            moment = now()
            row.state, row.reason, row.opened_at = BattleState.VOTING.value, None, moment
            row.closes_at = moment + timedelta(seconds=row.vote_seconds)
            return True

    async def close(self, battle_id: str, *, early: bool = False) -> bool:
        """Ends the voting if its time is over or, with `early`, because a host ends it; False if nothing changed.

        Votes whose transaction is under way are counted first; later ones are refused.
        """
        moment = now()
        which = [col(BattleRow.id) == battle_id, col(BattleRow.state) == BattleState.VOTING.value]
        if not early:
            which.append(col(BattleRow.closes_at) <= moment)
        statement = update(BattleRow).where(*which).values(state=BattleState.CLOSED.value, closed_at=moment)
        async with self._database.writing() as session:
            closed = await session.scalar(statement.returning(col(BattleRow.id))) is not None
            if closed:
                await recount(session, _distances_of(battle_id))
            return closed

    async def drop(self, battle_id: str, place: int, reason: str) -> bool:
        """Takes a side out of a battle; `reason` is one sentence that says why. False if it is out already."""
        statement = (
            update(SideRow)
            .where(col(SideRow.battle_id) == battle_id, col(SideRow.place) == place, col(SideRow.dropped).is_(None))
            .values(dropped=reason)
            .returning(col(SideRow.place))
        )
        async with self._database.writing() as session:
            return await session.scalar(statement) is not None

    async def next_run(self, battle_id: str) -> int:
        """Adds one to the runs of a battle and returns their number. Raises NotFound."""
        statement = update(BattleRow).where(col(BattleRow.id) == battle_id).values(runs=col(BattleRow.runs) + 1)
        async with self._database.writing() as session:
            run: int | None = await session.scalar(statement.returning(col(BattleRow.runs)))
        if run is None:
            raise NoBattle(battle_id)
        return run

    async def _put(
        self,
        session: AsyncSession,
        request: BattleRequest,
        state: BattleState,
        games: Mapping[int, str],
        battle_id: str | None,
    ) -> str:
        """Stores a battle between stored games, by their places; returns its id, which is random for None."""
        battle_id = battle_id or secrets.token_hex(8)
        await add_server(self._database, session, request.guild_id)
        number = await session.scalar(
            update(ServerRow)
            .where(col(ServerRow.guild_id) == request.guild_id)
            .values(last_battle=col(ServerRow.last_battle) + 1)
            .returning(col(ServerRow.last_battle))
        )
        values = _values(request) | {"id": battle_id, "number": number, "state": state.value, "created_at": now()}
        await session.execute(insert(BattleRow).values(values))
        rows = [
            {"battle_id": battle_id, "guild_id": request.guild_id, "place": place, "game_id": game_id}
            for place, game_id in sorted(games.items())
        ]
        await session.execute(insert(SideRow), rows)
        return battle_id


def _met(but: str, games: Sequence[str]) -> Select[int]:
    """The number of another battle than `but` that is not void and has all of these games as sides."""
    query = select(col(BattleRow.number)).where(col(BattleRow.id) != but, col(BattleRow.state) != "void")
    for game in games:
        mine = select(col(SideRow.battle_id)).where(col(SideRow.game_id) == game, col(SideRow.dropped).is_(None))
        query = query.where(col(BattleRow.id).in_(mine))
    return query.limit(1)


async def guild_of_battle(session: AsyncSession, battle_id: str) -> int:
    """The server of a battle; locks its row, so that it is not erased before the transaction ends. Raises NotFound."""
    query = select(col(BattleRow.guild_id)).where(col(BattleRow.id) == battle_id, ~col(BattleRow.erased))
    guild_id = await session.scalar(query.with_for_update(read=True))
    if guild_id is None:
        raise NoBattle(battle_id)
    return guild_id


def _distances_of(battle_id: str) -> SQLColumnExpression[bool]:
    """The condition for the distances of a battle's games; they count as soon as the battle is no longer blind."""
    return col(DistanceRow.game_id).in_(select(col(SideRow.game_id)).where(col(SideRow.battle_id) == battle_id))


def _names(states: Collection[BattleState]) -> list[str]:
    return [state.value for state in states]


def _battles() -> Select[*tuple[Any, ...]]:
    votes = select(func.count()).where(col(VoteRow.battle_id) == col(BattleRow.id)).correlate(BattleRow)
    return select(BattleRow, votes.scalar_subquery())


async def _one(session: AsyncSession, battle_id: str) -> Battle:
    found = await _read(session, _battles().where(col(BattleRow.id) == battle_id, ~col(BattleRow.erased)))
    if not found:
        raise NoBattle(battle_id)
    return found[0]


async def _read(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> list[Battle]:
    return await to_the_end(session.run_sync(_view, query))


def _view(session: Session, query: Select[*tuple[Any, ...]]) -> list[Battle]:
    found = session.execute(query).all()
    sides: dict[str, list[Side]] = defaultdict(list)
    messages: dict[str, dict[str, int]] = defaultdict(dict)
    ids = [row[0].id for row in found]
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        rows = session.scalars(select(SideRow).where(col(SideRow.battle_id).in_(part))).all()
        played = game_reader.found(
            session.connection(), game_reader.GAMES.where(col(GameRow.id).in_([row.game_id for row in rows]))
        )
        games = {game.id: game for game in played}
        for row in sorted(rows, key=lambda row: row.place):
            sides[row.battle_id].append(Side(row.place, games[row.game_id], row.dropped))
        for post in session.scalars(select(BattlePostRow).where(col(BattlePostRow.battle_id).in_(part))):
            if post.message_id is not None:
                messages[post.battle_id][post.what] = post.message_id
    return [_battle(row, votes, tuple(sides[row.id]), messages[row.id]) for row, votes in found]


def _battle(row: BattleRow, votes: int, sides: tuple[Side, ...], messages: Mapping[str, int]) -> Battle:
    by_number = sorted(sides, key=lambda side: side.game.number)
    request = BattleRequest(
        prompt=Prompt(row.prompt, Level(row.level) if row.level else None, row.slug),
        pairs=tuple(side.game.pair for side in by_number),
        turns=row.turns,
        seed=row.seed,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        starter_id=row.starter_id,
        nsfw=row.nsfw,
        vote_seconds=row.vote_seconds,
        designed=row.designed,
    )
    return Battle(
        id=row.id,
        number=row.number,
        request=request,
        state=BattleState(row.state),
        sides=sides,
        created_at=row.created_at,
        opened_at=row.opened_at,
        closes_at=row.closes_at,
        closed_at=row.closed_at,
        reason=row.reason,
        run=row.runs,
        votes=votes,
        messages=MappingProxyType(dict(messages)),
    )


def _game(request: BattleRequest, pair: Pair) -> GameRequest:
    return GameRequest(
        prompt=request.prompt,
        pair=pair,
        turns=request.turns,
        seed=request.seed,
        guild_id=request.guild_id,
        channel_id=request.channel_id,
        starter_id=request.starter_id,
        nsfw=request.nsfw,
        design="battle",
    )


def _values(request: BattleRequest) -> dict[str, Any]:
    return {
        "guild_id": request.guild_id,
        "prompt": request.prompt.text,
        "level": request.prompt.level,
        "slug": request.prompt.slug,
        "turns": request.turns,
        "seed": request.seed,
        "channel_id": request.channel_id,
        "starter_id": request.starter_id,
        "nsfw": request.nsfw,
        "designed": request.designed,
        "vote_seconds": request.vote_seconds,
    }
