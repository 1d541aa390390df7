"""How games are read: two queries for any number of them, put together into the values of telephone.domain.games."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final, get_args

from sqlalchemy import (
    Connection,
    Row,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from telephone.domain.games import (
    ERASED,
    HUMAN,
    Costs,
    Design,
    Game,
    GameRequest,
    GameState,
    Kind,
    Level,
    Pair,
    Place,
    Prompt,
    Step,
    StepKey,
    Turn,
)
from telephone.domain.human_turns import SeatState
from telephone.domain.messages import GameMessageKind
from telephone.store.database import in_session
from telephone.store.reservations import in_doubt
from telephone.store.tables.games import ChargeRow, DistanceRow, GameRow, PostRow, ReservationRow, StepRow
from telephone.store.tables.human_turns import SeatRow
from telephone.store.tables.members import MemberRow
from telephone.store.visibility import hidden

_PLACES: Final = tuple(
    kind.value
    for kind in (
        GameMessageKind.CARD,
        GameMessageKind.THREAD,
        GameMessageKind.OPENING,
        GameMessageKind.SUMMARY,
    )
)
"""The posts of which a Place holds the message ids, in the order of its fields."""
_GAME: Final = tuple(GameRow.__table__.columns)  # type: ignore[attr-defined]
_STEP: Final = tuple(StepRow.__table__.columns)  # type: ignore[attr-defined]
_IDS: Final = len(_GAME)
_COSTS: Final = _IDS + len(_PLACES)
"""The indices of the first message id and the first cost in a row of GAMES."""
_BATCH: Final = 1_000
"""Games whose steps are read at once; the databases bound the parameters of a query."""


def _games() -> Select[*tuple[Any, ...]]:
    posts = {what: aliased(PostRow, name=f"{what}_post") for what in _PLACES}
    query: Select[*tuple[Any, ...]] = select(*_GAME, *(col(post.message_id) for post in posts.values()))
    for what, post in posts.items():
        query = query.outerjoin(post, and_(col(post.game_id) == col(GameRow.id), col(post.what) == what))
    query = query.outerjoin(ReservationRow, col(ReservationRow.game_id) == col(GameRow.id))
    cost = col(ChargeRow.cost_usd)
    doubted = case((col(ChargeRow.doubled), cost), else_=0.0) + func.coalesce(col(ChargeRow.doubted_usd), 0.0)
    charges = [_charged(case((col(ChargeRow.why) == why, cost), else_=0.0)) for why in ("scoring", "unused")]
    return query.add_columns(col(ReservationRow.reserved), *charges, func.coalesce(_charged(doubted), 0.0) + in_doubt())


def _charged(usd: SQLColumnExpression[float]) -> ScalarSelect[Any]:
    summed = select(func.sum(usd)).where(col(ChargeRow.game_id) == col(GameRow.id))
    return summed.correlate(GameRow).scalar_subquery()


def _steps() -> Select[*tuple[Any, ...]]:
    what = cast(col(StepRow.turn), String) + col(StepRow.kind)
    shown = and_(col(PostRow.game_id) == col(StepRow.game_id), col(PostRow.what) == what)
    measured = and_(
        col(DistanceRow.game_id) == col(StepRow.game_id),
        col(DistanceRow.turn) == col(StepRow.turn),
        col(DistanceRow.embedder) == col(GameRow.embedder),
        col(StepRow.kind) == Kind.CAPTION.value,
    )
    measurement = (DistanceRow.version, DistanceRow.distance, DistanceRow.step_distance, DistanceRow.measured_at)
    return (
        select(*_STEP, col(PostRow.message_id), *map(col, measurement), hidden().label("hidden"))
        .select_from(StepRow)
        .join(GameRow, col(GameRow.id) == col(StepRow.game_id))
        .outerjoin(PostRow, shown)
        .outerjoin(DistanceRow, measured)
        .where(col(StepRow.kept_at).is_not(None), col(StepRow.game_id).in_(bindparam("ids", expanding=True)))
    )


# Built once: building this query takes longer than running it.
GAMES: Final = _games()
"""The query for games with their places; the caller adds conditions and an order."""
_ONE: Final = GAMES.where(col(GameRow.id) == bindparam("game_id"), ~col(GameRow.erased))
_STEPS: Final = _steps()
"""The query for games' kept steps; a caption occurs once for every version of the embedder that measured its turn."""
_SEAT: Final = (col(SeatRow.game_id), col(SeatRow.turn), col(SeatRow.kind))
_STAND_INS: Final = select(*_SEAT, col(SeatRow.stand_in)).where(col(SeatRow.state) == SeatState.STOOD_IN.value)
"""The query for the models that stood in for members."""
_WISHING: Final = and_(
    col(MemberRow.guild_id) == col(SeatRow.guild_id), col(MemberRow.member_id) == col(SeatRow.claimer_id)
)
_NAMED: Final = (
    select(*_SEAT, col(SeatRow.claimer_id))
    .join(MemberRow, _WISHING)
    .where(col(SeatRow.state) == SeatState.ANSWERED.value, col(MemberRow.by_name))
)
"""The query for the members who took a step and want to be named."""


