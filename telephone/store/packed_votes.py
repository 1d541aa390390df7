"""Polls: the votes of each closed battle packed into one row, so that a million votes are read at once.

The votes of a closed battle change only when a member's votes are deleted or a moderator decides about them. So a poll
is packed when it is first read; code that changes votes calls `unpack`, and the next read packs them again.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

import numpy as np
from sqlalchemy import Select, SQLColumnExpression, Text, cast, delete, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.battles import BattleState, Choice
from telephone.domain.games import Pair
from telephone.domain.polls import CHOICES, Poll
from telephone.store.database import Database
from telephone.store.scores import Pool
from telephone.store.tables.battles import BattleRow, PollRow, SideRow, VoteRow
from telephone.store.tables.columns import now
from telephone.store.tables.games import GameRow

PACKED: Final = np.dtype([("member", "<i8"), ("choice", "u1"), ("starter", "?"), ("late", "?"), ("age", "<u2")])
"""One vote: who cast it, which of `CHOICES` it is, whether the voter started the battle, or joined the server after
it began, and how many whole days old the account was then."""
_OLDEST: Final = 2**16 - 1
_BATCH: Final = 500
"""Battles that are packed in one transaction; the databases bound the parameters of a query."""


class Polls:
    """Reads the votes of closed battles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, pool: Pool) -> list[Poll]:
        """The polls of a server on these prompts, in the order of the battles' numbers.

        A battle with a side that a moderator voided is not among them.
        """
        await self._pack(pool.guild_id)
        prompt = func.coalesce(col(BattleRow.slug), col(BattleRow.prompt))
        sides = cast(col(PollRow.sides), Text)
        query = select(col(BattleRow.id), col(BattleRow.closed_at), prompt, sides, col(PollRow.votes))
        query = query.join(PollRow, col(PollRow.battle_id) == col(BattleRow.id)).where(*_meant(pool), ~_voided(pool))
        async with self._database.reading() as session:
            rows = (await session.execute(query.order_by(col(BattleRow.number)))).all()
        return [
            Poll(battle, _known(closed_at), name, _sides(shown), np.frombuffer(votes, dtype=PACKED))
            for battle, closed_at, name, shown, votes in rows
        ]

    async def marker(self, guild_id: int) -> Hashable:
        """A value that changes when the votes of a server's closed battles do; cheap to query."""
        closed = [col(BattleRow.guild_id) == guild_id, col(BattleRow.state) == BattleState.CLOSED.value]
        packed = select(func.count(), func.max(col(PollRow.packed_at))).where(col(PollRow.guild_id) == guild_id)
        voided = select(func.count()).select_from(GameRow).where(*_voided_games(guild_id))
        async with self._database.reading() as session:
            battles = await session.scalar(select(func.count()).select_from(BattleRow).where(*closed))
            polls, newest = (await session.execute(packed)).one()
            return battles, polls, newest, await session.scalar(voided)

    async def _pack(self, guild_id: int) -> None:
        """Packs the closed battles that have no poll yet."""
        while True:
            async with self._database.reading() as session:
                missing = list(await session.scalars(_unpacked(guild_id).limit(_BATCH)))
            if not missing:
                return
            async with self._database.writing() as session:
                await self._pack_some(session, missing)

    async def _pack_some(self, session: AsyncSession, battles: Sequence[str]) -> None:
        held = select(BattleRow).where(col(BattleRow.id).in_(battles)).order_by(col(BattleRow.id)).with_for_update()
        known = {battle.id: battle for battle in await session.scalars(held)}
        sides = await _standing(session, battles)
        said: dict[str, list[tuple[int, int, bool, bool, int]]] = defaultdict(list)
        names = ("battle_id", "member_id", "choice", "account_created_at", "joined_at")
        votes = select(*(col(getattr(VoteRow, name)) for name in names))
        for battle, member, choice, made, joined in await session.execute(
            votes.where(col(VoteRow.battle_id).in_(battles))
        ):
            began = known[battle].created_at
            late = joined is not None and joined > began
            age = min(max((began - made).days, 0), _OLDEST)
            said[battle].append((member, CHOICES.index(Choice(choice)), member == known[battle].starter_id, late, age))
        rows = [
            {
                "battle_id": battle,
                "guild_id": row.guild_id,
                "sides": sides[battle],
                "votes": np.array(sorted(said[battle]), dtype=PACKED).tobytes(),
                "packed_at": now(),
            }
            for battle, row in known.items()
        ]
        if rows:
            await session.execute(self._database.insert(PollRow).on_conflict_do_nothing(), rows)


