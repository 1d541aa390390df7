"""Members' own settings on a server. A member without any has no row."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.store.database import Database
from telephone.store.games import add_server
from telephone.store.tables.members import MemberRow


class Wishes(NamedTuple):
    """What a member wishes: to be shown by name, and to be reminded of a turn they took."""

    by_name: bool = False
    reminders: bool = False


class Members:
    """Wishes by server and member."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wishes(self, guild_id: int, member_id: int) -> Wishes:
        """The wishes of a member on a server; both False if they never set any."""
        async with self._database.reading() as session:
            return await _wishes(session, guild_id, member_id)

    async def change(
        self, guild_id: int, member_id: int, *, by_name: bool | None = None, reminders: bool | None = None
    ) -> Wishes:
        """Sets the wishes that are not None; returns all of them."""
        mine = [col(MemberRow.guild_id) == guild_id, col(MemberRow.member_id) == member_id]
        async with self._database.writing() as session:
            await add_server(self._database, session, guild_id)
            before = await _wishes(session, guild_id, member_id)
            wishes = Wishes(
                before.by_name if by_name is None else by_name, before.reminders if reminders is None else reminders
            )
            if not any(wishes):
                await session.execute(delete(MemberRow).where(*mine))
                return wishes
            values = wishes._asdict()
            row = self._database.insert(MemberRow).values(guild_id=guild_id, member_id=member_id, **values)
            await session.execute(row.on_conflict_do_update(index_elements=["guild_id", "member_id"], set_=values))
            return wishes

    async def wants_reminders(self, guild_id: int, member_id: int) -> bool:
        """Whether a member asked to be reminded of turns on a server."""
        return (await self.wishes(guild_id, member_id)).reminders

    async def by_name(self, guild_id: int, members: Collection[int]) -> frozenset[int]:
        """Those of these members who want to be named on a server; the others are shown as "a member"."""
        query = select(col(MemberRow.member_id)).where(col(MemberRow.guild_id) == guild_id, col(MemberRow.by_name))
        async with self._database.reading() as session:
            return frozenset(await session.scalars(query.where(col(MemberRow.member_id).in_(list(members)))))


async def _wishes(session: AsyncSession, guild_id: int, member_id: int) -> Wishes:
    row = await session.get(MemberRow, (guild_id, member_id))
    return Wishes() if row is None else Wishes(row.by_name, row.reminders)
