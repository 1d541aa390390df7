"""Reports: members' reports of single steps, and moderators' decisions about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, String, and_, cast, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from telephone.domain.games import Kind, StepKey
from telephone.domain.refusals import ReportDecided, ReportOpen
from telephone.errors import BadInput
from telephone.store.database import Database
from telephone.store.games import guild_of
from telephone.store.tables.columns import now
from telephone.store.tables.games import DISMISSED, OPEN, UPHELD, PostRow, ReportRow, StepRow
from telephone.store.visibility import hidden

STALE_FOR: Final = timedelta(days=365)
"""How long a message is updated to match its reports; after that its channel is taken to be gone."""
NEW_FOR: Final = timedelta(days=1)
"""How long a report or a decision counts as new: its message is then updated more often."""


@dataclass(frozen=True, slots=True)
class Report:
    """One member's report of one step."""

    game_id: str
    key: StepKey
    reporter_id: int
    reason: str
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class Stale:
    """A step whose message shows it although it is hidden, or hides it although it is not. `version` grows."""

    game_id: str
    key: StepKey
    version: int
    is_new: bool = True


class Reports:
    """Open reports hide a step; a moderator dismisses them, or upholds all of a game's and voids it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, game_id: str, key: StepKey, reporter_id: int, reason: str) -> None:
        """Opens a report. Raises BadInput where the member has one open in this game, or had one of this step."""
        try:
            async with self._database.writing() as session:
                session.add(
                    ReportRow(
                        game_id=game_id,
                        turn=key.turn,
                        kind=key.kind.value,
                        reporter_id=reporter_id,
                        guild_id=await guild_of(session, game_id),
                        reason=reason,
                        state=OPEN,
                        reported_at=now(),
                    )
                )
        except IntegrityError:
            raise await self._refusal(game_id, reporter_id) from None

    async def open_on(self, guild_id: int) -> list[Report]:
        """The open reports of a server, oldest first."""
        query = select(ReportRow).where(col(ReportRow.guild_id) == guild_id, col(ReportRow.state) == OPEN)
        async with self._database.reading() as session:
            rows = await session.scalars(query.order_by(col(ReportRow.reported_at), col(ReportRow.turn)))
            return [Report(r.game_id, _key(r), r.reporter_id, r.reason, r.reported_at) for r in rows]

    async def dismiss(self, game_id: str, key: StepKey, by: int) -> int:
        """Dismisses the open reports of a step, which shows it again; returns how many."""
        return await self._settle(and_(_of_game(game_id), _of_step(key)), DISMISSED, by)

    async def uphold(self, game_id: str, by: int) -> int:
        """Upholds every open report of a game; returns how many."""
        return await self._settle(_of_game(game_id), UPHELD, by)

    async def stale(self, game_id: str | None = None) -> list[Stale]:
        """Posted steps whose message does not match its reports of the last year, of one game or of all."""
        what = cast(col(StepRow.turn), String) + col(StepRow.kind)
        version = func.count() + func.count(col(ReportRow.settled_at))
        latest = func.max(func.coalesce(col(ReportRow.settled_at), col(ReportRow.reported_at)))
        query = (
            select(col(StepRow.game_id), col(StepRow.turn), col(StepRow.kind), version, latest > now() - NEW_FOR)
            .join(ReportRow, _same_step())
            .join(PostRow, and_(col(PostRow.game_id) == col(StepRow.game_id), col(PostRow.what) == what))
            .where(col(PostRow.message_id).is_not(None), col(PostRow.hidden) != hidden())
            .group_by(col(StepRow.game_id), col(StepRow.turn), col(StepRow.kind))
            .having(latest > now() - STALE_FOR)
        )
        if game_id is not None:
            query = query.where(col(StepRow.game_id) == game_id)
        async with self._database.reading() as session:
            rows = await session.execute(query)
            return [Stale(game, StepKey(turn, Kind(kind)), n, bool(new)) for game, turn, kind, n, new in rows]

    async def _settle(self, which: ColumnElement[bool], state: str, by: int) -> int:
        statement = (
            update(ReportRow)
            .where(which, col(ReportRow.state) == OPEN)
            .values(state=state, settled_at=now(), settled_by=by)
            .returning(col(ReportRow.turn))
        )
        async with self._database.writing() as session:
            return len((await session.scalars(statement)).all())

    async def _refusal(self, game_id: str, reporter_id: int) -> BadInput:
        query = select(col(ReportRow.turn)).where(
            _of_game(game_id), col(ReportRow.reporter_id) == reporter_id, col(ReportRow.state) == OPEN
        )
        async with self._database.reading() as session:
            open_already = (await session.execute(query)).first() is not None
        return ReportOpen() if open_already else ReportDecided()


def _key(row: ReportRow) -> StepKey:
    return StepKey(row.turn, Kind(row.kind))


def _of_game(game_id: str) -> ColumnElement[bool]:
    return col(ReportRow.game_id) == game_id


def _of_step(key: StepKey) -> ColumnElement[bool]:
    return and_(col(ReportRow.turn) == key.turn, col(ReportRow.kind) == key.kind.value)


def _same_step() -> ColumnElement[bool]:
    return and_(
        col(ReportRow.game_id) == col(StepRow.game_id),
        col(ReportRow.turn) == col(StepRow.turn),
        col(ReportRow.kind) == col(StepRow.kind),
    )
