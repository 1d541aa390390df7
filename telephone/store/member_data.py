"""Traces: every column that can hold a member's id, and what deleting a member does to its row.

The export of a member's data and the deletion both use this one list, so that neither can miss a table; a test
compares it with the tables.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.games import HUMAN
from telephone.domain.human_turns import SeatState
from telephone.store.database import Database
from telephone.store.tables.battles import BattleRow, ConductRow, VoteRow
from telephone.store.tables.games import (
    DistanceRow,
    ExpenseRow,
    GameRow,
    PromptRow,
    ReportRow,
    ReservationRow,
    Row,
    StepRow,
)
from telephone.store.tables.guesses import GuessRow
from telephone.store.tables.human_turns import SeatRow, SightRow
from telephone.store.tables.interactions import AcknowledgedRow
from telephone.store.tables.members import ErasureRow, MemberRow
from telephone.store.tables.parties import GuestRow, PartyRow
from telephone.store.tables.rescores import RescoreRow
from telephone.store.visibility import sealed


class Fate(Enum):
    """What deleting a member does to a row: it is deleted, or stays without the member's id. The deletion order itself
    loses the id when all else is done."""

    GOES = "goes"
    NOBODYS = "nobody's"
    LAST = "last"


class Trace(NamedTuple):
    """A column that holds a member's id. `section` is what the member's file calls the rows that hold theirs."""

    row: type[Row]
    column: str
    section: str
    fate: Fate


TRACES: Final = (
    Trace(MemberRow, "member_id", "wishes", Fate.GOES),
    Trace(GameRow, "starter_id", "games", Fate.NOBODYS),
    Trace(ReservationRow, "member_id", "reservations", Fate.NOBODYS),
    Trace(ExpenseRow, "member_id", "expenses", Fate.NOBODYS),
    Trace(SeatRow, "claimer_id", "turns_taken", Fate.NOBODYS),
    Trace(SeatRow, "invited_id", "turns_offered", Fate.NOBODYS),
    Trace(SightRow, "member_id", "turns_seen", Fate.GOES),
    Trace(GuessRow, "member_id", "guesses", Fate.GOES),
    Trace(PromptRow, "author_id", "prompts", Fate.GOES),
    Trace(BattleRow, "starter_id", "battles", Fate.NOBODYS),
    Trace(VoteRow, "member_id", "votes", Fate.GOES),
    Trace(PartyRow, "starter_id", "parties", Fate.NOBODYS),
    Trace(GuestRow, "member_id", "parties_joined", Fate.NOBODYS),
    Trace(ReportRow, "reporter_id", "reports", Fate.NOBODYS),
    Trace(ReportRow, "settled_by", "reports_settled", Fate.NOBODYS),
    Trace(ConductRow, "member_id", "decisions_about_votes", Fate.GOES),
    Trace(ConductRow, "decided_by", "decisions_made", Fate.NOBODYS),
    Trace(RescoreRow, "asked_by", "rescores", Fate.NOBODYS),
    Trace(AcknowledgedRow, "member_id", "unanswered", Fate.GOES),
    Trace(ErasureRow, "member_id", "deletions", Fate.LAST),
)
"""All columns that hold a member's id. A poll holds packed ids too: it is deleted when one of its votes is."""
ANSWERS: Final = "answers"
"""The section of a member's file with the pictures they drew and the captions they wrote, in anybody's game."""
OF_GAMES: Final[Mapping[str, type[StepRow] | type[DistanceRow]]] = {"steps": StepRow, "distances": DistanceRow}
"""The tables with steps and distances of the games that a member started, by section of the member's file."""
_UNCOUNTED: Final = frozenset({"unanswered"})
"""Sections of what is about to go by itself: the command that counts them is one of them."""
_SECRETS: Final = frozenset({"claim_id", "claim_token", "token"})
"""Columns that grant access while they are valid, and hold no personal data."""
_BATCH: Final = 500

