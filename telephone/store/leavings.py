"""Leavings: servers that removed the bot, and the deletion of all that is stored of one."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update
from sqlmodel import col

from telephone.store.database import Database
from telephone.store.tables.columns import now
from telephone.store.tables.games import GameRow, ImageRow, PromptRow, ServerRow, StepRow
from telephone.store.tables.parties import GuestRow

_BATCH: Final = 500
"""Values in one query; the databases bound the parameters of one."""


class Leavings:
    """The queries of servers that removed the bot. The terminal's own games, of server 0, never leave."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def left(self, guild_id: int) -> None:
        """Stores that a server has removed the bot, now or as it was stored before."""
        here = (col(ServerRow.guild_id) == guild_id, col(ServerRow.guild_id) > 0, col(ServerRow.left_at).is_(None))
        await self._change(update(ServerRow).where(*here).values(left_at=now()))

    async def back(self, guild_ids: Collection[int]) -> None:
        """Stores that the bot is on these servers: what is kept of them stays."""
        wanted = sorted(guild_ids)
        for start in range(0, len(wanted), _BATCH):
            some = col(ServerRow.guild_id).in_(wanted[start : start + _BATCH])
            await self._change(update(ServerRow).where(some, col(ServerRow.left_at).is_not(None)).values(left_at=None))

    async def present(self) -> frozenset[int]:
        """The servers of Discord that are stored and not known to have removed the bot."""
        query = select(col(ServerRow.guild_id)).where(col(ServerRow.guild_id) > 0, col(ServerRow.left_at).is_(None))
        return await self._database.ask(lambda connection: frozenset(connection.execute(query).scalars()))

    async def before(self, moment: datetime) -> dict[int, int]:
        """The servers that removed the bot before a moment, without a game since, and how many games each has."""
        newest = func.max(col(GameRow.created_at))
        query = (
            select(col(ServerRow.guild_id), func.count(col(GameRow.id)).label("games"))
            .outerjoin(GameRow, col(GameRow.guild_id) == col(ServerRow.guild_id))
            .where(col(ServerRow.left_at) < moment, col(ServerRow.guild_id) > 0)
            .group_by(col(ServerRow.guild_id), col(ServerRow.left_at))
            .having(func.coalesce(newest, col(ServerRow.left_at)) <= col(ServerRow.left_at))
        )
        return await self._database.ask(
            lambda connection: {one.guild_id: one.games for one in connection.execute(query)}
        )

    async def texts(self, guild_id: int) -> list[str]:
        """The prompts and captions of a server that are stored of no other."""

        def look(connection: Connection) -> list[str]:
            mine, others = (_texts(connection, of) for of in (_is(guild_id), _is_not(guild_id)))
            return sorted(mine - others)

        return await self._database.read(look)

    async def delete(self, guild_id: int, moment: datetime) -> list[str] | None:
        """Deletes all that is stored of a server that removed the bot before a moment.

        Returns the pictures (sha256) that nothing shows any more; None, and nothing deleted, where it is back.
        """

        def work(connection: Connection) -> list[str] | None:
            drawn = select(col(StepRow.image)).where(col(StepRow.guild_id) == guild_id, col(StepRow.image).is_not(None))
            shown = {str(sha256) for sha256 in connection.execute(drawn.distinct()).scalars()}
            gone = delete(ServerRow).where(col(ServerRow.guild_id) == guild_id, col(ServerRow.left_at) < moment)
            if connection.execute(gone).rowcount == 0:
                return None
            return sorted(_forgotten(connection, shown))

        return await self._database.change(work)

    async def _change(self, statement: Any) -> None:
        await self._database.change(lambda connection: connection.execute(statement))


def _forgotten(connection: Connection, pictures: Collection[str]) -> set[str]:
    """Those of these pictures that no step shows any more, whose facts are deleted with that."""
    gone = set(pictures)
    wanted = sorted(pictures)
    for start in range(0, len(wanted), _BATCH):
        some = wanted[start : start + _BATCH]
        gone -= set(connection.execute(select(col(StepRow.image)).where(col(StepRow.image).in_(some))).scalars())
    for one in sorted(gone):
        connection.execute(delete(ImageRow).where(col(ImageRow.hash) == one))
    return gone


def _is(guild_id: int) -> Any:
    return lambda row: col(row.guild_id) == guild_id


def _is_not(guild_id: int) -> Any:
    return lambda row: col(row.guild_id) != guild_id


def _texts(connection: Connection, of: Any) -> set[str]:
    queries = (
        select(col(GameRow.prompt)).where(of(GameRow)),
        select(col(StepRow.text)).where(of(StepRow), col(StepRow.text).is_not(None)),
        select(col(PromptRow.text)).where(of(PromptRow)),
        select(col(GuestRow.prompt)).where(of(GuestRow), col(GuestRow.prompt).is_not(None)),
    )
    return {str(text) for query in queries for text in connection.execute(query).scalars()}
