"""Expenses: payments without a game, such as measuring old games again, on the same daily budgets.

An expense is reserved at the start, adds up its payments, and is settled at the end. An expense that a crash left
unsettled keeps its whole reservation for the rest of its UTC day, since nobody can say how much of it was spent.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.games import NO_GUILD
from telephone.domain.refusals import NoExpense, Purpose
from telephone.store.database import Database
from telephone.store.games import add_server
from telephone.store.reservations import Order, check_money, dollars, lock_budgets, micros
from telephone.store.tables.columns import now
from telephone.store.tables.games import ExpenseRow


@dataclass(frozen=True, slots=True)
class Expense:
    """One expense in US dollars: the most it can cost, and the payments so far."""

    id: str
    what: str
    reserved_usd: float
    spent_usd: float
    settled: bool


class Expenses:
    """The queries of expenses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self, expense_id: str, what: str, order: Order, *, guild_id: int = NO_GUILD, member_id: int = 0
    ) -> Expense:
        """Reserves the most that something can cost on today's budgets, once: a repeated call finds the reservation.

        Server 0 is the operator; without a member, the expense is the whole server's. A free expense is never refused.
        Raises OverBudget.
        """
        async with self._database.writing() as session:
            return await book_expense(
                self._database, session, expense_id, what, order, guild_id=guild_id, member_id=member_id
            )

    async def spend(self, expense_id: str, usd: float) -> None:
        """Adds one payment, also to a settled expense. Call it once for each payment. Raises NotFound."""
        async with self._database.writing() as session:
            await _change(session, expense_id, {"spent": col(ExpenseRow.spent) + micros(usd)})

    async def settle(self, expense_id: str) -> None:
        """Releases the unspent part of the reservation. May be repeated. Raises NotFound."""
        async with self._database.writing() as session:
            await settle_expense(session, expense_id)

    async def get(self, expense_id: str) -> Expense | None:
        """The expense of this id, None where nobody reserved it."""
        async with self._database.reading() as session:
            row = await session.get(ExpenseRow, expense_id)
            return None if row is None else _expense(row)

    @asynccontextmanager
    async def paying(
        self, what: str, order: Order, *, guild_id: int = NO_GUILD, member_id: int = 0
    ) -> AsyncIterator[Expense]:
        """An expense for the length of a block, settled when the block ends or raises. Raises OverBudget.

        Inside, call `spend` as soon as a payment is made, with the highest price where the actual one is not known.
        """
        expense = await self.reserve(secrets.token_hex(8), what, order, guild_id=guild_id, member_id=member_id)
        try:
            yield expense
        finally:
            await self.settle(expense.id)


async def book_expense(
    database: Database,
    session: AsyncSession,
    expense_id: str,
    what: str,
    order: Order,
    *,
    guild_id: int,
    member_id: int,
) -> Expense:
    """Reserves an expense inside the transaction that stores what the money is for. Raises OverBudget."""
    await lock_budgets(database, session)
    if (known := await session.get(ExpenseRow, expense_id)) is not None:
        return _expense(known)
    await check_money(session, guild_id, member_id, order, Purpose.EXPENSE)
    await add_server(database, session, guild_id)
    row = ExpenseRow(
        id=expense_id,
        guild_id=guild_id,
        member_id=member_id,
        day=now().date(),
        what=what,
        reserved=micros(order.most_usd),
        spent=0,
    )
    session.add(row)
    await session.flush()
    return _expense(row)


async def settle_expense(session: AsyncSession, expense_id: str) -> None:
    """Settles an expense inside the transaction that ends what the money was for. Raises NotFound."""
    await _change(session, expense_id, {"settled_at": func.coalesce(col(ExpenseRow.settled_at), now())})


async def _change(session: AsyncSession, expense_id: str, values: dict[str, Any]) -> None:
    statement = update(ExpenseRow).where(col(ExpenseRow.id) == expense_id).values(values)
    if await session.scalar(statement.returning(col(ExpenseRow.id))) is None:
        raise NoExpense


def _expense(row: ExpenseRow) -> Expense:
    return Expense(row.id, row.what, dollars(row.reserved), dollars(row.spent), row.settled_at is not None)
