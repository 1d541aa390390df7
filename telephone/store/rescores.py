"""Rescores: games that an embedder has not measured, and jobs that measure them, one worker at a time each."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.games import Kind
from telephone.domain.refusals import NoRescore
from telephone.domain.rescores import Rescore, RescorePlan, RescoreState
from telephone.store.counted_distances import counts
from telephone.store.database import Database
from telephone.store.expenses import book_expense, settle_expense
from telephone.store.game_posts import StoredPost
from telephone.store.games import add_server
from telephone.store.reservations import Order, dollars, lock_budgets
from telephone.store.tables.columns import now
from telephone.store.tables.games import DistanceRow, ExpenseRow, GameRow, StepRow
from telephone.store.tables.rescores import RescoreRow
from telephone.store.visibility import emptied

_ACTIVE: Final = tuple(state.value for state in RescoreState if not state.is_final)


class Lacking(NamedTuple):
    """A game that an embedder has not measured."""

    id: str
    number: int
    prompt: str


class Rescores:
    """The queries of rescore jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lacking(
        self, guild_id: int, embedder: str, version: str, *, after: int = 0, until: int = 2**31 - 1, limit: int = 100
    ) -> list[Lacking]:
        """Counted games that an embedder has not measured, with a number over `after` up to `until`, oldest first."""
        columns = (col(GameRow.id), col(GameRow.number), col(GameRow.prompt))
        query = _lacking(select(*columns), guild_id, embedder, version)
        query = query.where(col(GameRow.number) > after, col(GameRow.number) <= until)
        async with self._database.reading() as session:
            found = await session.execute(query.order_by(col(GameRow.number)).limit(limit))
            return [Lacking(*row) for row in found]

    async def begin(self, plan: RescorePlan, order: Order, *, by: int, channel_id: int) -> tuple[Rescore, bool]:
        """Stores a job and reserves its money in one transaction: the job, and True; or the active job, and False.

        Raises OverBudget.
        """
        async with self._database.writing() as session:
            await lock_budgets(self._database, session)
            found = await _read(session, *_of(plan.guild_id, plan.embedder), col(RescoreRow.state).in_(_ACTIVE))
            if found:
                return found[0], False
            job_id = secrets.token_hex(8)
            await add_server(self._database, session, plan.guild_id)
            what = f"rescore {plan.embedder}"
            await book_expense(self._database, session, job_id, what, order, guild_id=plan.guild_id, member_id=0)
            row = RescoreRow(
                id=job_id,
                guild_id=plan.guild_id,
                embedder=plan.embedder,
                version=plan.version,
                state=RescoreState.QUEUED.value,
                games=plan.games,
                until=plan.until,
                measured=0,
                left_out=0,
                at=0,
                asked_by=by,
                channel_id=channel_id,
                created_at=now(),
            )
            session.add(row)
            await session.flush()
            return (await _read(session, col(RescoreRow.id) == job_id))[0], True

    async def get(self, job_id: str) -> Rescore:
        """The job of this id. Raises NotFound."""
        async with self._database.reading() as session:
            found = await _read(session, col(RescoreRow.id) == job_id)
        if not found:
            raise NoRescore
        return found[0]

    async def unended(self, guild_id: int | None = None) -> list[Rescore]:
        """The jobs of a server, or of all, that have not ended, oldest first."""
        where = [] if guild_id is None else [col(RescoreRow.guild_id) == guild_id]
        async with self._database.reading() as session:
            return await _read(session, col(RescoreRow.state).in_(_ACTIVE), *where)

    async def hold(self, job_id: str, holder: str, for_s: float) -> bool:
        """Claims a job, or renews the claim, for so many seconds; False where it has ended or another holds it."""
        moment = now()
        free = or_(col(RescoreRow.held_until).is_(None), col(RescoreRow.held_until) < moment)
        statement = (
            update(RescoreRow)
            .where(col(RescoreRow.id) == job_id, col(RescoreRow.state).in_(_ACTIVE))
            .where(or_(col(RescoreRow.holder) == holder, free))
            .values(
                holder=holder,
                held_until=moment + timedelta(seconds=for_s),
                state=RescoreState.RUNNING.value,
                started_at=func.coalesce(col(RescoreRow.started_at), moment),
            )
        )
        return await self._changed(statement)

    async def release(self, job_id: str, holder: str) -> None:
        """Releases a job, so that another worker need not wait."""
        held = and_(col(RescoreRow.id) == job_id, col(RescoreRow.holder) == holder)
        async with self._database.writing() as session:
            await session.execute(update(RescoreRow).where(held).values(holder=None, held_until=None))

    async def move_to(self, job_id: str, channel_id: int, by: int) -> None:
        """Moves the progress card of a job to another channel, for another member."""
        values = {"channel_id": channel_id, "asked_by": by, "message_id": None, "posted_at": None}
        async with self._database.writing() as session:
            await session.execute(update(RescoreRow).where(col(RescoreRow.id) == job_id).values(values))

    async def count_game(self, job_id: str, number: int, *, measured: bool) -> None:
        """Counts one game of a job as measured or left out; a game that was counted before is not counted again."""
        name = "measured" if measured else "left_out"
        values = {name: getattr(RescoreRow, name) + 1, "at": number}
        statement = update(RescoreRow).where(col(RescoreRow.id) == job_id, col(RescoreRow.at) < number)
        async with self._database.writing() as session:
            await session.execute(statement.values(values))

    async def end(self, job_id: str, state: RescoreState, reason: str | None = None) -> bool:
        """Ends a job and settles its expense in one transaction; False where it had ended.

        A finished job has measured every game that it did not leave out, also games it did not count.
        """
        values: dict[str, Any] = {"state": state.value, "reason": reason, "ended_at": now()}
        values |= {"holder": None, "held_until": None}
        if state is RescoreState.FINISHED:
            values["measured"] = col(RescoreRow.games) - col(RescoreRow.left_out)
        statement = update(RescoreRow).where(col(RescoreRow.id) == job_id, col(RescoreRow.state).in_(_ACTIVE))
        async with self._database.writing() as session:
            ended = await session.scalar(statement.values(values).returning(col(RescoreRow.id))) is not None
            if ended:
                await settle_expense(session, job_id)
            return ended

    async def begin_post(self, job_id: str) -> StoredPost:
        """Stores that the card is about to be posted, unless it is stored; returns what is stored."""
        unposted = and_(col(RescoreRow.id) == job_id, col(RescoreRow.posted_at).is_(None))
        async with self._database.writing() as session:
            first = update(RescoreRow).where(unposted).values(posted_at=now()).returning(col(RescoreRow.id))
            again = await session.scalar(first) is None
            row = (await session.scalars(select(RescoreRow).where(col(RescoreRow.id) == job_id))).one()
            return StoredPost(row.posted_at or now(), row.message_id, again)

    async def posted(self, job_id: str, message_id: int) -> None:
        """Stores the message id of the card."""
        async with self._database.writing() as session:
            statement = update(RescoreRow).where(col(RescoreRow.id) == job_id)
            await session.execute(statement.values(message_id=message_id))

    async def _changed(self, statement: Any) -> bool:
        async with self._database.writing() as session:
            return await session.scalar(statement.returning(col(RescoreRow.id))) is not None


