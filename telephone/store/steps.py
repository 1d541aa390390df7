"""Steps: the intent to ask a player, the ticket of a submitted call, and the answer.

Every step of every game passes here, so each method is one unit of work with statements that are built once. Each
raises TakenOver, and writes nothing, for an execution that has lost its workflow.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, case, delete, func, select, update
from sqlmodel import col

from telephone.domain.calls import Ticket
from telephone.domain.games import GameState, Image, Step, StepKey
from telephone.domain.refusals import NobodyAsked, NoGame
from telephone.store.database import Database, insert_into
from telephone.store.fencing import JOURNAL, check, execute, fenced, owns
from telephone.store.game_posts import StoredPost, begin_post
from telephone.store.game_reader import step_of
from telephone.store.glances import paused
from telephone.store.images import put_image
from telephone.store.reservations import book, covers
from telephone.store.tables.columns import now
from telephone.store.tables.games import GameRow, PostRow, StepRow

_STEP: Final[Any] = StepRow.__table__  # type: ignore[attr-defined]
_ASKED: Final = ("game_id", "turn", "kind", "guild_id", "player", "seed", "asked_at", "asked_times", "at_stake_usd")
_ANSWER: Final = (
    *("kept_at", "image", "text", "raw", "reference", "parameters", "latency_ms", "cost_usd", "cost_estimated"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The progress of a step. `first`: this very call stored the intent, so nobody asked before.

    `times` counts the calls made for it, the one to be made now too; `overdrawn` says that what is reserved for the
    game does not cover that one beside those of which nobody knows whether they got through: it must not be made.
    """

    ticket: Ticket | None
    step: Step | None
    asked_at: datetime
    first: bool
    times: int = 1
    overdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of a game that was posted, and is to be stored with what comes next."""

    what: str
    message_id: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored step, and how far its message is; None where it is not shown, or not yet."""

    step: Step
    post: StoredPost | None


