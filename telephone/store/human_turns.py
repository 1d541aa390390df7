"""Seats: the steps that members may take, each claimed by one of them at a time.

Every change is one conditional UPDATE, so that one of several members who press at once wins. The transaction that
settles a seat also queues its game again: a waiting game never has a settled seat.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Update, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.games import GameState, Kind, Step, StepKey
from telephone.domain.human_turns import Claim, Seat, SeatState
from telephone.domain.refusals import GameSeen, NoTurn, TurnClosed, TurnLate, TurnReserved, TurnTaken
from telephone.store.database import Database, in_session
from telephone.store.games import guild_of
from telephone.store.steps import put_step
from telephone.store.tables.columns import now
from telephone.store.tables.games import GameRow
from telephone.store.tables.human_turns import SeatRow, SightRow

_TAKING: Final = (GameState.PLAYING, GameState.WAITING)
_ANSWERING: Final = (GameState.QUEUED, *_TAKING, GameState.PAUSED)
"""The states in which a game takes an answer: also paused, for a member who was at work before the pause."""
_NO_CLAIM: Final = {"claim_token": None, "claim_expires_at": None}


class Seats:
    """The queries of seats and claims."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(
        self, game_id: str, key: StepKey, stand_in: str | None, seconds: float, claim_seconds: float = 600
    ) -> Seat:
        """Opens a step to members for so many seconds; a seat that exists already stays as it is.

        An open seat whose deadline has passed gets its time again. Raises NotFound.
        """
        moment = now()
        times: dict[str, Any] = {
            "half_at": moment + timedelta(seconds=seconds / 2),
            "deadline": moment + timedelta(seconds=seconds),
        }
        times |= {"opened_at": moment, "stand_in": stand_in, "half_told": False}
        times |= {"claim_seconds": claim_seconds}
        overdue = and_(_is(game_id, key), col(SeatRow.state) == SeatState.OPEN, col(SeatRow.deadline) <= moment)
        async with self._database.writing() as session:
            values = (
                _key(game_id, key) | times | {"state": SeatState.OPEN, "guild_id": await guild_of(session, game_id)}
            )
            await session.execute(self._database.insert(SeatRow).values(values).on_conflict_do_nothing())
            await session.execute(update(SeatRow).where(overdue).values(times))
            return await _one(session, game_id, key)

    async def get(self, game_id: str, key: StepKey) -> Seat:
        """The seat of a step. Raises NotFound where it was never open to members."""
        async with self._database.reading() as session:
            return await _one(session, game_id, key)

    async def find(self, game_id: str, key: StepKey) -> Seat | None:
        """The seat of a step, None where it was never open to members."""
        async with self._database.reading() as session:
            row = (await session.scalars(select(SeatRow).where(_is(game_id, key)))).first()
            return None if row is None else seat_of(row)

    async def has_seen(self, game_id: str, member_id: int) -> bool:
        """Whether a member has seen the picture or text that a step of a sealed game starts from."""
        query = select(col(SightRow.turn)).where(col(SightRow.game_id) == game_id, col(SightRow.member_id) == member_id)
        async with self._database.reading() as session:
            return await session.scalar(query) is not None

    async def of_claim(self, claim_id: str) -> tuple[Seat, int]:
        """The seat of a claim and its member's id; the claim need not hold any more. Raises NotFound."""
        query = select(SeatRow).where(col(SeatRow.claim_id) == claim_id)
        async with self._database.reading() as session:
            row = (await session.scalars(query)).first()
            if row is None:
                raise NoTurn
            return seat_of(row), row.claimer_id or 0

    async def wait(self, game_id: str, key: StepKey) -> bool:
        """Moves a playing game to waiting; False if its seat was settled meanwhile or the game does not play."""
        locked = select(col(SeatRow.state)).where(_is(game_id, key)).with_for_update()
        async with self._database.writing() as session:
            state = await session.scalar(locked)
            if state is None or SeatState(state).is_settled:
                return False
            return await _move(session, game_id, GameState.WAITING, only_from=[GameState.PLAYING])

    async def claim(
        self, game_id: str, key: StepKey, member_id: int, seconds: float | None = None, *, token: str | None = None
    ) -> Seat:
        """Claims a step for a member, for `seconds` or as long as the seat says; an existing claim of theirs stays.

        Raises NotAllowed where somebody else has claimed it, where it is kept for another member, and where the member
        has seen another step of a sealed game.
        """
        moment = now()
        expired = and_(col(SeatRow.state) == SeatState.CLAIMED, col(SeatRow.claim_expires_at) <= moment)
        free = or_(col(SeatRow.state) == SeatState.OPEN, expired)
        async with self._database.writing() as session:
            seat = await _one(session, game_id, key)
            if seat.member_id not in (None, member_id):
                raise TurnReserved
            await self._check(session, game_id, key, member_id)
            if _held(seat, member_id, moment):
                return seat
            values = _claimed(member_id, token, moment, _time_for(seat, moment) if seconds is None else seconds)
            taken = update(SeatRow).where(_is(game_id, key), free, col(SeatRow.deadline) > moment).values(values)
            if not await _changed(session, taken):
                raise TurnClosed if seat.state.is_settled else TurnTaken
            return await _one(session, game_id, key)

    async def release(self, game_id: str, key: StepKey, member_id: int) -> bool:
        """A member gives a step back; False where they do not hold it."""
        mine = and_(col(SeatRow.state) == SeatState.CLAIMED, col(SeatRow.claimer_id) == member_id)
        return await self._reopen(game_id, key, mine)

    async def lapse(self, game_id: str, key: StepKey) -> bool:
        """Opens a step again if its claim has expired; False if not."""
        over = and_(col(SeatRow.state) == SeatState.CLAIMED, col(SeatRow.claim_expires_at) <= now())
        return await self._reopen(game_id, key, over)

    async def answer(self, game_id: str, step: Step, member_id: int) -> bool:
        """Stores the answer of the member who holds the claim; returns whether the game goes on.

        A paused game does not, nor does an album, which waits for its party. Raises NotAllowed where the claim has
        expired.
        """
        moment = now()
        going = select(col(GameRow.id)).where(col(GameRow.id) == game_id, _in(_ANSWERING))
        held = and_(
            *(_is(game_id, step.key), col(SeatRow.state) == SeatState.CLAIMED, col(SeatRow.claimer_id) == member_id),
            *(col(SeatRow.claim_expires_at) > moment, going.exists()),
        )
        values = {"state": SeatState.ANSWERED, "settled_at": moment, **_NO_CLAIM}
        async with self._database.writing() as session:
            if not await _changed(session, update(SeatRow).where(held).values(values)):
                raise TurnLate
            await in_session(session, lambda connection: put_step(connection, game_id, step))
            return await _go_on(session, game_id, col(GameRow.design).is_distinct_from("party"))

    async def stand_in(self, game_id: str, key: StepKey, model: str, *, early: bool = False) -> bool:
        """Gives an unclaimed step to a model once its deadline has passed, or `early`; False if it cannot be given."""
        moment = now()
        free = and_(_is(game_id, key), col(SeatRow.state) == SeatState.OPEN)
        if not early:
            free = and_(free, col(SeatRow.deadline) <= moment)
        values = {"state": SeatState.STOOD_IN, "stand_in": model, "settled_at": moment}
        async with self._database.writing() as session:
            if not await _changed(session, update(SeatRow).where(free).values(values)):
                return False
            await session.execute(update(GameRow).where(col(GameRow.id) == game_id).values(mixed=True))
            await _go_on(session, game_id)
            return True

    async def tell_half(self, game_id: str, key: StepKey) -> bool:
        """Marks half of a seat's time as announced; False if it is not over yet or was announced before."""
        due = and_(~col(SeatRow.half_told), col(SeatRow.half_at) <= now())
        return await self._change(game_id, key, due, half_told=True)

    async def tell_claim(self, game_id: str, key: StepKey) -> bool:
        """Marks half of a claim's time as announced; False if it is not over yet or was announced before."""
        half = and_(~col(SeatRow.claim_told), col(SeatRow.claim_half_at) <= now())
        return await self._change(game_id, key, and_(half, col(SeatRow.state) == SeatState.CLAIMED), claim_told=True)

    async def _reopen(self, game_id: str, key: StepKey, which: ColumnElement[bool]) -> bool:
        return await self._change(game_id, key, which, state=SeatState.OPEN, **_NO_CLAIM)

    async def _change(self, game_id: str, key: StepKey, which: ColumnElement[bool], **values: Any) -> bool:
        async with self._database.writing() as session:
            return await _changed(session, update(SeatRow).where(_is(game_id, key), which).values(values))

    async def _check(self, session: AsyncSession, game_id: str, key: StepKey, member_id: int) -> None:
        """Raises NotAllowed where the game takes no turns, or is sealed and the member has seen another step of it."""
        columns = (col(GameRow.state), col(GameRow.sealed), col(GameRow.starter_id), col(GameRow.guild_id))
        game = (await session.execute(select(*columns).where(col(GameRow.id) == game_id))).one()
        if GameState(game.state) not in _TAKING:
            raise TurnClosed
        if not game.sealed:
            return
        sight = {"game_id": game_id, "member_id": member_id, "guild_id": game.guild_id}
        sight |= {"turn": key.turn, "kind": key.kind.value, "seen_at": now()}
        await session.execute(self._database.insert(SightRow).values(sight).on_conflict_do_nothing())
        query = select(SightRow).where(col(SightRow.game_id) == game_id, col(SightRow.member_id) == member_id)
        seen = (await session.scalars(query)).one()
        if StepKey(seen.turn, Kind(seen.kind)) != key or (member_id == game.starter_id and key.index > 0):
            raise GameSeen


