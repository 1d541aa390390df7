"""How games are read: two queries for any number of them, put together into the values of telephone.domain.games."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, get_args

from sqlalchemy import Row, ScalarSelect, Select, SQLColumnExpression, String, and_, case, cast, func, select
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
_COSTS: Final = 1 + len(_PLACES)
"""The index of the first cost in a row of GAMES, after the game and its message ids."""
_BATCH: Final = 1_000
"""Games whose steps are read at once; the databases bound the parameters of a query."""


class Played(NamedTuple):
    """One stored step, the message that shows it, and one measurement of its turn."""

    step: StepRow
    message_id: int | None
    measured: DistanceRow | None
    hidden: bool


def _games() -> Select[*tuple[Any, ...]]:
    posts = {what: aliased(PostRow, name=f"{what}_post") for what in _PLACES}
    query: Select[*tuple[Any, ...]] = select(GameRow, *(col(post.message_id) for post in posts.values()))
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


def _steps() -> Select[StepRow, int | None, DistanceRow, bool]:
    what = cast(col(StepRow.turn), String) + col(StepRow.kind)
    shown = and_(col(PostRow.game_id) == col(StepRow.game_id), col(PostRow.what) == what)
    measured = and_(
        col(DistanceRow.game_id) == col(StepRow.game_id),
        col(DistanceRow.turn) == col(StepRow.turn),
        col(DistanceRow.embedder) == col(GameRow.embedder),
        col(StepRow.kind) == Kind.CAPTION.value,
    )
    return (
        select(StepRow, col(PostRow.message_id), DistanceRow, hidden())
        .join(GameRow, col(GameRow.id) == col(StepRow.game_id))
        .outerjoin(PostRow, shown)
        .outerjoin(DistanceRow, measured)
        .where(col(StepRow.kept_at).is_not(None))
    )


# Built once: building this query takes longer than running it.
GAMES: Final = _games()
"""The query for games with their places; the caller adds conditions and an order."""
_STEPS: Final = _steps()
"""The query for kept steps; a caption occurs once for every version of the embedder that measured its turn."""
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
    """The games that `query`, made from GAMES, finds, in its order, with their turns."""
    found = (await session.execute(query)).all()
    ids = [row[0].id for row in found]
    played: dict[str, list[Played]] = defaultdict(list)
    for start in range(0, len(ids), _BATCH):
        for row in await session.execute(_STEPS.where(col(StepRow.game_id).in_(ids[start : start + _BATCH]))):
            played[row[0].game_id].append(Played(*row))
    seated = [row[0].id for row in found if _has_humans(row[0])]
    stood_in, named = await _seats(session, _STAND_INS, seated), await _seats(session, _NAMED, seated)
    games = [_game(row[0], Place(*row[1:_COSTS]), _costs(*row[_COSTS:]), played[row[0].id]) for row in found]
    if not stood_in and not named:
        return games
    nobody: Mapping[StepKey, Any] = MappingProxyType({})
    return [replace(game, stand_ins=stood_in.get(game.id, nobody), named=named.get(game.id, nobody)) for game in games]


async def _seats(
    session: AsyncSession, query: Select[*tuple[Any, ...]], ids: Sequence[str]
) -> Mapping[str, Mapping[StepKey, Any]]:
    """The last column of `query`, _STAND_INS or _NAMED, by game and step."""
    found: dict[str, dict[StepKey, Any]] = defaultdict(dict)
    for start in range(0, len(ids), _BATCH):
        some = col(SeatRow.game_id).in_(ids[start : start + _BATCH])
        for game_id, turn, kind, who in await session.execute(query.where(some)):
            found[game_id][StepKey(turn, Kind(kind))] = who
    return {game_id: MappingProxyType(steps) for game_id, steps in found.items()}


def _has_humans(row: GameRow) -> bool:
    return HUMAN in (row.t2i, row.i2t) or row.human_step is not None


def _costs(reserved: int | None, *charged: float | None) -> Costs:
    return Costs((reserved or 0) / 1_000_000, *(usd or 0.0 for usd in charged))


def _game(row: GameRow, place: Place, costs: Costs, played: Sequence[Played]) -> Game:
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


def _turns(played: Sequence[Played]) -> tuple[Turn, ...]:
    steps = {key_of(one.step): step_of(one.step, one.message_id, one.hidden) for one in played}
    distances = _newest([one.measured for one in played if one.measured is not None])
    turns = []
    for n in range(1, max((key.turn for key in steps), default=0) + 1):
        picture, caption = (steps.get(StepKey(n, kind)) for kind in (Kind.PICTURE, Kind.CAPTION))
        turns.append(Turn(n, picture, caption, *distances.get(n, (None, None)), measured=n in distances))
    return tuple(turns)


def _newest(measured: Sequence[DistanceRow]) -> Mapping[int, tuple[float | None, float | None]]:
    """Distances by turn, only of the version that measured last: distances of two versions are never mixed."""
    by_version: dict[str, list[DistanceRow]] = defaultdict(list)
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
