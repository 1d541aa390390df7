"""Deleting one member's data from every table, inside one transaction. Other members' data and all figures stay."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.deletions import Reach
from telephone.store.counted_distances import repeated
from telephone.store.database import in_session
from telephone.store.member_data import TRACES, Fate, Trace
from telephone.store.packed_votes import unpack
from telephone.store.tables.battles import BattleRow, VoteRow
from telephone.store.tables.games import DistanceRow, GameRow, ImageRow, PromptRow, Row, StepRow
from telephone.store.tables.human_turns import SeatRow
from telephone.store.tables.parties import GuestRow

BATCH: Final = 500
"""Ids in one query; the databases bound the parameters of one."""
_EMPTY: Final[dict[str, Any]] = {"image": None, "text": None, "raw": None, "reference": None, "parameters": None}


_WITH_THEM: Final[Mapping[type[Row], dict[str, Any]]] = {
    SeatRow: {"claim_id": None, "claim_token": None},
    GuestRow: {"prompt": None, "level": None, "slug": None},
}
"""Further columns to empty in rows that stay without their member."""


async def wipe(session: AsyncSession, member_id: int, reach: Reach) -> None:
    """Empties all that `reach` names, and removes the member's id from every row that holds it."""
    await _replace_words(session, member_id, reach)
    for some in batches(reach.games):
        await session.execute(
            update(StepRow).where(col(StepRow.game_id).in_(some)).values(**_EMPTY, ticket_reference=None)
        )
        await session.execute(update(GameRow).where(col(GameRow.id).in_(some)).values(erased=True, reason=None))
    for some in batches(reach.battles):
        await session.execute(update(BattleRow).where(col(BattleRow.id).in_(some)).values(erased=True, reason=None))
    await _empty_steps(session, reach.steps)
    await _forget_pictures(session, reach.pictures)
    voted = list(await session.scalars(select(col(VoteRow.battle_id)).where(col(VoteRow.member_id) == member_id)))
    for some in batches(voted):
        await unpack(session, some)
    for trace in TRACES:
        await _take_out(session, trace, member_id)


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The values in batches of BATCH, as many as one query takes."""
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))


async def _replace_words(session: AsyncSession, member_id: int, reach: Reach) -> None:
    """Replaces every prompt in `reach` with a random placeholder, the same one for the same words on a server.

    So boards tell the same prompts apart as before. Words that somebody else also began a game with or proposed stay.
    """
    names: dict[tuple[int, str], str | None] = {}
    begun = [*reach.games, *reach.prompts]
    rows: tuple[tuple[Any, Sequence[str]], ...] = ((GameRow, begun), (BattleRow, reach.battles))
    for row, ids in rows:
        for some in batches(ids):
            for one in list(await session.scalars(select(row).where(row.id.in_(some)))):
                key = one.guild_id, one.prompt
                if key not in names:
                    names[key] = None if await _is_shared(session, member_id, *key) else _placeholder()
                if (name := names[key]) is not None:
                    one.prompt = name
    await session.flush()
    for game_id in begun:
        cell = (await in_session(session, partial(repeated, game_id=game_id)))["cell"]
        await session.execute(update(DistanceRow).where(col(DistanceRow.game_id) == game_id).values(cell=cell))


async def _is_shared(session: AsyncSession, member_id: int, guild_id: int, words: str) -> bool:
    """Whether somebody else began a game on a server with the same words, or proposed them there."""
    others = select(col(GameRow.id)).where(
        col(GameRow.guild_id) == guild_id, col(GameRow.prompt) == words, col(GameRow.starter_id).not_in([member_id, 0])
    )
    proposed = select(col(PromptRow.number)).where(
        col(PromptRow.guild_id) == guild_id,
        col(PromptRow.text) == words,
        or_(col(PromptRow.author_id) != member_id, col(PromptRow.author_id).is_(None)),
    )
    return bool(await session.scalar(select(others.exists() | proposed.exists())))


def _placeholder() -> str:
    return f"(deleted by who wrote it, {secrets.token_hex(4)})"


async def _empty_steps(session: AsyncSession, steps: Sequence[str]) -> None:
    for step in steps:
        game_id, _, key = step.partition("/")
        here = [col(StepRow.game_id) == game_id, col(StepRow.turn) == int(key[:-1]), col(StepRow.kind) == key[-1]]
        await session.execute(update(StepRow).where(*here).values(_EMPTY))


async def _forget_pictures(session: AsyncSession, pictures: Sequence[str]) -> None:
    """Forgets the pictures that no step shows any more."""
    for some in batches(pictures):
        shown = select(col(StepRow.image)).where(col(StepRow.image).in_(some))
        await session.execute(delete(ImageRow).where(col(ImageRow.hash).in_(some), col(ImageRow.hash).not_in(shown)))


async def _take_out(session: AsyncSession, trace: Trace, member_id: int) -> None:
    column = trace.row.__table__.columns[trace.column]  # type: ignore[attr-defined]
    mine = col(getattr(trace.row, trace.column)) == member_id
    if trace.fate is Fate.GOES:
        await session.execute(delete(trace.row).where(mine))
    elif trace.fate is Fate.NOBODYS:
        # A key must stay unique: take a number that is no Discord id and does not identify the member.
        nobody = -secrets.randbelow(2**62) - 1 if column.primary_key else (None if column.nullable else 0)
        values: dict[str, Any] = {trace.column: nobody}
        values |= _WITH_THEM.get(trace.row, {})
        await session.execute(update(trace.row).where(mine).values(values))