def _key(game_id: str, key: StepKey) -> dict[str, Any]:
    return {"game_id": game_id, "turn": key.turn, "kind": key.kind.value}


def _is(game_id: str, key: StepKey) -> ColumnElement[bool]:
    return and_(col(SeatRow.game_id) == game_id, col(SeatRow.turn) == key.turn, col(SeatRow.kind) == key.kind.value)


def _in(states: Collection[GameState]) -> ColumnElement[bool]:
    return col(GameRow.state).in_([state.value for state in states])


def _held(seat: Seat, member_id: int, moment: datetime) -> bool:
    """Whether a member holds a seat at a moment."""
    claim = seat.claim
    return (
        seat.state is SeatState.CLAIMED and claim is not None and claim.member_id == member_id and claim.holds(moment)
    )


def _time_for(seat: Seat, moment: datetime) -> float:
    """How long a claim may last, in seconds; on a seat that is kept for a member, until the seat's deadline."""
    return seat.claim_seconds if seat.member_id is None else (seat.deadline - moment).total_seconds()


def _claimed(member_id: int, token: str | None, moment: datetime, seconds: float) -> dict[str, Any]:
    return {
        "state": SeatState.CLAIMED,
        "claim_id": secrets.token_hex(8),
        "claimer_id": member_id,
        "claim_token": token,
        "claimed_at": moment,
        "claim_told": False,
        "claim_half_at": moment + timedelta(seconds=seconds / 2),
        "claim_expires_at": moment + timedelta(seconds=seconds),
    }


