"""Faults: rows of the store that do not agree with each other. The store's own rules keep them out; people do not."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, literal, select, update
from sqlmodel import col

from telephone.domain.battles import BattleState
from telephone.domain.faults import Fault, FaultKind
from telephone.domain.games import GameState
from telephone.store.database import Database
from telephone.store.packed_votes import PACKED
from telephone.store.reservations import book, dollars, spent_by
from telephone.store.tables.battles import BattlePostRow, BattleRow, PollRow, SideRow, VoteRow
from telephone.store.tables.columns import now
from telephone.store.tables.games import ExpenseRow, GameRow, ImageRow, PostRow, PromptRow, ReservationRow, StepRow
from telephone.store.tables.guesses import GuessRow
from telephone.store.tables.parties import GuestRow, PartyPostRow, PartyRow
from telephone.store.tables.rescores import RescoreRow

_ENDED: Final = tuple(state.value for state in GameState if state.is_final)
_STEP: Final = re.compile("[0-9]+[pc]")
"""The name of a post that shows a step."""
_SIDES: Final = 2
"""How many sides a battle has at least."""
_MOMENTS: Final[tuple[tuple[Any, str, str, str], ...]] = (
    (GameRow, "starter_id", "created_at", "a game"),
    (BattleRow, "starter_id", "created_at", "a battle"),
    (VoteRow, "member_id", "cast_at", "a vote"),
    (PromptRow, "author_id", "proposed_at", "a prompt"),
    (GuessRow, "member_id", "guessed_at", "a guess"),
    (GuestRow, "member_id", "joined_at", "a place at a party"),
)
"""Where a member's id lies beside the moment at which it came there, and what such a row is."""


