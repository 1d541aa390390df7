"""Reserving and booking money, inside the transaction that stores what the money is for.

Sums are whole millionths of a dollar, rounded up, so that the rounding of binary fractions never exceeds a cap.
"""

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Subquery,
    bindparam,
    case,
    cast,
    false,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.budgets import Caps
from telephone.domain.games import NO_GUILD, GameRequest
from telephone.domain.refusals import NoGamesLeft, NoMoneyLeft, Purpose
from telephone.store.database import Database, in_session, insert_into
from telephone.store.tables.columns import UtcMoment, now
from telephone.store.tables.games import CapRow, ChargeRow, ExpenseRow, GameRow, OperatorRow, ReservationRow, StepRow

Scope = Literal["server", "member"]
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """The most that a game, a battle of `games` games, or an expense can cost in US dollars, and the daily caps."""

    most_usd: float
    caps: Caps
    games: int = 1


@dataclass(frozen=True, slots=True)
class DailyBudget:
    """One daily budget in millionths of a dollar: its cap, and what is spent or reserved of it."""

    whose: Literal["operator", "server", "member"]
    cap: int
    taken: int

    @property
    def left(self) -> int:
        return max(0, self.cap - self.taken)


def micros(usd: float) -> int:
    """Millionths of a dollar, rounded up."""
    return math.ceil(round(usd * _MILLION, 3))


def dollars(amount: int) -> float:
    return amount / _MILLION


def midnight_after(moment: datetime) -> datetime:
    """The next 00:00 UTC after a moment, when the daily budgets are refilled."""
    return datetime.combine(moment.date() + timedelta(days=1), time(), moment.tzinfo)


async def lock_budgets(database: Database, session: AsyncSession) -> None:
    """Locks the budgets until the transaction ends, so that no two reservations count the same money."""
    row = database.insert(OperatorRow).values(id=1, paused=False)
    await session.execute(row.on_conflict_do_nothing())
    await session.execute(select(col(OperatorRow.id)).with_for_update())


async def check(session: AsyncSession, request: GameRequest, order: Order) -> None:
    """Raises OverBudget where a game, or a battle's games together, does not fit the daily caps.

    The caller holds the lock on the server's row and, for a game that costs money, that of `lock_budgets`. In the
    terminal, where the operator plays, only the operator's own cap counts.
    """
    await _check_number(session, request, order, await caps_of(session, request.guild_id))
    purpose = Purpose.GAME if order.games == 1 else Purpose.BATTLE
    await check_money(session, request.guild_id, request.starter_id, order, purpose)


async def check_money(session: AsyncSession, guild_id: int, member_id: int, order: Order, purpose: Purpose) -> None:
    """Raises OverBudget where `order` does not fit the day. The caller holds `lock_budgets` if it costs money."""
    most = micros(order.most_usd)
    if most == 0:
        return
    tightest = min(await daily_budgets(session, guild_id, member_id, order.caps), key=lambda budget: budget.left)
    if most > tightest.left:
        refills_in, cap, left = midnight_after(now()) - now(), tightest.cap, tightest.left
        raise NoMoneyLeft(purpose, tightest.whose, most=most, cap=cap, left=left, refills_in=refills_in)


async def daily_budgets(session: AsyncSession, guild_id: int, member_id: int, caps: Caps) -> list[DailyBudget]:
    """Today's budgets that a game or an expense of this member has to fit: the operator's, the server's, the member's.

    A member's money is counted over all servers, so that it does not grow with their number. Member 0 is
    nobody: an expense of a whole server has no member's budget to fit.
    """
    takings = taken_today()
    here = case((takings.c.guild_id == guild_id, takings.c.taken), else_=0)
    mine = case((takings.c.member_id == member_id, takings.c.taken), else_=0)
    taken = (await session.execute(select(_sum(takings.c.taken), _sum(here), _sum(mine)))).one()
    everything, by_server, by_member = (int(amount) for amount in taken)
    operator = DailyBudget("operator", micros(caps.operator_usd), everything)
    if guild_id == NO_GUILD:
        return [operator]
    own = await caps_of(session, guild_id)
    server = DailyBudget("server", money_cap(own.get("server"), caps.server_usd, caps), by_server)
    member = DailyBudget("member", money_cap(own.get("member"), caps.member_usd, caps), by_member)
    return [operator, server, member] if member_id else [operator, server]