async def _changed(session: AsyncSession, statement: Update) -> bool:
    return await session.scalar(statement.returning(col(SeatRow.turn))) is not None


async def _move(
    session: AsyncSession,
    game_id: str,
    to: GameState,
    *which: ColumnElement[bool],
    only_from: Collection[GameState],
    **values: Any,
) -> bool:
    moved = update(GameRow).where(col(GameRow.id) == game_id, _in(only_from), *which)
    moved = moved.values(state=to.value, **values)
    return await session.scalar(moved.returning(col(GameRow.id))) is not None


async def _go_on(session: AsyncSession, game_id: str, *which: ColumnElement[bool]) -> bool:
    runs = col(GameRow.runs) + 1
    return await _move(session, game_id, GameState.QUEUED, *which, only_from=[GameState.WAITING], runs=runs)


async def _one(session: AsyncSession, game_id: str, key: StepKey) -> Seat:
    query = select(SeatRow).where(_is(game_id, key)).execution_options(populate_existing=True)
    row = (await session.scalars(query)).first()
    if row is None:
        raise NoTurn
    return seat_of(row)


def seat_of(row: SeatRow) -> Seat:
    """The seat of a row."""
    return Seat(
        game_id=row.game_id,
        key=StepKey(row.turn, Kind(row.kind)),
        state=SeatState(row.state),
        opened_at=row.opened_at,
        half_at=row.half_at,
        deadline=row.deadline,
        claim_seconds=row.claim_seconds,
        stand_in=row.stand_in,
        member_id=row.invited_id,
        claim=_claim(row),
        half_told=row.half_told,
    )


def _claim(row: SeatRow) -> Claim | None:
    """The current claim of a row, None where the seat is not claimed."""
    if row.state != SeatState.CLAIMED.value:
        return None
    when = (row.claimed_at, row.claim_half_at, row.claim_expires_at)
    claimed_at, half_at, expires_at = (moment or row.opened_at for moment in when)
    return Claim(
        id=row.claim_id or "",
        member_id=row.claimer_id or 0,
        claimed_at=claimed_at,
        half_at=half_at,
        expires_at=expires_at,
        token=row.claim_token,
        half_told=row.claim_told,
    )
