"""Reports: members' reports of single steps, and moderators' decisions about them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, String, and_, cast, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.games import Kind, StepKey
from telephone.domain.refusals import ReportDecided, ReportOpen
from telephone.errors import BadInput
from telephone.store.database import Database
from telephone.store.games import guild_of
from telephone.store.tables.columns import now
from telephone.store.tables.games import DISMISSED, OPEN, UPHELD, PostRow, ReportRow

STALE_FOR: Final = timedelta(days=365)
"""How long a message is updated to match its reports; after that its channel is taken to be gone."""
NEW_FOR: Final = timedelta(days=1)
"""How long a report or a decision counts as new: its message is then updated more often."""
_STANDING: Final = (OPEN, UPHELD)
"""The states of a report that hides its step."""
_BATCH: Final = 500
"""Games in one query; the databases bound the parameters of one."""


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
        """Posted steps whose message does not match its reports of the last year, of one game or of all.

        Asked for all again and again, so it reads steps with a report that stands, and hidden messages, and no others.
        """
        of_game = [] if game_id is None else [_of_game(game_id)]
        shown = select(col(ReportRow.game_id), col(PostRow.what)).join(PostRow, _posted()).distinct()
        shown = shown.where(col(ReportRow.state).in_(_STANDING), ~col(PostRow.hidden), *of_game)
        stands = select(col(ReportRow.state)).where(_posted(), col(ReportRow.state).in_(_STANDING)).correlate(PostRow)
        hidden = select(col(PostRow.game_id), col(PostRow.what)).where(col(PostRow.hidden), ~stands.exists())
        if game_id is not None:
            hidden = hidden.where(col(PostRow.game_id) == game_id)
        async with self._database.reading() as session:
            wrong = {(owner, what) for query in (shown, hidden) for owner, what in await session.execute(query)}
            return await _stale(session, wrong) if wrong else []

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


def _posted() -> ColumnElement[bool]:
    """Whether a message was posted and shows the step of a report."""
    what = cast(col(ReportRow.turn), String) + col(ReportRow.kind)
    return and_(
        col(PostRow.game_id) == col(ReportRow.game_id), col(PostRow.what) == what, col(PostRow.message_id).is_not(None)
    )


async def _stale(session: AsyncSession, wrong: Collection[tuple[str, str]]) -> list[Stale]:
    """The steps among `wrong`, by game and message, with a report that was opened or decided in the last year."""
    version = func.count() + func.count(col(ReportRow.settled_at))
    latest = func.max(func.coalesce(col(ReportRow.settled_at), col(ReportRow.reported_at)))
    step = (col(ReportRow.game_id), col(ReportRow.turn), col(ReportRow.kind))
    query = select(*step, version, latest > now() - NEW_FOR).group_by(*step).having(latest > now() - STALE_FOR)
    found, games = [], sorted({game_id for game_id, _ in wrong})
    for start in range(0, len(games), _BATCH):
        some = col(ReportRow.game_id).in_(games[start : start + _BATCH])
        for game_id, turn, kind, number, new in await session.execute(query.where(some)):
            key = StepKey(turn, Kind(kind))
            if (game_id, str(key)) in wrong:
                found.append(Stale(game_id, key, number, bool(new)))
    return found