def money_cap(own: CapRow | None, default_usd: float, caps: Caps) -> int:
    """The cap that applies, in millionths of a dollar: the admin's or the default, at most the operator's."""
    wanted = micros(default_usd) if own is None or own.micros is None else own.micros
    return min(wanted, micros(caps.operator_usd))


async def caps_of(session: AsyncSession, guild_id: int) -> dict[str, CapRow]:
    """The daily caps that admins of a server have set, by scope."""
    rows = await session.scalars(select(CapRow).where(col(CapRow.guild_id) == guild_id))
    return {row.scope: row for row in rows}


async def games_today(session: AsyncSession, guild_id: int, member_id: int | None = None) -> int:
    """How many games were asked for on a server since 00:00 UTC, by all or by one member."""
    query = select(func.count()).select_from(GameRow).where(col(GameRow.guild_id) == guild_id)
    query = query.where(col(GameRow.created_at) >= midnight_after(now()) - timedelta(days=1))
    if member_id is not None:
        query = query.where(col(GameRow.starter_id) == member_id)
    return int(await session.scalar(query) or 0)


async def reserve(session: AsyncSession, game_id: str, request: GameRequest, order: Order) -> None:
    """Books the most a stored game can cost on today's budgets; a free game reserves nothing."""
    if (most := micros(order.most_usd)) > 0:
        session.add(
            ReservationRow(
                game_id=game_id,
                guild_id=request.guild_id,
                member_id=request.starter_id,
                day=now().date(),
                reserved=most,
                spent=0,
            )
        )
        await session.flush()


async def book_in(session: AsyncSession, game_id: str, *, settle: bool = False) -> None:
    """`book` inside a session's transaction."""
    await in_session(session, lambda connection: book(connection, game_id, settle=settle))


def book(connection: Connection, game_id: str, *, settle: bool = False) -> None:
    """Brings what a game has spent up to date with its rows, and with `settle` releases its reservation.

    Call it last in a transaction: it waits for the transactions that booked before, and then sees what they booked. A
    game without a reservation, which was expected to be free, gets one as soon as it costs something.
    """
    if connection.dialect.name != "sqlite":  # where the transaction has the only write lock already
        connection.execute(_LOCK, {"game_id": game_id})
    booking, values = (_SETTLE if settle else _BOOK), {"this": game_id, "new_at": now()}
    if connection.execute(booking, values).rowcount == 0 and connection.execute(_IS_PAID, values).scalar():
        _add_reservation(connection, game_id)
        connection.execute(booking, values)


def taken_today() -> Subquery:
    """The games and expenses on today's budgets, one row each: guild_id, member_id, taken (millionths of a dollar)."""
    games, expenses = (
        select(col(row.guild_id), col(row.member_id), _held(row).label("taken")).where(col(row.day) == now().date())
        for row in (ReservationRow, ExpenseRow)
    )
    return games.union_all(expenses).subquery()


def _held(row: type[ReservationRow] | type[ExpenseRow]) -> ColumnElement[int]:
    """What a row takes of its day's budget: `reserved` until it is settled, or `spent` where that is more."""
    settled, spent = col(row.settled_at).is_not(None), col(row.spent)
    return case((settled | (spent > col(row.reserved)), spent), else_=col(row.reserved))


def _sum(column: ColumnElement[int]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(column), 0)


def _twice(cost: Any, doubled: Any) -> ColumnElement[float]:
    return case((doubled, 2 * cost), else_=cost)


_TOLD: Final = 2
"""The calls for a kept step that its cost and `maybe_billed_twice` tell of."""
_TIMES: Final = func.coalesce(col(StepRow.asked_times), 1)
_STAKE: Final = func.coalesce(col(StepRow.at_stake_usd), 0.0)
_MORE: Final = case((_TIMES > _TOLD, (_TIMES - _TOLD) * _STAKE), else_=0.0)
_IS_KEPT: Final = col(StepRow.kept_at).is_not(None)


