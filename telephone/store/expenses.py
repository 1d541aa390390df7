"""Expenses: what is paid without a game, such as measuring old games anew, on the same daily budgets.

Reserved at the start, counted up with every payment, settled at the end. One that a crash left unsettled holds all
that it reserved for the rest of its UTC day, since nobody can say how much of it was spent.
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
from telephone.store.reservations import Order, check_money, dollars, line_up, micros
from telephone.store.tables.columns import now
from telephone.store.tables.games import ExpenseRow


@dataclass(frozen=True, slots=True)
class Expense:
    """One expense in US dollars: the most it may come to, and what was paid so far."""

    id: str
    what: str
    reserved_usd: float
    spent_usd: float
    settled: bool


class Expenses:
    """Money without a game."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self, expense_id: str, what: str, order: Order, *, guild_id: int = NO_GUILD, member_id: int = 0
    ) -> Expense:
        """Books the most something can cost on today's budgets, once: a repeated call finds what is booked.

        Server 0 stands for the operator alone; without a member it is the whole server's. What costs nothing is
        never refused. Raises OverBudget.
        """
        async with self._database.writing() as session:
            return await book_expense(
                self._database, session, expense_id, what, order, guild_id=guild_id, member_id=member_id
            )

    async def spend(self, expense_id: str, usd: float) -> None:
        """Adds one payment, of a settled expense too; to be called once for each. Raises NotFound."""
        async with self._database.writing() as session:
            await _change(session, expense_id, {"spent": col(ExpenseRow.spent) + micros(usd)})

    async def settle(self, expense_id: str) -> None:
        """Lets go of what was not spent; any number of times. Raises NotFound."""
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
        """An expense for the length of a block, settled at its end, however that comes about. Raises OverBudget.

        Inside, `spend` books each payment as soon as it is made, and at its most where nobody says what it was.
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
    """Reserves inside the transaction that stores what the money is for. Raises OverBudget."""
    await line_up(database, session)
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
    """Settles inside the transaction that ends what the money was for. Raises NotFound."""
    await _change(session, expense_id, {"settled_at": func.coalesce(col(ExpenseRow.settled_at), now())})


async def _change(session: AsyncSession, expense_id: str, values: dict[str, Any]) -> None:
    statement = update(ExpenseRow).where(col(ExpenseRow.id) == expense_id).values(values)
    if await session.scalar(statement.returning(col(ExpenseRow.id))) is None:
        raise NoExpense


def _expense(row: ExpenseRow) -> Expense:
    return Expense(row.id, row.what, dollars(row.reserved), dollars(row.spent), row.settled_at is not None)
