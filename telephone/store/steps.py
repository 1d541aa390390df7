"""Steps: the intent to ask a player, the ticket of a submitted call, and the answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.calls import Ticket
from telephone.domain.games import Step, StepKey
from telephone.domain.refusals import NobodyAsked
from telephone.store.database import Database
from telephone.store.game_reader import step_of
from telephone.store.games import guild_of
from telephone.store.reservations import book
from telephone.store.tables.columns import now
from telephone.store.tables.games import PostRow, StepRow


@dataclass(frozen=True, slots=True)
class Asked:
    """The progress of a step. `first`: this very call stored the intent, so nobody asked before."""

    ticket: Ticket | None
    step: Step | None
    asked_at: datetime
    first: bool


class Steps:
    """The queries of steps: asked, submitted, kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, game_id: str, key: StepKey, player: str, seed: int) -> Asked:
        """Stores the intent to ask, unless there is one; returns what is stored. Raises NotFound."""
        values = _key(game_id, key) | {"player": player, "seed": seed, "asked_at": now()}
        async with self._database.writing() as session:
            values["guild_id"] = await guild_of(session, game_id)
            first = await session.scalar(
                self._database.insert(StepRow).values(values).on_conflict_do_nothing().returning(col(StepRow.asked_at))
            )
            row, message_id = await _stored(session, game_id, key)
        step = None if row.kept_at is None else step_of(row, message_id)
        return Asked(_ticket(row), step, row.asked_at, first is not None)

    async def keep_ticket(self, game_id: str, key: StepKey, ticket: Ticket) -> None:
        """Stores that the step was submitted, in place of an earlier ticket. Raises NotFound if nobody was asked."""
        statement = (
            update(StepRow)
            .where(_is(game_id, key))
            .values(
                ticketed_at=now(),
                ticket_reference=ticket.reference,
                ticket_found=ticket.found,
                maybe_billed_twice=ticket.maybe_billed_twice,
            )
            .returning(col(StepRow.turn))
        )
        async with self._database.writing() as session:
            if await session.scalar(statement) is None:
                raise NobodyAsked(str(key))

    async def drop_ticket(self, game_id: str, key: StepKey) -> None:
        """Deletes a cancelled submission with its intent, so that the next run asks again. A kept step stays."""
        async with self._database.writing() as session:
            await session.execute(delete(StepRow).where(_is(game_id, key), col(StepRow.kept_at).is_(None)))

    async def keep(self, game_id: str, step: Step) -> Step:
        """Stores an answer. The first write wins; returns the stored step. Raises NotFound."""
        async with self._database.writing() as session:
            await put_step(self._database, session, game_id, step)
            if step.cost_usd > 0:
                await book(self._database, session, game_id)
            row, message_id = await _stored(session, game_id, step.key)
            return step_of(row, message_id)


async def put_step(database: Database, session: AsyncSession, game_id: str, step: Step) -> None:
    """Stores a step inside a transaction; a step that is stored already stays. Raises NotFound."""
    moment = now()
    kept = {
        "player": step.player,
        "seed": step.seed,
        "kept_at": moment,
        "image": step.image,
        "text": step.text,
        "raw": step.raw,
        "reference": step.reference,
        "parameters": dict(step.parameters),
        "latency_ms": step.latency_ms,
        "cost_usd": step.cost_usd,
        "cost_estimated": step.cost_estimated,
    }
    values = _key(game_id, step.key) | kept | {"asked_at": moment}
    values["guild_id"] = await guild_of(session, game_id)
    await session.execute(
        database.insert(StepRow)
        .values(values)
        .on_conflict_do_update(
            index_elements=["game_id", "turn", "kind"], set_=kept, where=col(StepRow.kept_at).is_(None)
        )
    )


def _key(game_id: str, key: StepKey) -> dict[str, Any]:
    return {"game_id": game_id, "turn": key.turn, "kind": key.kind.value}


def _is(game_id: str, key: StepKey) -> ColumnElement[bool]:
    return and_(col(StepRow.game_id) == game_id, col(StepRow.turn) == key.turn, col(StepRow.kind) == key.kind.value)


async def _stored(session: AsyncSession, game_id: str, key: StepKey) -> tuple[StepRow, int | None]:
    shown = and_(col(PostRow.game_id) == col(StepRow.game_id), col(PostRow.what) == str(key))
    query = select(StepRow, col(PostRow.message_id)).outerjoin(PostRow, shown).where(_is(game_id, key))
    row, message_id = (await session.execute(query)).one()
    return row, message_id


def _ticket(row: StepRow) -> Ticket | None:
    if row.ticketed_at is None:
        return None
    return Ticket(row.ticket_reference, bool(row.ticket_found), bool(row.maybe_billed_twice))
