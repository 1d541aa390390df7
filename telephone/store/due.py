"""What a sweep may have to do something about, found by state and time, and nothing of what only waits."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select
from sqlmodel import col

from telephone.domain.battles import BattleState
from telephone.domain.games import GameState
from telephone.domain.human_turns import SeatState
from telephone.domain.parties import PartyState
from telephone.domain.servers import ServerSettings
from telephone.store.database import Database
from telephone.store.glances import paused
from telephone.store.tables.battles import BattlePostRow, BattleRow, SideRow, VoteRow
from telephone.store.tables.columns import now
from telephone.store.tables.games import GameRow, ServerRow
from telephone.store.tables.human_turns import SeatRow
from telephone.store.tables.parties import PartyRow


@dataclass(frozen=True, slots=True)
class Run:
    """The current run of a game, a battle or a party, and its state."""

    id: str
    run: int
    state: Any


@dataclass(frozen=True, slots=True)
class GameRun(Run):
    """A game's run. `is_opened`: its card and thread are ready, so that it only waits for a place."""

    is_side: bool = False
    is_opened: bool = False
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Voting:
    """A battle that takes votes, and what its card and its end go by: `seen` is only compared."""

    id: str
    is_over: bool
    seen: tuple[Any, ...]


class Due:
    """The queries of sweeps, each one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def played(self) -> list[GameRun]:
        """The games that are queued or play, oldest first."""
        states = (GameState.QUEUED.value, GameState.PLAYING.value)
        return await self._games(col(GameRow.state).in_(states))

    async def paused(self) -> list[GameRun]:
        """The paused games, oldest first."""
        return await self._games(col(GameRow.state) == GameState.PAUSED.value)

    async def paused_mark(self) -> tuple[Any, ...]:
        """A value that changes when other games are paused than before."""
        runs = col(GameRow.runs)
        query = select(func.count(), func.sum(runs), func.max(col(GameRow.id)), func.min(col(GameRow.id)))
        query = query.where(col(GameRow.state) == GameState.PAUSED.value)
        return await self._database.ask(lambda connection: tuple(connection.execute(query).one()))

    async def resumable(self, reasons: tuple[str, ...]) -> list[str]:
        """The games that are paused for one of these reasons, although their server is not paused any more."""
        which = and_(col(GameRow.state) == GameState.PAUSED.value, col(GameRow.reason).in_(reasons), ~paused())
        return await self._ids(select(col(GameRow.id)).where(which))

    async def turns(self) -> list[str]:
        """The waiting games, albums left out, about whose turn a reminder, a claim's end or a deadline is due."""
        moment, seat = now(), SeatRow
        open_, claimed = (col(seat.state) == state.value for state in (SeatState.OPEN, SeatState.CLAIMED))
        half_over = and_(~col(seat.half_told), col(seat.half_at) <= moment)
        claim_half_over = and_(~col(seat.claim_told), col(seat.claim_half_at) <= moment)
        claim_over = or_(col(seat.claim_expires_at) <= moment, claim_half_over)
        which = [and_(open_, half_over), and_(open_, col(seat.deadline) <= moment)]
        which += [and_(claimed, or_(claim_over, half_over))]
        query = (
            select(col(GameRow.id))
            .join(SeatRow, col(SeatRow.game_id) == col(GameRow.id))
            .where(or_(*which), col(GameRow.state) == GameState.WAITING.value)
            .where(col(GameRow.design).is_distinct_from("party"))
        )
        return await self._ids(query.distinct())

    async def reopened(self) -> list[tuple[GameRun, str]]:
        """The games that wait for a turn which somebody has taken and given back, or let lapse; and that claim's id."""
        seat, claim = SeatRow, col(SeatRow.claim_id)
        query = (
            select(col(GameRow.id), col(GameRow.runs), col(GameRow.state), claim)
            .join(SeatRow, col(SeatRow.game_id) == col(GameRow.id))
            .where(col(seat.state) == SeatState.OPEN.value, claim.is_not(None))
            .where(col(GameRow.state) == GameState.WAITING.value)
        )
        return [(GameRun(one, run, GameState(state)), ended) for one, run, state, ended in await self._rows(query)]

    async def promotable(self) -> list[int]:
        """The servers that have a place for a queued game which is ready, and are not paused."""
        taken = (
            select(func.count())
            .select_from(GameRow)
            .where(col(GameRow.guild_id) == col(ServerRow.guild_id), col(GameRow.state) == GameState.PLAYING.value)
            .correlate(ServerRow)
            .scalar_subquery()
        )
        ready = (col(GameRow.state) == GameState.QUEUED.value, col(GameRow.opened_run) == col(GameRow.runs))
        query = (
            select(col(GameRow.guild_id))
            .join(ServerRow, col(ServerRow.guild_id) == col(GameRow.guild_id))
            .where(*ready, ~paused(), taken < func.coalesce(col(ServerRow.parallel), ServerSettings.parallel.default))
        )
        return await self._ids(query.distinct())

    async def battles(self) -> list[Run]:
        """The battles that are played, oldest first."""
        which = col(BattleRow.state) == BattleState.PLAYING.value
        query = select(col(BattleRow.id), col(BattleRow.runs)).where(which).order_by(col(BattleRow.created_at))
        return [Run(battle_id, run, BattleState.PLAYING) for battle_id, run in await self._rows(query)]

    async def votings(self) -> list[Voting]:
        """The battles that take votes, oldest first."""
        mine = col(BattleRow.id)
        votes = select(func.count()).select_from(VoteRow).where(col(VoteRow.battle_id) == mine)
        posts = select(func.count()).select_from(BattlePostRow).where(col(BattlePostRow.battle_id) == mine)
        sides = select(func.count()).select_from(SideRow).join(GameRow, col(GameRow.id) == col(SideRow.game_id))
        lost = col(GameRow.state).in_((GameState.STOPPED.value, GameState.FAILED.value))
        sides = sides.where(col(SideRow.battle_id) == mine, col(SideRow.dropped).is_(None), ~lost)
        counts = (
            query.correlate(BattleRow).scalar_subquery()
            for query in (votes, posts.where(col(BattlePostRow.message_id).is_not(None)), sides)
        )
        query = select(mine, col(BattleRow.closes_at) <= now(), col(BattleRow.runs), *counts)
        query = query.where(col(BattleRow.state) == BattleState.VOTING.value).order_by(col(BattleRow.created_at))
        return [Voting(one, bool(is_over), tuple(seen)) for one, is_over, *seen in await self._rows(query)]

    async def parties(self) -> list[Run]:
        """The parties that have not ended, oldest first."""
        going = [state.value for state in PartyState if not state.is_final]
        query = select(col(PartyRow.id), col(PartyRow.runs), col(PartyRow.state)).where(col(PartyRow.state).in_(going))
        rows = await self._rows(query.order_by(col(PartyRow.created_at)))
        return [Run(party_id, run, PartyState(state)) for party_id, run, state in rows]

    async def _games(self, which: ColumnElement[bool]) -> list[GameRun]:
        side, opened = col(GameRow.design) == "battle", col(GameRow.opened_run) == col(GameRow.runs)
        columns = (col(GameRow.id), col(GameRow.runs), col(GameRow.state), side, opened, col(GameRow.voided))
        rows = await self._rows(select(*columns).where(which).order_by(col(GameRow.created_at), col(GameRow.id)))
        return [GameRun(one, run, GameState(state), *map(bool, more)) for one, run, state, *more in rows]

    async def _ids(self, query: Select[Any]) -> list[Any]:
        return [found for (found,) in await self._rows(query)]

    async def _rows(self, query: Select[*tuple[Any, ...]]) -> list[Any]:
        def rows(connection: Connection) -> list[Any]:
            return list(connection.execute(query))

        return await self._database.ask(rows)


CARDS_EVERY: Final = 300
"""How often a sweep looks at what only waits all the same, in seconds: an edit that failed is made again then."""
