"""Budgets: the daily caps, how much of them is taken, and what games cost beside their steps.

A game reserves the most it can cost on the UTC day it is asked for, in the transaction that stores it. All it spends
counts on that day: a game that plays on after midnight, or was paused, spends what it reserved. Payments without a
game are in expenses.py and count on the same budgets.
"""

from typing import Any, Literal

from sqlalchemy import func, select

from telephone.domain.budgets import Allowance, Caps
from telephone.domain.refusals import CapTooHigh, Purpose
from telephone.store.database import Database
from telephone.store.games import add_server, guild_of
from telephone.store.reservations import (
    Order,
    Scope,
    book_in,
    caps_of,
    check_money,
    daily_budgets,
    dollars,
    games_today,
    lock_budgets,
    micros,
    money_cap,
    taken_today,
)
from telephone.store.tables.columns import now
from telephone.store.tables.games import CapRow, ChargeRow, ReservationRow


class Budgets:
    """Daily budgets and charges. The reservation of a game is a part of Games.add."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def allowances(self, guild_id: int, caps: Caps) -> dict[Scope, Allowance]:
        """The daily caps of a server and of each of its members; for the server also what is taken today."""
        async with self._database.reading() as session:
            own = await caps_of(session, guild_id)
            server, member = own.get("server"), own.get("member")
            taken = {budget.whose: budget.taken for budget in await daily_budgets(session, guild_id, 0, caps)}
            return {
                "server": Allowance(
                    dollars(money_cap(server, caps.server_usd, caps)),
                    dollars(taken.get("server", 0)),
                    server.games if server else None,
                    await games_today(session, guild_id),
                ),
                "member": Allowance(
                    dollars(money_cap(member, caps.member_usd, caps)), games=member.games if member else None
                ),
            }

    async def change(
        self, guild_id: int, scope: Scope, caps: Caps, *, usd: float | None = None, games: int | None = None
    ) -> None:
        """Sets those daily caps of a server or its members that are not None. Raises BadInput above the operator's."""
        if usd is not None and usd > caps.operator_usd:
            raise CapTooHigh(caps.operator_usd)
        changes: dict[str, Any] = {} if usd is None else {"micros": micros(usd)}
        if games is not None:
            changes["games"] = games
        if not changes:
            return
        async with self._database.writing() as session:
            await add_server(self._database, session, guild_id)
            row = self._database.insert(CapRow).values(guild_id=guild_id, scope=scope, **changes)
            await session.execute(row.on_conflict_do_update(index_elements=["guild_id", "scope"], set_=changes))

    async def charge(
        self,
        game_id: str,
        what: str,
        why: Literal["scoring", "unused"],
        usd: float,
        *,
        doubled: bool = False,
    ) -> None:
        """Books a payment beside the kept steps; once, however often this is called with the same `what`.

        Raises NotFound.
        """
        async with self._database.writing() as session:
            values = {
                "game_id": game_id,
                "what": what,
                "guild_id": await guild_of(session, game_id, even_erased=True),
                "why": why,
            }
            values |= {"cost_usd": usd, "doubled": doubled, "booked_at": now()}
            await session.execute(self._database.insert(ChargeRow).values(values).on_conflict_do_nothing())
            await book_in(session, game_id)

    async def doubt(self, game_id: str, what: str, usd: float) -> None:
        """Books what a call may have cost of which nobody knows whether it was made; once a `what`. Raises NotFound."""
        async with self._database.writing() as session:
            guild_id = await guild_of(session, game_id, even_erased=True)
            values = {"game_id": game_id, "what": what, "guild_id": guild_id, "why": "unused", "cost_usd": 0.0}
            values |= {"doubled": False, "doubted_usd": usd, "booked_at": now()}
            await session.execute(self._database.insert(ChargeRow).values(values).on_conflict_do_nothing())
            await book_in(session, game_id)

    async def cover(self, game_id: str, rest_usd: float, caps: Caps) -> None:
        """Reserves as much for a game as it has spent and `rest_usd` more, on today's budgets, if it has less.

        Raises OverBudget where that does not fit the day, and changes nothing then.
        """
        async with self._database.writing() as session:
            await lock_budgets(self._database, session)
            await book_in(session, game_id)
            row = await session.get(ReservationRow, game_id, with_for_update=True)
            if row is None or (needed := row.spent + micros(rest_usd)) <= row.reserved:
                return
            today = now().date()
            counted = max(row.reserved, row.spent) if row.day == today else 0  # which a day's budget has on it already
            order = Order(dollars(needed - counted), caps)
            await check_money(session, row.guild_id, row.member_id, order, Purpose.GAME)
            row.reserved, row.day = needed, today
            session.add(row)

    async def settle(self, game_id: str) -> None:
        """Releases the unspent part of a game's reservation. Safe at any time after its end, any number of times."""
        async with self._database.writing() as session:
            await book_in(session, game_id, settle=True)

    async def today(self, caps: Caps, servers: int = 5) -> dict[int | None, Allowance]:
        """What is taken today of the operator's cap, under None, and by the `servers` servers that take the most."""
        takings = taken_today()
        taken = func.sum(takings.c.taken)
        guild_id = takings.c.guild_id
        by_server = select(guild_id, taken).group_by(guild_id).order_by(taken.desc(), guild_id)
        async with self._database.reading() as session:
            rows = [(guild_id, int(amount)) for guild_id, amount in await session.execute(by_server)]
            found: dict[int | None, Allowance] = {
                None: Allowance(caps.operator_usd, dollars(sum(amount for _, amount in rows)))
            }
            for guild_id, amount in [row for row in rows if row[0]][:servers]:
                cap = money_cap((await caps_of(session, guild_id)).get("server"), caps.server_usd, caps)
                found[guild_id] = Allowance(dollars(cap), dollars(amount), None, await games_today(session, guild_id))
        return found