async def unpack(session: AsyncSession, battles: Collection[str]) -> None:
    """Deletes the polls of battles whose votes change in this transaction; call it before they change."""
    held = select(col(BattleRow.id)).where(col(BattleRow.id).in_(battles))
    await session.execute(held.order_by(col(BattleRow.id)).with_for_update())
    await session.execute(delete(PollRow).where(col(PollRow.battle_id).in_(battles)))


def _unpacked(guild_id: int) -> Select[str]:
    packed = select(col(PollRow.battle_id)).where(col(PollRow.battle_id) == col(BattleRow.id))
    closed = [col(BattleRow.guild_id) == guild_id, col(BattleRow.state) == BattleState.CLOSED.value]
    return select(col(BattleRow.id)).where(*closed, ~packed.exists()).order_by(col(BattleRow.number))


async def _standing(session: AsyncSession, battles: Sequence[str]) -> dict[str, list[list[str | int]]]:
    """The sides of each battle that were not dropped, as JSON keeps them: place, T2I, I2T."""
    query = select(col(SideRow.battle_id), col(SideRow.place), col(GameRow.t2i), col(GameRow.i2t))
    query = query.join(GameRow, col(GameRow.id) == col(SideRow.game_id))
    query = query.where(col(SideRow.battle_id).in_(battles), col(SideRow.dropped).is_(None))
    found: dict[str, list[list[str | int]]] = defaultdict(list)
    for battle, place, t2i, i2t in await session.execute(query.order_by(col(SideRow.place))):
        found[battle].append([place, t2i, i2t])
    return found


def _meant(pool: Pool) -> list[SQLColumnExpression[bool]]:
    slug = col(BattleRow.slug)
    conditions: list[SQLColumnExpression[bool]] = [
        col(BattleRow.guild_id) == pool.guild_id,
        col(BattleRow.state) == BattleState.CLOSED.value,
        slug.is_(None) if pool.free else slug.is_not(None),
    ]
    if pool.level is not None:
        conditions.append(col(BattleRow.level) == pool.level.value)
    if pool.live:  # members' open games meet in no battle
        conditions.append(false())
    if pool.designed:
        conditions.append(col(BattleRow.designed))
    return conditions


def _voided(pool: Pool) -> SQLColumnExpression[bool]:
    games = select(col(GameRow.id)).where(*_voided_games(pool.guild_id))
    spoilt = select(col(SideRow.battle_id)).where(col(SideRow.game_id).in_(games), col(SideRow.dropped).is_(None))
    return col(BattleRow.id).in_(spoilt)


def _voided_games(guild_id: int) -> list[SQLColumnExpression[bool]]:
    """The conditions for a server's voided games. A voided game has failed, and the state is in the index."""
    return [col(GameRow.guild_id) == guild_id, col(GameRow.state) == "failed", col(GameRow.voided)]


def _known(closed_at: datetime | None) -> datetime:
    assert closed_at is not None, "a closed battle closed at some moment"
    return closed_at


@lru_cache(maxsize=4096)
def _sides(stored: str) -> tuple[tuple[int, Pair], ...]:
    """The sides in a poll's JSON; parsed once for all battles with the same pairs at the same places."""
    return tuple((int(place), Pair(str(t2i), str(i2t))) for place, t2i, i2t in json.loads(stored))