class Faults:
    """The queries for what does not agree, and the mending of what can be counted again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def found(self) -> list[Fault]:
        """Every fault among the rows of the store."""

        def look(connection: Connection) -> list[Fault]:
            return [fault for query in _QUERIES for fault in query(connection)]

        return await self._database.read(look)

    async def mend(self, faults: list[Fault]) -> int:
        """Counts money and polls again, from the rows that they are counted from; returns how many were."""

        def work(connection: Connection) -> int:
            mended = [_MENDS[fault.kind](connection, fault.what) for fault in faults if fault.kind in _MENDS]
            return len(mended)

        return await self._database.change(work)

    async def back_since(self, ordered: Mapping[int, datetime]) -> list[Fault]:
        """What is stored of members from before they ordered its deletion, by the moment of each order that ended."""

        def look(connection: Connection) -> list[Fault]:
            found = []
            for member_id, moment in ordered.items():
                for row, column, at, words in _MOMENTS:
                    query = select(func.count()).where(getattr(row, column) == member_id, getattr(row, at) < moment)
                    if rows := connection.execute(query.select_from(row)).scalar_one():
                        how = f"{words} from before they had it deleted" + (f" ({rows} of them)" if rows > 1 else "")
                        found.append(Fault(FaultKind.MEMBER_BACK, f"member {member_id}", how))
            return found

        return await self._database.read(look)

    async def pictures(self) -> dict[str, list[str]]:
        """The steps that show each picture, by sha256; none for a picture of which only the facts are stored."""

        def look(connection: Connection) -> dict[str, list[str]]:
            found: dict[str, list[str]] = {
                sha256: [] for sha256 in connection.execute(select(col(ImageRow.hash))).scalars()
            }
            query = select(col(StepRow.image), col(StepRow.game_id), col(StepRow.turn), col(StepRow.kind))
            for sha256, game_id, turn, kind in connection.execute(query.where(col(StepRow.image).is_not(None))):
                found.setdefault(str(sha256), []).append(f"step {turn}{kind} of game {game_id}")
            return found

        return await self._database.read(look)

    async def owners(self) -> set[str]:
        """The ids of all games, battles, parties and jobs."""

        def look(connection: Connection) -> set[str]:
            rows = (GameRow, BattleRow, PartyRow, RescoreRow)
            return {one for row in rows for one in connection.execute(select(col(row.id))).scalars()}

        return await self._database.read(look)


def _money(connection: Connection) -> Iterator[Fault]:
    query = select(ReservationRow.__table__, col(GameRow.state), col(GameRow.ended_at))  # type: ignore[attr-defined]
    query = query.join(GameRow, col(GameRow.id) == col(ReservationRow.game_id))
    for row in connection.execute(query).all():
        if (spent := spent_by(connection, row.game_id)) != row.spent:
            how = f"${dollars(row.spent):.6f} is booked, its steps cost ${dollars(spent):.6f}"
            yield Fault(FaultKind.MONEY_DIFFERS, f"game {row.game_id}", how)
        if row.state in _ENDED and row.settled_at is None:
            yield Fault(
                FaultKind.MONEY_HELD, f"game {row.game_id}", f"it ended, and ${dollars(row.reserved):.6f} is held"
            )


def _expenses(connection: Connection) -> Iterator[Fault]:
    job = select(literal(1)).where(col(RescoreRow.id) == col(ExpenseRow.id)).correlate(ExpenseRow)
    stray = and_(col(ExpenseRow.what).startswith("rescore"), ~job.exists(), col(ExpenseRow.settled_at).is_(None))
    for expense_id, reserved in connection.execute(select(col(ExpenseRow.id), col(ExpenseRow.reserved)).where(stray)):
        yield Fault(
            FaultKind.MONEY_LOST, f"expense {expense_id}", f"its job is gone, and ${dollars(reserved):.6f} is held"
        )
    paid = select(literal(1)).where(col(ExpenseRow.id) == col(RescoreRow.id)).correlate(RescoreRow)
    going = col(RescoreRow.state).in_(("queued", "running"))
    for job_id in connection.execute(select(col(RescoreRow.id)).where(going, ~paid.exists())).scalars():
        yield Fault(FaultKind.MONEY_UNBOOKED, f"rescore {job_id}", "nothing is booked for it")


def _posts(connection: Connection) -> Iterator[Fault]:
    rows: tuple[tuple[Any, str, str], ...] = (
        (PostRow, "game_id", "game"),
        (BattlePostRow, "battle_id", "battle"),
        (PartyPostRow, "party_id", "party"),
    )
    for row, owner, words in rows:
        # In a forum a card is the first message of its thread and has its id.
        told = and_(row.message_id.is_not(None), row.what.not_in(("thread", "card", "ballot", "verdict")))
        twice = select(row.message_id).where(told).group_by(row.message_id).having(func.count() > 1)
        query = select(getattr(row, owner), row.what, row.message_id).where(told, row.message_id.in_(twice))
        for owner_id, what, message_id in connection.execute(query.order_by(row.message_id, row.began_at)):
            yield Fault(FaultKind.POST_TWICE, f"{what} of {words} {owner_id}", f"message {message_id} is another's too")
    yield from _of_no_step(connection)


def _of_no_step(connection: Connection) -> Iterator[Fault]:
    query = select(col(StepRow.game_id), col(StepRow.turn), col(StepRow.kind)).where(col(StepRow.kept_at).is_not(None))
    kept = {(game_id, f"{turn}{kind}") for game_id, turn, kind in connection.execute(query)}
    posts = select(col(PostRow.game_id), col(PostRow.what)).where(col(PostRow.message_id).is_not(None))
    for game_id, what in connection.execute(posts):
        if _STEP.fullmatch(what) and (game_id, what) not in kept:
            yield Fault(FaultKind.POST_EMPTY, f"{what} of game {game_id}", "nothing is stored of the step it shows")


def _battles(connection: Connection) -> Iterator[Fault]:
    sides = (
        select(func.count()).where(col(SideRow.battle_id) == col(BattleRow.id)).correlate(BattleRow).scalar_subquery()
    )
    counted = select(col(BattleRow.id), sides).where(
        col(BattleRow.state) != BattleState.VOID.value, ~col(BattleRow.erased), sides < _SIDES
    )
    for battle_id, there in connection.execute(counted):
        yield Fault(FaultKind.BATTLE_SIDES, f"battle {battle_id}", f"it has {there} of at least {_SIDES} sides")


def _polls(connection: Connection) -> Iterator[Fault]:
    votes = select(func.count()).where(col(VoteRow.battle_id) == col(PollRow.battle_id)).correlate(PollRow)
    query = select(col(PollRow.battle_id), func.length(col(PollRow.votes)), votes.scalar_subquery())
    for battle_id, size, counted in connection.execute(query):
        if size // PACKED.itemsize > counted:
            how = f"its poll has {size // PACKED.itemsize} votes, {counted} are stored"
            yield Fault(FaultKind.POLL_DIFFERS, f"battle {battle_id}", how)


_QUERIES: Final = (_money, _expenses, _posts, _battles, _polls)


def _settle(connection: Connection, what: str) -> None:
    book(connection, what.removeprefix("game "), settle=True)


def _rebook(connection: Connection, what: str) -> None:
    book(connection, what.removeprefix("game "))


def _settle_expense(connection: Connection, what: str) -> None:
    mine = col(ExpenseRow.id) == what.removeprefix("expense ")
    connection.execute(update(ExpenseRow).where(mine).values(settled_at=now()))


def _unpack(connection: Connection, what: str) -> None:
    connection.execute(delete(PollRow).where(col(PollRow.battle_id) == what.removeprefix("battle ")))


_MENDS: Final[Mapping[FaultKind, Callable[[Connection, str], None]]] = {
    FaultKind.MONEY_DIFFERS: _rebook,
    FaultKind.MONEY_HELD: _settle,
    FaultKind.MONEY_LOST: _settle_expense,
    FaultKind.POLL_DIFFERS: _unpack,
}
