"""Admins' decisions about voters whose votes were flagged."""

from collections.abc import Hashable, Mapping

from sqlalchemy import delete, func, select
from sqlmodel import col

from telephone.domain.battles import Decision
from telephone.store.database import Database
from telephone.store.games import add_server
from telephone.store.tables.battles import ConductRow
from telephone.store.tables.columns import now


class Conduct:
    """The queries of decisions: one for each voter of a server, which can be changed and withdrawn."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def decide(self, guild_id: int, member_id: int, decision: Decision | None, by: int) -> None:
        """Stores a decision in place of an earlier one; None withdraws it."""
        mine = [col(ConductRow.guild_id) == guild_id, col(ConductRow.member_id) == member_id]
        async with self._database.writing() as session:
            await add_server(self._database, session, guild_id)
            if decision is None:
                await session.execute(delete(ConductRow).where(*mine))
                return
            made = {"decision": decision.value, "decided_by": by, "decided_at": now()}
            row = self._database.insert(ConductRow).values(guild_id=guild_id, member_id=member_id, **made)
            await session.execute(row.on_conflict_do_update(index_elements=["guild_id", "member_id"], set_=made))

    async def of(self, guild_id: int) -> Mapping[int, Decision]:
        """Every decision of a server, by voter."""
        query = select(col(ConductRow.member_id), col(ConductRow.decision)).where(col(ConductRow.guild_id) == guild_id)
        async with self._database.reading() as session:
            return {member: Decision(decision) for member, decision in await session.execute(query)}

    async def marker(self, guild_id: int) -> Hashable:
        """A value that changes when a decision of the server does."""
        query = select(func.count(), func.max(col(ConductRow.decided_at))).where(col(ConductRow.guild_id) == guild_id)
        async with self._database.reading() as session:
            return tuple((await session.execute(query)).one())