async def read(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> list[Game]:
    """What `found` finds, in a session's transaction, with what the session has not written yet."""
    await session.flush()
    return await in_session(session, partial(found, query=query))


def one(connection: Connection, game_id: str) -> Game | None:
    """The game of this id with its turns; None where there is none, or it is erased."""
    return next(iter(found(connection, _ONE, game_id=game_id)), None)


def found(connection: Connection, query: Select[*tuple[Any, ...]], **values: Any) -> list[Game]:
    """The games that `query`, made from GAMES, finds, in its order, with their turns; `values` are its parameters."""
    rows = connection.execute(query, values).all()
    ids = [row.id for row in rows]
    played: dict[str, list[Row[Any]]] = defaultdict(list)
    for start in range(0, len(ids), _BATCH):
        for step in connection.execute(_STEPS, {"ids": ids[start : start + _BATCH]}):
            played[step.game_id].append(step)
    seated = [row.id for row in rows if _has_humans(row)]
    stood_in, named = _seats(connection, _STAND_INS, seated), _seats(connection, _NAMED, seated)
    games = [_game(row, Place(*row[_IDS:_COSTS]), _costs(*row[_COSTS:]), played[row.id]) for row in rows]
    if not stood_in and not named:
        return games
    nobody: Mapping[StepKey, Any] = MappingProxyType({})
    return [replace(game, stand_ins=stood_in.get(game.id, nobody), named=named.get(game.id, nobody)) for game in games]


def _seats(
    connection: Connection, query: Select[*tuple[Any, ...]], ids: Sequence[str]
) -> Mapping[str, Mapping[StepKey, Any]]:
    """The last column of `query`, _STAND_INS or _NAMED, by game and step."""
    seats: dict[str, dict[StepKey, Any]] = defaultdict(dict)
    for start in range(0, len(ids), _BATCH):
        some = col(SeatRow.game_id).in_(ids[start : start + _BATCH])
        for game_id, turn, kind, who in connection.execute(query.where(some)):
            seats[game_id][StepKey(turn, Kind(kind))] = who
    return {game_id: MappingProxyType(steps) for game_id, steps in seats.items()}


def _has_humans(row: Row[Any]) -> bool:
    return HUMAN in (row.t2i, row.i2t) or row.human_step is not None


def _costs(reserved: int | None, *charged: float | None) -> Costs:
    return Costs((reserved or 0) / 1_000_000, *(usd or 0.0 for usd in charged))


def _game(row: Row[Any], place: Place, costs: Costs, played: Sequence[Row[Any]]) -> Game:
    request = GameRequest(
        prompt=Prompt(row.prompt, Level(row.level) if row.level else None, row.slug),
        pair=Pair(row.t2i, row.i2t),
        turns=row.turns,
        seed=row.seed,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        starter_id=row.starter_id,
        nsfw=row.nsfw,
        design=_design(row.design),
        sealed=row.sealed,
        human_step=StepKey.parse(row.human_step) if row.human_step else None,
    )
    return Game(
        id=row.id,
        number=row.number,
        request=request,
        state=GameState(row.state),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        reason=row.reason,
        place=place,
        turns=_turns(played),
        embedder=row.embedder,
        run=row.runs,
        is_opened=row.opened_run == row.runs,
        voided=row.voided,
        costs=costs,
    )


def _design(name: str | None) -> Design | None:
    return next((design for design in get_args(Design) if design == name), None)


def _turns(played: Sequence[Row[Any]]) -> tuple[Turn, ...]:
    steps = {key_of(row): step_of(row, row.message_id, row.hidden) for row in played}
    distances = _newest([row for row in played if row.version is not None])
    turns = []
    for n in range(1, max((key.turn for key in steps), default=0) + 1):
        picture, caption = (steps.get(StepKey(n, kind)) for kind in (Kind.PICTURE, Kind.CAPTION))
        turns.append(Turn(n, picture, caption, *distances.get(n, (None, None)), measured=n in distances))
    return tuple(turns)


def _newest(measured: Sequence[Row[Any]]) -> Mapping[int, tuple[float | None, float | None]]:
    """Distances by turn, only of the version that measured last: distances of two versions are never mixed."""
    by_version: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in measured:
        by_version[row.version].append(row)

    def age(version: str) -> tuple[datetime, str]:
        return max(row.measured_at for row in by_version[version]), version

    newest = by_version[max(by_version, key=age)] if by_version else []
    return {row.turn: (row.distance, row.step_distance) for row in newest}


def key_of(row: StepRow | Row[Any]) -> StepKey:
    """The key of a row's step."""
    return StepKey(row.turn, Kind(row.kind))


def step_of(row: StepRow | Row[Any], message_id: int | None, hidden: bool = False) -> Step:
    """The step of a row, which must have been kept. A step without image and text is erased."""
    erased = row.image is None and row.text is None
    left = ERASED if erased and row.kind == Kind.CAPTION.value else None
    return Step(
        key=key_of(row),
        player=row.player,
        seed=row.seed,
        image=row.image,
        text=row.text or left,
        raw=row.raw or left,
        reference=row.reference,
        parameters=MappingProxyType(row.parameters or {}),
        latency_ms=row.latency_ms or 0,
        cost_usd=row.cost_usd or 0.0,
        cost_estimated=bool(row.cost_estimated),
        maybe_billed_twice=bool(row.maybe_billed_twice),
        message_id=message_id,
        hidden=hidden or erased,
        erased=erased,
    )
