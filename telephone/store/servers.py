"""Servers: what admins have set, and the two pauses: a server's own and the operator's."""

from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.game import ServerSettings
from telephone.refusals import PausedEverywhere, PausedHere
from telephone.store.database import Database
from telephone.store.tables import OperatorRow, ServerRow

_SETTABLE: Final = frozenset(field.name for field in fields(ServerSettings)) - {"guild_id"}


class Servers:
    """Settings by server; the defaults of ServerSettings hold for whatever was never set."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self, guild_id: int) -> ServerSettings:
        """What holds on a server."""
        async with self._database.reading() as session:
            return await _settings(session, guild_id)

    async def change(self, guild_id: int, **changes: Any) -> ServerSettings:
        """Sets some of ServerSettings' fields; None goes back to the default. Raises TypeError for other names."""
        unknown = sorted(set(changes) - _SETTABLE)
        if unknown:
            raise TypeError(f"ServerSettings has no {', '.join(unknown)} to change")
        if changes.get("paused", False) is None:
            changes["paused"] = False
        async with self._database.writing() as session:
            insert = self._database.insert(ServerRow).values(guild_id=guild_id, **changes)
            await session.execute(
                insert.on_conflict_do_update(index_elements=["guild_id"], set_=changes)
                if changes
                else insert.on_conflict_do_nothing()
            )
            return await _settings(session, guild_id)

    async def paused(self, guild_id: int) -> bool:
        """Whether games rest on a server, by its own admins' word or the operator's."""
        mine = select(col(ServerRow.guild_id)).where(col(ServerRow.guild_id) == guild_id, col(ServerRow.paused))
        everywhere = select(col(OperatorRow.id)).where(col(OperatorRow.paused))
        async with self._database.reading() as session:
            return bool(await session.scalar(select(mine.exists() | everywhere.exists())))

    async def check_open(self, guild_id: int) -> None:
        """Raises NotAllowed while nothing may be played or spent here, or anywhere."""
        if await self.paused_everywhere():
            raise PausedEverywhere
        if await self.paused(guild_id):
            raise PausedHere

    async def pause_everywhere(self, paused: bool) -> None:
        """The operator's switch for every server at once."""
        insert = self._database.insert(OperatorRow).values(id=1, paused=paused)
        async with self._database.writing() as session:
            await session.execute(insert.on_conflict_do_update(index_elements=["id"], set_={"paused": paused}))

    async def paused_everywhere(self) -> bool:
        """Whether the operator has paused every server."""
        async with self._database.reading() as session:
            return bool(await session.scalar(select(col(OperatorRow.paused))))


async def _settings(session: AsyncSession, guild_id: int) -> ServerSettings:
    row = await session.get(ServerRow, guild_id)
    if row is None:
        return ServerSettings(guild_id)
    stored = {name: getattr(row, name) for name in _SETTABLE if getattr(row, name) is not None}
    return ServerSettings(**asdict(ServerSettings(guild_id)) | stored)
