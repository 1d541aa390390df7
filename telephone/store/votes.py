"""Votes: one for each member and battle, changed until the battle closes."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.battles import SIDES_MIN, BattleState, Cast, Choice, Vote, Voter
from telephone.domain.refusals import NoBattle, NoTie, NoVotes, SideOut
from telephone.store.database import Database
from telephone.store.tables.battles import BattleRow, SideRow, VoteRow
from telephone.store.tables.columns import now


class Votes:
    """The queries of votes. The table's key allows one vote for each member and battle."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cast(self, battle_id: str, voter: Voter, choice: Choice) -> Cast:
        """Stores a vote, in place of an earlier one of the member.

        Raises NotAllowed where the battle takes no votes now, BadInput for a choice it does not offer, and NotFound.
        """
        async with self._database.writing() as session:
            battle = await _open_battle(session, battle_id)
            shown = await _shown(session, battle_id, choice)
            mine = col(VoteRow.battle_id) == battle_id, col(VoteRow.member_id) == voter.member_id
            row = self._database.insert(VoteRow).values(
                battle_id=battle_id,
                member_id=voter.member_id,
                guild_id=battle.guild_id,
                choice=choice.value,
                shown=shown,
                cast_at=now(),
                account_created_at=voter.account_created_at,
                joined_at=voter.joined_at,
            )
            first = await session.scalar(row.on_conflict_do_nothing().returning(col(VoteRow.member_id)))
            before: Choice | None = None
            if first is None:
                stored = select(col(VoteRow.choice)).where(*mine)
                before = Choice((await session.scalars(stored)).one())
                if before is not choice:
                    changed = {"choice": choice.value, "shown": shown, "changed_at": now()}
                    await session.execute(update(VoteRow).where(*mine).values(changed))
            assert battle.closes_at is not None
            return Cast(choice, before, battle.closes_at)

    async def tally(self, battle_id: str) -> Mapping[Choice, int]:
        """How many members made each choice; choices that nobody made are left out."""
        query = select(col(VoteRow.choice), func.count()).where(col(VoteRow.battle_id) == battle_id)
        async with self._database.reading() as session:
            rows = await session.execute(query.group_by(col(VoteRow.choice)))
            return Counter({Choice(choice): int(count) for choice, count in rows})

    async def count(self, battle_id: str) -> int:
        """How many members voted."""
        query = select(func.count()).select_from(VoteRow).where(col(VoteRow.battle_id) == battle_id)
        async with self._database.reading() as session:
            return int(await session.scalar(query) or 0)

    async def of_battle(self, battle_id: str) -> list[Vote]:
        """Every vote of a battle, in the order in which they were first cast."""
        query = select(VoteRow).where(col(VoteRow.battle_id) == battle_id)
        async with self._database.reading() as session:
            rows = await session.scalars(query.order_by(col(VoteRow.cast_at), col(VoteRow.member_id)))
            return [_vote(row) for row in rows]


async def _open_battle(session: AsyncSession, battle_id: str) -> BattleRow:
    """The battle, its row locked so that it cannot close before this vote is counted. Raises NotAllowed and NotFound.

    The lock is exclusive: with a shared one, many votes could keep a host's close waiting for ever.
    """
    held = select(BattleRow).where(col(BattleRow.id) == battle_id).with_for_update(key_share=True)
    battle = (await session.scalars(held)).one_or_none()
    if battle is None:
        raise NoBattle
    if not _is_open(battle, now()):
        raise NoVotes(BattleState(battle.state), battle.number)
    return battle


def _is_open(battle: BattleRow, moment: datetime) -> bool:
    return battle.state == BattleState.VOTING.value and battle.closes_at is not None and moment < battle.closes_at


async def _shown(session: AsyncSession, battle_id: str, choice: Choice) -> str:
    """The letters of the sides that were not dropped, in order. Raises BadInput for a choice they do not offer."""
    standing = select(col(SideRow.place)).where(col(SideRow.battle_id) == battle_id, col(SideRow.dropped).is_(None))
    places = list(await session.scalars(standing.order_by(col(SideRow.place))))
    if choice.place is not None and choice.place not in places:
        raise SideOut
    if choice is Choice.TIE and len(places) != SIDES_MIN:
        raise NoTie
    return "".join(Choice.of_side(place).value for place in places)


def _vote(row: VoteRow) -> Vote:
    return Vote(
        battle_id=row.battle_id,
        voter=Voter(row.member_id, row.account_created_at, row.joined_at),
        choice=Choice(row.choice),
        shown=row.shown,
        cast_at=row.cast_at,
        changed_at=row.changed_at,
    )