def _billed() -> ColumnElement[float]:
    """What a step may have been billed for: its cost, or what is at stake; and each call that may have got through."""
    kept = _twice(col(StepRow.cost_usd), func.coalesce(col(StepRow.maybe_billed_twice), false())) + _MORE
    return case((_IS_KEPT, kept), else_=_TIMES * _STAKE)


def in_doubt() -> ColumnElement[float]:
    """What the calls for a game's steps may have cost of which nobody knows whether they got through.

    Of a step that is not kept, the call that is under way is none of these, as long as the game has not ended.
    """
    under_way = case((col(GameRow.ended_at).is_(None), 1), else_=0)
    doubted = case((_IS_KEPT, _MORE), else_=(_TIMES - under_way) * _STAKE)
    summed = select(func.sum(doubted)).where(col(StepRow.game_id) == col(GameRow.id)).correlate(GameRow)
    return func.coalesce(summed.scalar_subquery(), 0.0)


_COST: Final = func.coalesce(
    select(func.sum(_billed())).where(col(StepRow.game_id) == bindparam("this")).scalar_subquery(),
    0.0,
) + func.coalesce(
    select(
        func.sum(
            _twice(col(ChargeRow.cost_usd), col(ChargeRow.doubled)) + func.coalesce(col(ChargeRow.doubted_usd), 0.0)
        )
    )
    .where(col(ChargeRow.game_id) == bindparam("this"))
    .scalar_subquery(),
    0.0,
)
"""All that a game may have been billed for, in US dollars; a call that may be billed twice counts twice."""
_SPENT: Final = (cast(func.round(_COST * (1_000 * _MILLION)), BigInteger) + 999) // 1_000
"""That in millionths of a dollar, as `micros` rounds them."""
_LOCK: Final = (
    select(col(ReservationRow.game_id)).where(col(ReservationRow.game_id) == bindparam("game_id")).with_for_update()
)
_BOOK: Final = update(ReservationRow).where(col(ReservationRow.game_id) == bindparam("this")).values(spent=_SPENT)
_SETTLE: Final = _BOOK.values(
    settled_at=func.coalesce(col(ReservationRow.settled_at), bindparam("new_at", type_=UtcMoment))
)
_IS_PAID: Final = select(_COST > 0)


def spent_by(connection: Connection, game_id: str) -> int:
    """What a game's rows say that it has cost, in millionths of a dollar: what `book` would book."""
    return int(connection.execute(select(_SPENT), {"this": game_id}).scalar_one())


def covers(connection: Connection, game_id: str, usd: float) -> bool:
    """Whether what is reserved for a game, and not spent, covers so much more.

    It always does where that costs nothing, and where nothing was reserved, since the game was expected to be free.
    """
    left = connection.execute(_LEFT, {"this": game_id}).scalar()
    return usd <= 0 or left is None or left >= micros(usd)


_LEFT: Final = select(col(ReservationRow.reserved) - col(ReservationRow.spent)).where(
    col(ReservationRow.game_id) == bindparam("this")
)


def _add_reservation(connection: Connection, game_id: str) -> None:
    query = select(col(GameRow.guild_id), col(GameRow.starter_id), col(GameRow.created_at))
    guild_id, member_id, created_at = connection.execute(query.where(col(GameRow.id) == game_id)).one()
    row = {"game_id": game_id, "guild_id": guild_id, "member_id": member_id, "day": created_at.date()}
    row |= {"reserved": 0, "spent": 0}
    connection.execute(insert_into(connection.dialect.name, ReservationRow).on_conflict_do_nothing(), row)


async def _check_number(session: AsyncSession, request: GameRequest, order: Order, caps: dict[str, CapRow]) -> None:
    whose: tuple[tuple[Scope, int | None], ...] = (("server", None), ("member", request.starter_id))
    for scope, member_id in whose:
        most = caps[scope].games if scope in caps else None
        if most is None:
            continue
        left = max(0, most - await games_today(session, request.guild_id, member_id))
        if left < order.games:
            raise NoGamesLeft(scope, most, left, order.games)
