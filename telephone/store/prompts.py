"""A server's own prompts: proposed by members or by a chat model, accepted or declined by its moderators."""

import hashlib
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import ColumnElement, Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.games import Level, Prompt, fold
from telephone.domain.refusals import MemberProposedEnough, NoPrompt, PromptKnown, ServerProposedEnough
from telephone.store.database import Database
from telephone.store.games import add_server
from telephone.store.tables.columns import now
from telephone.store.tables.games import PromptRow, ServerRow

ProposalState = Literal["waiting", "accepted", "declined", "removed"]
_LIVE: Final = ("waiting", "accepted")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many proposals may wait: of one member, and on one server."""

    member: int
    server: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A prompt of a server's own, in its current state.

    `author_id` is the member who proposed it; None for a prompt that the chat model `writer` wrote, or whose author had
    their data deleted. An accepted proposal has a level.
    """

    number: int
    text: str
    level: Level | None
    state: ProposalState
    author_id: int | None
    writer: str | None
    proposed_at: datetime

    @property
    def slug(self) -> str:
        """The prompt's slug on its server; its number is never given to another."""
        return f"#ours-{self.number:03}"

    @property
    def prompt(self) -> Prompt:
        return Prompt(self.text, self.level, self.slug)


class Prompts:
    """The queries of proposals, by server and number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def propose(
        self,
        guild_id: int,
        text: str,
        level: Level | None,
        bounds: Bounds,
        *,
        author_id: int | None = None,
        writer: str | None = None,
    ) -> Proposal:
        """Stores a proposal under the server's next number.

        Raises BadInput for words that wait or are accepted here already, OverBudget beyond the bounds.
        """
        async with self._database.writing() as session:
            await add_server(self._database, session, guild_id)
            # The UPDATE locks the server's row until the transaction ends, so that the next proposal counts on
            # from here; a rolled-back proposal gives its number back.
            number = await session.scalar(
                update(ServerRow)
                .where(col(ServerRow.guild_id) == guild_id)
                .values(last_prompt=col(ServerRow.last_prompt) + 1)
                .returning(col(ServerRow.last_prompt))
            )
            await _check_new(session, guild_id, text)
            await _check_room(session, guild_id, author_id, bounds)
            row = PromptRow(
                guild_id=guild_id,
                number=number or 0,
                text=text,
                hash=hash_of(text),
                level=level,
                state="waiting",
                author_id=author_id,
                writer=writer,
                proposed_at=now(),
            )
            session.add(row)
            await session.flush()
            return _proposal(row)

    async def get(self, guild_id: int, number: int) -> Proposal:
        """The proposal of that number. Raises NotFound."""
        async with self._database.reading() as session:
            return await _one(session, guild_id, number)

    async def of_state(self, guild_id: int, state: ProposalState) -> list[Proposal]:
        """A server's proposals in this state, oldest first."""
        query = _of(guild_id, [state]).order_by(col(PromptRow.number))
        return await self._database.view(lambda session: [_proposal(row) for row in session.scalars(query)])

    async def settle(
        self, guild_id: int, number: int, to: ProposalState, *, only_from: ProposalState, level: Level | None = None
    ) -> bool:
        """Moves a proposal to a state, with a level where one is given; False, and nothing changed, from another state.

        Raises NotFound.
        """
        here = and_(col(PromptRow.guild_id) == guild_id, col(PromptRow.number) == number)
        statement = (
            update(PromptRow)
            .where(here, col(PromptRow.state) == only_from)
            .values(state=to, settled_at=now(), level=level or col(PromptRow.level))
            .returning(col(PromptRow.number))
        )
        async with self._database.writing() as session:
            await _one(session, guild_id, number)
            return await session.scalar(statement) is not None


def hash_of(text: str) -> str:
    """A hash that ignores capitals, punctuation and white space."""
    folded = fold(text).casefold()
    kept = "".join(char if unicodedata.category(char)[0] in "LMNS" else " " for char in folded)
    return hashlib.sha256((" ".join(kept.split()) or folded).encode()).hexdigest()


def _of(guild_id: int, states: Collection[str]) -> Select[PromptRow]:
    return select(PromptRow).where(col(PromptRow.guild_id) == guild_id, col(PromptRow.state).in_(states))


async def _one(session: AsyncSession, guild_id: int, number: int) -> Proposal:
    row = await session.get(PromptRow, (guild_id, number))
    if row is None:
        raise NoPrompt(number)
    return _proposal(row)


async def _check_new(session: AsyncSession, guild_id: int, text: str) -> None:
    twin = await session.scalar(_of(guild_id, _LIVE).where(col(PromptRow.hash) == hash_of(text)))
    if twin is not None:
        raise PromptKnown(twin.state, _proposal(twin).slug)


async def _check_room(session: AsyncSession, guild_id: int, author_id: int | None, bounds: Bounds) -> None:
    async def waiting(*whose: ColumnElement[bool]) -> int:
        here = (col(PromptRow.guild_id) == guild_id, col(PromptRow.state) == "waiting")
        return int(await session.scalar(select(func.count()).select_from(PromptRow).where(*here, *whose)) or 0)

    if author_id is not None and await waiting(col(PromptRow.author_id) == author_id) >= bounds.member:
        raise MemberProposedEnough(bounds.member)
    if await waiting() >= bounds.server:
        raise ServerProposedEnough(bounds.server)


def _proposal(row: PromptRow) -> Proposal:
    return Proposal(
        number=row.number,
        text=row.text,
        level=Level(row.level) if row.level else None,
        state=row.state,  # type: ignore[arg-type]  # a check in the table holds it to these
        author_id=row.author_id,
        writer=row.writer,
        proposed_at=row.proposed_at,
    )