class Steps:
    """The queries of steps: asked, submitted, kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, game_id: str, key: StepKey, player: str, seed: int) -> Asked:
        """Stores the intent to ask, unless there is one; returns what is stored. Raises NotFound."""
        values = _key(game_id, key) | {"player": player, "seed": seed, "asked_at": now()}
        values |= {"asked_times": 1, "at_stake_usd": 0.0}

        def work(connection: Connection) -> Asked:
            first = execute(connection, _asking, values).scalar()
            return _asked(connection, game_id, key, first)

        return await self._database.change(work)

    async def ask_in_run(
        self,
        game_id: str,
        run: int,
        key: StepKey,
        player: str,
        *,
        seed: int,
        stake: float,
        posted: Posted | None = None,
    ) -> Asked | None:
        """`ask` for the workflow that plays a run; None, and nothing asked, where this run is not to go on just now.

        `stake` is what the call that is to follow may cost, in US dollars; it is on the books before it is made. The
        same transaction stores the id of the message `posted` before.
        """
        values = _key(game_id, key) | {"player": player, "seed": seed, "asked_at": now(), "this_run": run}
        values |= {"asked_times": 1, "at_stake_usd": stake}

        def work(connection: Connection) -> Asked | None:
            _finish(connection, game_id, posted)
            first = execute(connection, _asking_in_run, values).scalar()
            try:
                asked = _asked(connection, game_id, key, first)
            except NoGame:
                return None
            if first is None and asked.step is None and asked.ticket is None:
                return _again(connection, game_id, key, asked, stake)
            return asked

        return await self._database.change(work)

    async def ask_again(self, game_id: str, key: StepKey, stake: float) -> bool:
        """Counts one more call for a step whose last one was lost; False, and nothing counted, where none is covered.

        `stake` is what that call may cost, in US dollars.
        """

        def work(connection: Connection) -> bool:
            check(connection)
            return not _again(connection, game_id, key, Asked(None, None, now(), first=False), stake).overdrawn

        return await self._database.change(work)

    async def suspect(
        self, game_id: str, key: StepKey, player: str, *, seed: int, stake: float | None, at: datetime, shown: bool
    ) -> None:
        """Stores that a step may have been asked for, and its message posted, since a moment, without our knowing.

        So both are looked for before they are done, and `stake`, what that call may have cost in US dollars, is booked
        as in doubt; None: whether it was asked for makes no difference. A step that is known to have been asked for
        stays as it is.
        """
        values = _key(game_id, key) | {"player": player, "seed": seed, "asked_at": at}
        values |= {"asked_times": 1, "at_stake_usd": stake}

        def work(connection: Connection) -> None:
            if stake is not None and execute(connection, _asking, values).scalar() is not None:
                book(connection, game_id)
            if shown:
                begin_post(connection, game_id, str(key), at)

        await self._database.change(work)

    async def posted(self, game_id: str, posted: Posted) -> None:
        """Stores the id of a posted message, as `ask_in_run` does, where nothing else is to be stored."""
        await self._database.change(lambda connection: _finish(connection, game_id, posted))

    async def keep_ticket(self, game_id: str, key: StepKey, ticket: Ticket) -> None:
        """Stores that the step was submitted, in place of an earlier ticket. Raises NotFound if nobody was asked."""
        values = {f"this_{name}": value for name, value in _key(game_id, key).items()}
        values |= {"new_at": now(), "new_reference": ticket.reference}
        values |= {"new_found": ticket.found, "new_maybe": ticket.maybe_billed_twice}

        def work(connection: Connection) -> None:
            if execute(connection, _TICKET, values).rowcount == 0:
                check(connection)
                raise NobodyAsked(str(key))

        await self._database.change(work)

    async def drop_ticket(self, game_id: str, key: StepKey) -> None:
        """Deletes a cancelled submission with its intent, so that the next run asks again. A kept step stays.

        What was at stake is no longer on the books; what the call cost is to be there before.
        """

        def work(connection: Connection) -> None:
            if execute(connection, _DROP, _key(game_id, key)).rowcount:
                book(connection, game_id)
            else:
                check(connection)

        await self._database.change(work)

    async def keep(self, game_id: str, step: Step) -> Step:
        """Stores an answer. The first write wins; returns the stored step. Raises NotFound."""
        return await self._database.change(lambda connection: _keep(connection, game_id, step))

    async def keep_and_begin(self, game_id: str, step: Step, image: Image | None, what: str | None) -> Kept:
        """Stores an answer, the facts of its verified picture, and that the message `what` is about to be posted.

        The first write of each wins; without `what` there is no message. Raises NotFound.
        """

        def work(connection: Connection) -> Kept:
            if image is not None:
                put_image(connection, image)
            kept = _keep(connection, game_id, step)
            return Kept(kept, begin_post(connection, game_id, what) if what else None)

        return await self._database.change(work)


def put_step(connection: Connection, game_id: str, step: Step) -> Row[Any] | None:
    """Stores a step in a unit of work; None, and nothing changed, where it is stored already, or the game is gone."""
    moment = now()
    values = _key(game_id, step.key) | {"player": step.player, "seed": step.seed, "asked_at": moment}
    values |= {"kept_at": moment, "image": step.image, "text": step.text, "raw": step.raw}
    values |= {"reference": step.reference, "parameters": dict(step.parameters), "latency_ms": step.latency_ms}
    values |= {"cost_usd": step.cost_usd, "cost_estimated": step.cost_estimated}
    values |= {"asked_times": None, "at_stake_usd": None}
    return execute(connection, _keeping, values).first()


def _keep(connection: Connection, game_id: str, step: Step) -> Step:
    row = put_step(connection, game_id, step)
    if row is None:
        check(connection)
        row = _stored(connection, game_id, step.key)
        if row.kept_at is None:
            raise NoGame(game_id)
        return step_of(row, row.message_id)
    if step.cost_usd > 0:
        book(connection, game_id)
    return step_of(row, None)


def _finish(connection: Connection, game_id: str, posted: Posted | None) -> None:
    """Stores the id of a posted message; one that was forgotten meanwhile stays forgotten."""
    if posted is not None:
        execute(connection, _POSTED, {"this_game": game_id, "this_what": posted.what, "new_id": posted.message_id})


def _asked(connection: Connection, game_id: str, key: StepKey, first: datetime | None) -> Asked:
    """The progress of a step after its intent was stored, `first` or before. Raises NotFound."""
    if first is not None:
        return Asked(None, None, first, first=True)
    check(connection)
    row = _stored(connection, game_id, key)
    step = None if row.kept_at is None else step_of(row, row.message_id)
    return Asked(_ticket(row), step, row.asked_at, first=False)


def _again(connection: Connection, game_id: str, key: StepKey, asked: Asked, stake: float) -> Asked:
    """Counts one more call for a step, unless what is reserved for the game does not cover it."""
    book(connection, game_id)
    if not covers(connection, game_id, stake):
        return replace(asked, overdrawn=True)
    values = {f"this_{name}": value for name, value in _key(game_id, key).items()}
    return replace(asked, times=connection.execute(_AGAIN, values | {"new_stake": stake}).scalar_one())


def _inserting(dialect: str, names: tuple[str, ...], *going: Any, is_fenced: bool) -> Any:
    """An INSERT of a step whose game is there and not erased; locks the game's row, so that it stays so.

    `going` are more conditions for the game.
    """
    given = {name: bindparam(name, type_=_STEP.c[name].type) for name in names}
    game = select(*(col(GameRow.guild_id) if name == "guild_id" else given[name] for name in names))
    game = game.join_from(GameRow, JOURNAL, owns()) if is_fenced else game
    game = game.where(col(GameRow.id) == given["game_id"], ~col(GameRow.erased), *going).with_for_update(read=True)
    return insert_into(dialect, StepRow).from_select(names, game)


@cache
def _asking(dialect: str, is_fenced: bool) -> Any:
    return _inserting(dialect, _ASKED, is_fenced=is_fenced).on_conflict_do_nothing().returning(_STEP.c.asked_at)


@cache
def _asking_in_run(dialect: str, is_fenced: bool) -> Any:
    run = col(GameRow.runs) == bindparam("this_run")
    plays = col(GameRow.state) == GameState.PLAYING.value
    going = _inserting(dialect, _ASKED, run, plays, ~paused(), is_fenced=is_fenced)
    return going.on_conflict_do_nothing().returning(_STEP.c.asked_at)


@cache
def _keeping(dialect: str, is_fenced: bool) -> Any:
    inserting = _inserting(dialect, (*_ASKED, *_ANSWER), is_fenced=is_fenced)
    answer = {name: inserting.excluded[name] for name in ("player", "seed", *_ANSWER)}
    return inserting.on_conflict_do_update(
        index_elements=["game_id", "turn", "kind"], set_=answer, where=_STEP.c.kept_at.is_(None)
    ).returning(_STEP)


_THIS: Final = and_(*(_STEP.c[name] == bindparam(name) for name in ("game_id", "turn", "kind")))
_DROP: Final = fenced(delete(_STEP).where(_THIS, _STEP.c.kept_at.is_(None)))
_TICKET: Final = fenced(
    update(_STEP)
    .where(*(_STEP.c[name] == bindparam(f"this_{name}") for name in ("game_id", "turn", "kind")))
    .values(
        ticketed_at=bindparam("new_at"),
        ticket_reference=bindparam("new_reference"),
        ticket_found=bindparam("new_found"),
        maybe_billed_twice=bindparam("new_maybe"),
        asked_times=case((bindparam("new_found"), 1), else_=_STEP.c.asked_times),
    )
)
_AGAIN: Final = (
    update(_STEP)
    .where(*(_STEP.c[name] == bindparam(f"this_{name}") for name in ("game_id", "turn", "kind")))
    .values(asked_times=func.coalesce(_STEP.c.asked_times, 1) + 1, at_stake_usd=bindparam("new_stake"))
    .returning(_STEP.c.asked_times)
)
_POSTED: Final = fenced(
    update(PostRow)
    .where(col(PostRow.game_id) == bindparam("this_game"), col(PostRow.what) == bindparam("this_what"))
    .values(message_id=bindparam("new_id"))
)
_STORED: Final = (
    select(_STEP, col(PostRow.message_id))
    .join(GameRow, col(GameRow.id) == _STEP.c.game_id)
    .outerjoin(PostRow, and_(col(PostRow.game_id) == _STEP.c.game_id, col(PostRow.what) == bindparam("what")))
    .where(_THIS, ~col(GameRow.erased))
)


def _key(game_id: str, key: StepKey) -> dict[str, Any]:
    return {"game_id": game_id, "turn": key.turn, "kind": key.kind.value}


def _stored(connection: Connection, game_id: str, key: StepKey) -> Row[Any]:
    row = connection.execute(_STORED, _key(game_id, key) | {"what": str(key)}).first()
    if row is None:
        raise NoGame(game_id)
    return row


def _ticket(row: Row[Any]) -> Ticket | None:
    if row.ticketed_at is None:
        return None
    return Ticket(row.ticket_reference, bool(row.ticket_found), bool(row.maybe_billed_twice))
