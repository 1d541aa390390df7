"""Posts: every message of a game, battle or party. Stored as begun before it is sent, as done when its id is known."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.messages import GameMessageKind
from telephone.store.battles import guild_of_battle
from telephone.store.database import Database
from telephone.store.game_posts import StoredPost, begin_post, finish_post
from telephone.store.games import guild_of
from telephone.store.parties import guild_of_party
from telephone.store.tables.battles import BattlePostRow
from telephone.store.tables.columns import now
from telephone.store.tables.games import PostRow
from telephone.store.tables.parties import PartyPostRow


class Messages:
    """The queries of the messages in one table: of games, battles or parties."""

    def __init__(
        self,
        database: Database,
        row: type[PostRow] | type[BattlePostRow] | type[PartyPostRow],
        owner: str,
        guild: Callable[[AsyncSession, str], Awaitable[int]],
    ) -> None:
        self._database, self._row, self._owner, self._guild = database, row, owner, guild

    async def begin(self, owner_id: str, what: str) -> StoredPost:
        """Stores that a message is about to be posted, unless it is stored; returns what is stored. Raises NotFound."""
        async with self._database.writing() as session:
            began = await session.scalar(
                self._database.insert(self._row)
                .values(await self._values(session, owner_id, what))
                .on_conflict_do_nothing()
                .returning(col(self._row.began_at))
            )
            if began is not None:
                return StoredPost(began, None, again=False)
            row: Any = (await session.scalars(select(self._row).where(*self._is(owner_id, what)))).one()
            return StoredPost(row.began_at, row.message_id, again=True)

    async def find(self, owner_id: str, what: str) -> int | None:
        """The id of a message that was posted, None where it was not."""
        query = select(col(self._row.message_id)).where(*self._is(owner_id, what))
        async with self._database.reading() as session:
            return await session.scalar(query)

    async def done(self, owner_id: str, what: str, message_id: int) -> None:
        """Stores the message's id. Raises NotFound."""
        async with self._database.writing() as session:
            values = await self._values(session, owner_id, what) | {"message_id": message_id}
            await session.execute(
                self._database.insert(self._row)
                .values(values)
                .on_conflict_do_update(index_elements=[self._owner, "what"], set_={"message_id": message_id})
            )

    async def forget(self, owner_id: str, *whats: str) -> None:
        """Forgets deleted messages, in one transaction, so that they can be posted again."""
        async with self._database.writing() as session:
            await session.execute(delete(self._row).where(*self._is(owner_id, *whats)))

    async def owner_of_thread(self, thread_id: int) -> str | None:
        """The id of the game, battle or party that has a thread."""
        query = select(self._column).where(
            col(self._row.message_id) == thread_id, col(self._row.what) == GameMessageKind.THREAD.value
        )
        async with self._database.reading() as session:
            return await session.scalar(query)

    async def at(self, guild_id: int, message_id: int) -> tuple[str, str] | None:
        """The owner's id and the `what` of a message on a server; None for a message that is not stored."""
        query = select(self._column, col(self._row.what)).where(
            col(self._row.message_id) == message_id, col(self._row.guild_id) == guild_id
        )
        async with self._database.reading() as session:
            found = (await session.execute(query)).first()
            return None if found is None else (found[0], found[1])

    @property
    def _column(self) -> Any:
        return col(getattr(self._row, self._owner))

    def _is(self, owner_id: str, *whats: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return self._column == owner_id, col(self._row.what).in_(whats)

    async def _values(self, session: AsyncSession, owner_id: str, what: str) -> dict[str, Any]:
        guild_id = await self._guild(session, owner_id)
        return {self._owner: owner_id, "guild_id": guild_id, "what": what, "began_at": now()}


class Posts(Messages):
    """The messages of games. `what` is the string of a GameMessage."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, PostRow, "game_id", guild_of)

    async def begin(self, owner_id: str, what: str) -> StoredPost:
        """Stores that a message is about to be posted, unless it is stored; returns what is stored. Raises NotFound."""
        return await self._database.change(lambda connection: begin_post(connection, owner_id, what))

    async def done(self, owner_id: str, what: str, message_id: int) -> None:
        """Stores the message's id. Raises NotFound."""
        await self._database.change(lambda connection: finish_post(connection, owner_id, what, message_id))
        self._database.changes.tell(owner_id)

    async def hide(self, game_id: str, what: str, hidden: bool) -> None:
        """Stores whether the message of a step shows a neutral sentence instead of the step."""
        statement = update(PostRow).where(col(PostRow.game_id) == game_id, col(PostRow.what) == what)
        async with self._database.writing() as session:
            await session.execute(statement.values(hidden=hidden))


class PartyPosts(Messages):
    """The messages of parties. `what` is the string of a PartyMessage."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, PartyPostRow, "party_id", guild_of_party)


class BattlePosts(Messages):
    """The messages of battles. `what` is the string of a BattleMessage."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, BattlePostRow, "battle_id", guild_of_battle)