def _lacking(query: Select[*tuple[Any, ...]], guild_id: int, embedder: str, version: str) -> Any:
    measured = select(col(DistanceRow.game_id)).where(
        col(DistanceRow.game_id) == col(GameRow.id),
        col(DistanceRow.embedder) == embedder,
        col(DistanceRow.version) == version,
    )
    said = select(col(StepRow.game_id)).where(
        col(StepRow.game_id) == col(GameRow.id),
        col(StepRow.turn) == 1,
        col(StepRow.kind) == Kind.CAPTION.value,
        col(StepRow.kept_at).is_not(None),
    )
    erased = select(col(StepRow.game_id)).where(col(StepRow.game_id) == col(GameRow.id), *emptied())
    here = (col(GameRow.guild_id) == guild_id, counts())
    return query.where(*here, ~measured.exists(), said.exists(), ~erased.exists())


def _of(guild_id: int, embedder: str) -> Sequence[ColumnElement[bool]]:
    return [col(RescoreRow.guild_id) == guild_id, col(RescoreRow.embedder) == embedder]


async def _read(session: AsyncSession, *where: ColumnElement[bool] | SQLColumnExpression[bool]) -> list[Rescore]:
    query = select(RescoreRow, ExpenseRow).outerjoin(ExpenseRow, col(ExpenseRow.id) == col(RescoreRow.id))
    found = await session.execute(query.where(*where).order_by(col(RescoreRow.created_at), col(RescoreRow.id)))
    return [_rescore(row, expense) for row, expense in found]


def _rescore(row: RescoreRow, expense: ExpenseRow | None) -> Rescore:
    return Rescore(
        id=row.id,
        guild_id=row.guild_id,
        embedder=row.embedder,
        version=row.version,
        state=RescoreState(row.state),
        games=row.games,
        until=row.until,
        created_at=row.created_at,
        measured=row.measured,
        left_out=row.left_out,
        at=row.at,
        asked_by=row.asked_by,
        channel_id=row.channel_id,
        message_id=row.message_id,
        reason=row.reason,
        started_at=row.started_at,
        ended_at=row.ended_at,
        held=row.held_until is not None and row.held_until > now(),
        reserved_usd=dollars(expense.reserved) if expense else 0.0,
        spent_usd=dollars(expense.spent) if expense else 0.0,
    )
