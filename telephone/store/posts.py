"""Posts: every message the bot posts for a game, begun before it is sent and done when its id is known."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import col

from telephone.store.columns import now
from telephone.store.database import Database
from telephone.store.games import guild_of
from telephone.store.tables import PostRow


@dataclass(frozen=True, slots=True)
class Post:
    """A message of a game. `again` says that an earlier attempt began, so that it may be there already."""

    began_at: datetime
    message_id: int | None
    again: bool


class Posts:
    """What was posted where. `what` is card, thread, opening, a step as in 3p, or summary."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, game_id: str, what: str) -> Post:
        """Stores that a message is about to be posted, unless it is, and says what is stored. Raises NotFound."""
        async with self._database.writing() as session:
            began = await session.scalar(
                self._database.insert(PostRow)
                .values(game_id=game_id, guild_id=await guild_of(session, game_id), what=what, began_at=now())
                .on_conflict_do_nothing()
                .returning(col(PostRow.began_at))
            )
            if began is not None:
                return Post(began, None, again=False)
            row = (
                await session.scalars(select(PostRow).where(col(PostRow.game_id) == game_id, col(PostRow.what) == what))
            ).one()
            return Post(row.began_at, row.message_id, again=True)

    async def done(self, game_id: str, what: str, message_id: int) -> None:
        """Stores the message's id. Raises NotFound."""
        async with self._database.writing() as session:
            guild_id = await guild_of(session, game_id)
            await session.execute(
                self._database.insert(PostRow)
                .values(game_id=game_id, guild_id=guild_id, what=what, message_id=message_id, began_at=now())
                .on_conflict_do_update(index_elements=["game_id", "what"], set_={"message_id": message_id})
            )

    async def forget(self, game_id: str, *whats: str) -> None:
        """Forgets messages that are gone, all or none of them: they may be posted anew."""
        async with self._database.writing() as session:
            await session.execute(delete(PostRow).where(col(PostRow.game_id) == game_id, col(PostRow.what).in_(whats)))

    async def hide(self, game_id: str, what: str, hidden: bool) -> None:
        """Stores what the message of a step shows now: a neutral sentence, or the step."""
        statement = update(PostRow).where(col(PostRow.game_id) == game_id, col(PostRow.what) == what)
        async with self._database.writing() as session:
            await session.execute(statement.values(hidden=hidden))

    async def step_at(self, guild_id: int, message_id: int) -> tuple[str, str] | None:
        """Which game's message this is on a server, and what it shows; None for a message of somebody else."""
        query = select(col(PostRow.game_id), col(PostRow.what)).where(
            col(PostRow.message_id) == message_id, col(PostRow.guild_id) == guild_id
        )
        async with self._database.reading() as session:
            found = (await session.execute(query)).first()
            return None if found is None else (found[0], found[1])

    async def game_of_thread(self, thread_id: int) -> str | None:
        """The id of the game that is played in a thread."""
        query = select(col(PostRow.game_id)).where(col(PostRow.message_id) == thread_id, col(PostRow.what) == "thread")
        async with self._database.reading() as session:
            return await session.scalar(query)
