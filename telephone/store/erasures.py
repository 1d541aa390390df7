"""Erasures: members' orders to delete their data, the scope of each order, and its progress."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import String, cast, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.battles import BattleState
from telephone.domain.deletions import Erasure, Footprint, Leftovers, Reach, Spot, UnderWay
from telephone.domain.human_turns import SeatState
from telephone.domain.messages import BattleMessageKind, GameMessageKind
from telephone.domain.parties import PartyState
from telephone.domain.refusals import NoErasure
from telephone.store.database import Database
from telephone.store.deletion import batches, wipe
from telephone.store.deletion_scope import ids, reach_of, started_by, texts_elsewhere, texts_of, unended
from telephone.store.member_data import count_traces
from telephone.store.tables.battles import BattlePostRow, BattleRow
from telephone.store.tables.columns import now
from telephone.store.tables.games import GameRow, ImageRow, PostRow, StepRow
from telephone.store.tables.human_turns import SeatRow
from telephone.store.tables.members import ErasureRow
from telephone.store.tables.parties import PartyRow

_OPEN: Final = tuple(state.value for state in BattleState if not state.is_final)
_CARDS: Final = (BattleMessageKind.CARD.value, BattleMessageKind.BALLOT.value)
_PLAYED: Final = (BattleState.PLAYING.value, BattleState.PAUSED.value)
"""The states in which a battle still needs its starter; once it is voted on, it does not."""
_EARLY: Final = (PartyState.JOINING.value, PartyState.PROMPTS.value)
_ROUND: Final = (PartyState.PLAYING.value, PartyState.REVEALING.value)


class Erasures:
    """The queries of deletion orders. An ended order no longer names its member."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def order(self, member_id: int) -> Erasure:
        """Stores an order of a member and returns it, or the order of theirs that has not ended."""
        async with self._database.writing() as session:
            row = {"id": secrets.token_hex(8), "member_id": member_id, "ordered_at": now()}
            await session.execute(self._database.insert(ErasureRow).values(row).on_conflict_do_nothing())
            query = select(ErasureRow).where(col(ErasureRow.member_id) == member_id)
            return _erasure((await session.scalars(query)).one())

    async def get(self, erasure_id: str) -> Erasure:
        """The order of this id. Raises NotFound."""
        async with self._database.reading() as session:
            return _erasure(await _one(session, erasure_id))

    async def unended(self) -> list[Erasure]:
        """The orders that have not ended, oldest first."""
        query = select(ErasureRow).where(col(ErasureRow.ended_at).is_(None))
        async with self._database.reading() as session:
            return [_erasure(row) for row in await session.scalars(query.order_by(col(ErasureRow.ordered_at)))]

    async def footprint(self, member_id: int) -> Footprint:
        """How much an order of a member would delete now."""
        async with self._database.reading() as session:
            reach = await reach_of(session, member_id)
            counts = await count_traces(session, member_id)
            return Footprint(
                games=counts["games"],
                whole=len(reach.games),
                shared=len(reach.prompts),
                battles=counts["battles"],
                turns=len(reach.steps),
                votes=counts["votes"],
                prompts=counts["prompts"],
                going=len(await ids(session, select(col(GameRow.id)).where(started_by(member_id), unended()))),
                rows=sum(counts.values()),
            )

    async def under_way(self, erasure_id: str) -> UnderWay:
        """The member's unended games, battles, parties and claims, which have to stop before the deletion."""
        async with self._database.reading() as session:
            member_id = (await _one(session, erasure_id)).member_id
            if member_id is None:
                return UnderWay()
            return await _under_way(session, member_id)

    async def reach(self, erasure_id: str) -> Reach:
        """The scope of an order: what it has deleted so far, and what it would delete now."""
        async with self._database.reading() as session:
            row = await _one(session, erasure_id)
            found = Reach() if row.member_id is None else await reach_of(session, row.member_id)
            return Reach.of_json(row.reach) | found

    async def words(self, erasure_id: str) -> tuple[list[str], list[str]]:
        """The texts and the pictures (sha256) that an order is about to delete and that nothing else holds."""
        async with self._database.reading() as session:
            member_id = (await _one(session, erasure_id)).member_id
            if member_id is None:
                return [], []
            reach = await reach_of(session, member_id)
            texts = await texts_of(session, member_id, reach)
            others = await texts_elsewhere(session, texts, reach)
            return [text for text in texts if text not in others], list(reach.pictures)

    async def erase(self, erasure_id: str) -> Reach:
        """Deletes all that the store keeps of the member, in one transaction; returns what is left to do outside it.

        A repeated call deletes nothing more and returns the same.
        """
        async with self._database.writing() as session:
            row = await _one(session, erasure_id, lock=True)
            if row.member_id is None:
                return Reach.of_json(row.reach)
            found = await reach_of(session, row.member_id)
            await wipe(session, row.member_id, found)
            reach = Reach.of_json(row.reach) | found
            row.reach = {**reach.as_json(), **Leftovers.of_json(row.reach).as_json()}
            return reach

    async def note(self, erasure_id: str, entry: str, place: int | None) -> None:
        """Stores that an entry is out of reach in a channel or thread; None: that nothing of it stands any more."""
        async with self._database.writing() as session:
            row = await _one(session, erasure_id, lock=True)
            known = Leftovers.of_json(row.reach)
            left = {name: where for name, where in known.left.items() if name != entry}
            if place is not None:
                left[entry] = place
            if left != known.left:
                found = Leftovers(left, row.member_id or known.member_id)
                row.reach = {**Reach.of_json(row.reach).as_json(), **found.as_json()}

    async def out_of_reach(self, member_id: int) -> list[int]:
        """The channels and threads where something of a member stands that we could not take back."""
        found = [one for one in await self._with_leftovers() if one.member_id == member_id]
        return list(dict.fromkeys(place for one in found for place in one.left.values()))

    async def leftovers(self) -> list[Erasure]:
        """The ended orders of which something is out of reach."""
        return [one for one in await self._with_leftovers() if one.ended_at is not None]

    async def _with_leftovers(self) -> list[Erasure]:
        query = select(ErasureRow).where(cast(col(ErasureRow.reach), String).contains('"left"'))
        async with self._database.reading() as session:
            return [one for one in map(_erasure, await session.scalars(query)) if one.left]

    async def spots(self, reach: Reach) -> list[Spot]:
        """The channels, threads and cards in which the games and battles of `reach` were shown."""
        async with self._database.reading() as session:
            return [
                *await _spots(session, GameRow, PostRow, "game_id", reach.games),
                *await _spots(session, BattleRow, BattlePostRow, "battle_id", reach.battles),
            ]

    async def is_needed(self, sha256: str) -> bool:
        """Whether a picture is still needed: a step shows it, or its facts are stored."""
        known = select(col(ImageRow.hash)).where(col(ImageRow.hash) == sha256)
        shown = select(col(StepRow.image)).where(col(StepRow.image) == sha256)
        async with self._database.reading() as session:
            return bool(await session.scalar(select(known.exists() | shown.exists())))

    async def forget(self, erasure_id: str) -> None:
        """Deletes the member's id and the scope from an order, and the message ids of deleted games and battles.

        What is out of reach stays, and with it whose it is.
        """
        async with self._database.writing() as session:
            row = await _one(session, erasure_id, lock=True)
            reach, known = Reach.of_json(row.reach), Leftovers.of_json(row.reach)
            kept = reach.only(known.left)
            for some in batches([one for one in reach.games if one not in kept.games]):
                await session.execute(delete(PostRow).where(col(PostRow.game_id).in_(some)))
            for some in batches([one for one in reach.battles if one not in kept.battles]):
                await session.execute(delete(BattlePostRow).where(col(BattlePostRow.battle_id).in_(some)))
            row.member_id = None
            row.reach = {**kept.as_json(), **known.as_json()} if known.left else None

    async def end(self, erasure_id: str) -> None:
        """Marks an order as ended."""
        ended = {"ended_at": func.coalesce(col(ErasureRow.ended_at), now())}
        async with self._database.writing() as session:
            await session.execute(update(ErasureRow).where(col(ErasureRow.id) == erasure_id).values(ended))


