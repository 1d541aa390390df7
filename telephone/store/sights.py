"""Sights: what those who wait for games, battles, parties or rescores must know of them, for many of them in one query.

What is seen is only compared: whoever waits and is told that it has changed reads the rest himself.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Select, and_, func, or_, select
from sqlmodel import col

from telephone.domain.games import GameState
from telephone.domain.human_turns import SeatState
from telephone.domain.rescores import RescoreState
from telephone.store.glances import paused
from telephone.store.tables.battles import BattleRow, SideRow
from telephone.store.tables.games import GameRow, OperatorRow, ServerRow, StepRow
from telephone.store.tables.human_turns import SeatRow
from telephone.store.tables.parties import GuestRow, PartyRow
from telephone.store.tables.rescores import RescoreRow

Seen: TypeAlias = tuple[Any, ...]
_BATCH: Final = 1_000
"""How many are looked at in one query; the databases bound its parameters."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What is seen of one kind: rows of `query`, whose first column is the id. The key is `id_column`.

    `stirs`: its changes are not told by name, so any write of this process may be one.
    """

    query: Select[*tuple[Any, ...]]
    id_column: Any
    stirs: bool = True

    def look(self, connection: Connection, ids: Sequence[str]) -> dict[str, Seen]:
        """What is seen of these, by id; nothing of one that is gone."""
        found: dict[str, list[Seen]] = defaultdict(list)
        for start in range(0, len(ids), _BATCH):
            some = self.query.where(self.id_column.in_(ids[start : start + _BATCH]))
            for owner_id, *rest in connection.execute(some):
                found[owner_id].append(tuple(rest))
        return {owner_id: tuple(rows) for owner_id, rows in found.items()}


def playing(run: int) -> Seen:
    """What GAMES sees of a game that plays this run and may go on."""
    return ((GameState.PLAYING.value, run, False),)


def _paused(row: type[PartyRow] | type[RescoreRow]) -> Any:
    here = select(col(ServerRow.guild_id)).where(col(ServerRow.guild_id) == col(row.guild_id), col(ServerRow.paused))
    everywhere = select(col(OperatorRow.id)).where(col(OperatorRow.paused))
    return or_(here.correlate(row).exists(), everywhere.exists())


def _of_album(what: Any, row: Any, *which: Any) -> Any:
    mine = select(what).select_from(row).where(col(row.game_id) == col(GameRow.id), *which)
    return mine.correlate(GameRow).scalar_subquery()


_PLAYED: Final = _of_album(func.count(), StepRow, col(StepRow.kept_at).is_not(None))
_UNSETTLED: Final = col(SeatRow.state).in_((SeatState.OPEN.value, SeatState.CLAIMED.value))

GAMES: Final = Sight(
    select(col(GameRow.id), col(GameRow.state), col(GameRow.runs), paused()).where(~col(GameRow.erased)),
    col(GameRow.id),
    stirs=False,
)
BATTLES: Final = Sight(
    select(
        col(BattleRow.id),
        col(BattleRow.state),
        col(BattleRow.runs),
        col(SideRow.place),
        col(SideRow.dropped).is_(None),
        col(GameRow.state),
        col(GameRow.runs),
        col(GameRow.voided),
        _PLAYED,
    )
    .join(SideRow, col(SideRow.battle_id) == col(BattleRow.id))
    .join(GameRow, col(GameRow.id) == col(SideRow.game_id))
    .where(~col(BattleRow.erased))
    .order_by(col(BattleRow.id), col(SideRow.place)),
    col(BattleRow.id),
)
PARTIES: Final = Sight(
    select(
        col(PartyRow.id),
        col(PartyRow.state),
        col(PartyRow.runs),
        col(PartyRow.round),
        col(PartyRow.due_at),
        _paused(PartyRow),
        col(GuestRow.member_id),
        col(GuestRow.left_at).is_(None),
        col(GuestRow.prompt).is_(None),
        col(GameRow.state),
        col(GameRow.runs),
        _PLAYED,
        _of_album(func.count(), SeatRow, _UNSETTLED),
        _of_album(func.max(col(SeatRow.deadline)), SeatRow, _UNSETTLED),
        _of_album(func.max(col(SeatRow.claim_expires_at)), SeatRow, _UNSETTLED),
    )
    .outerjoin(GuestRow, col(GuestRow.party_id) == col(PartyRow.id))
    .outerjoin(GameRow, and_(col(GameRow.id) == col(GuestRow.game_id), ~col(GameRow.erased)))
    .order_by(col(PartyRow.id), col(GuestRow.member_id)),
    col(PartyRow.id),
)
RESCORES: Final = Sight(
    select(col(RescoreRow.id), col(RescoreRow.state), _paused(RescoreRow)),
    col(RescoreRow.id),
)
AT_WORK: Final[Seen] = ((RescoreState.RUNNING.value, False),)
"""What RESCORES sees of a job that may go on."""