Found = dict[str, list[dict[str, Any]]]
"""Rows by section, as JSON holds them: moments in ISO 8601, ids of Discord as strings, since readers round numbers."""


class Traces:
    """Reads all that is stored of one member, on every server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, member_id: int) -> Found:
        """Every row that holds a member's id, and the steps and distances of their games that are no longer sealed.

        Contains no other member's id.
        """
        found: Found = {}
        async with self._database.reading() as session:
            for trace in TRACES:
                rows = await session.scalars(_mine(trace, member_id))
                found[trace.section] = [_plain(row, member_id) for row in rows]
            found[ANSWERS] = [_plain(row, member_id) for row in await session.scalars(answers_of(member_id))]
            shut = await session.scalars(select(col(GameRow.id)).where(col(GameRow.starter_id) == member_id, sealed()))
            games = sorted({game["id"] for game in found["games"]} - set(shut))
            for section, row in OF_GAMES.items():
                found[section] = [_plain(one, member_id) for one in await _of_games(session, row, games)]
        return found

    async def members(self) -> set[int]:
        """The ids of all members of whom anything is stored, on any server."""
        found: set[int] = set()
        async with self._database.reading() as session:
            for trace in TRACES:
                found.update(await session.scalars(select(_column(trace)).where(_column(trace) > 0).distinct()))
        return found

    async def counts(self, member_id: int) -> dict[str, int]:
        """How many rows hold a member, by section, but for those that go by themselves within minutes."""
        async with self._database.reading() as session:
            return await count_traces(session, member_id)


async def count_traces(session: AsyncSession, member_id: int) -> dict[str, int]:
    """How many rows hold a member, by section, but for those that go by themselves within minutes."""
    found = {}
    for trace in (one for one in TRACES if one.section not in _UNCOUNTED):
        query = select(func.count()).select_from(trace.row).where(_column(trace) == member_id)
        found[trace.section] = int(await session.scalar(query) or 0)
    return found


def _column(trace: Trace) -> Any:
    return col(getattr(trace.row, trace.column))


def _mine(trace: Trace, member_id: int) -> Select[Any]:
    keys = [getattr(trace.row, column.name) for column in trace.row.__table__.primary_key]  # type: ignore[attr-defined]
    return select(trace.row).where(_column(trace) == member_id).order_by(*keys)


async def _of_games(session: AsyncSession, row: type[StepRow] | type[DistanceRow], games: list[str]) -> list[Row]:
    found: list[Row] = []
    for start in range(0, len(games), _BATCH):
        query = select(row).where(col(row.game_id).in_(games[start : start + _BATCH]))
        if row is StepRow:
            query = query.where(col(StepRow.player) != HUMAN)
        found += await session.scalars(query.order_by(col(row.game_id), col(row.turn)))
    return found


def _plain(row: Row, member_id: int) -> dict[str, Any]:
    """A row as JSON holds it, without other members' ids."""
    members = {trace.column for trace in TRACES if isinstance(row, trace.row)}
    values: dict[str, Any] = {}
    for column in row.__table__.columns:  # type: ignore[attr-defined]
        value = getattr(row, column.name)
        if column.name in _SECRETS or (column.name in members and value != member_id):
            continue
        is_id = isinstance(column.type, BigInteger) and (column.name in members or column.name.endswith("id"))
        values[column.name] = str(value) if is_id and value is not None else _value(value)
    return values


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def answers_of(member_id: int) -> Select[StepRow]:
    """The steps that a member took."""
    same = (getattr(SeatRow, name) == getattr(StepRow, name) for name in ("game_id", "turn", "kind"))
    query = select(StepRow).join(SeatRow, and_(*same))
    mine = (col(SeatRow.claimer_id) == member_id, col(SeatRow.state) == SeatState.ANSWERED.value)
    return query.where(*mine).order_by(col(StepRow.game_id), col(StepRow.turn), col(StepRow.kind))