async def _under_way(session: AsyncSession, member_id: int) -> UnderWay:
    reach = await reach_of(session, member_id)
    taking_part = {step.partition("/")[0] for step in reach.steps}
    games = select(col(GameRow.id)).where(unended())
    own = await ids(session, games.where(started_by(member_id)))
    open_ = select(col(BattleRow.id)).where(col(BattleRow.state).in_(_OPEN))
    played = open_.where(col(BattleRow.starter_id) == member_id, col(BattleRow.state).in_(_PLAYED))
    going, gathering = (select(col(PartyRow.id)).where(col(PartyRow.state).in_(states)) for states in (_ROUND, _EARLY))
    held = col(SeatRow.claimer_id) == member_id, col(SeatRow.state) == SeatState.CLAIMED.value
    seats = await session.scalars(select(SeatRow).where(*held))
    return UnderWay(
        games=(*own, *await ids(session, games, col(GameRow.id), taking_part)),
        battles=(*await ids(session, open_, col(BattleRow.id), reach.battles), *await ids(session, played)),
        parties=tuple(await ids(session, going, col(PartyRow.id), reach.parties)),
        gathering=tuple(await ids(session, gathering, col(PartyRow.id), reach.parties)),
        seats=tuple(f"{one.game_id}/{one.turn}{one.kind}" for one in seats),
    )


async def _spots(session: AsyncSession, row: Any, post: Any, owner: str, owners: Sequence[str]) -> list[Spot]:
    found: list[Spot] = []
    for some in batches(owners):
        posted: dict[str, dict[str, int]] = defaultdict(dict)
        for one in await session.scalars(select(post).where(getattr(post, owner).in_(some))):
            if one.message_id is not None:
                posted[getattr(one, owner)][one.what] = one.message_id
        for one in await session.scalars(select(row).where(row.id.in_(some))):
            messages = posted[one.id]
            cards = tuple(messages[what] for what in _CARDS if what in messages)
            thread_id = messages.get(GameMessageKind.THREAD)
            others = sorted(set(messages.values()) - {*cards, thread_id})
            found.append(Spot(one.id, one.channel_id, one.created_at, thread_id, cards, tuple(others)))
    return found


async def _one(session: AsyncSession, erasure_id: str, *, lock: bool = False) -> ErasureRow:
    query = select(ErasureRow).where(col(ErasureRow.id) == erasure_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NoErasure
    return row


def _erasure(row: ErasureRow) -> Erasure:
    known = Leftovers.of_json(row.reach)
    member_id = known.member_id if row.member_id is None else row.member_id
    return Erasure(row.id, member_id, row.ordered_at, row.ended_at, Reach.of_json(row.reach), known.left)
