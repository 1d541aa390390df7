"""When a step is hidden, empty, sealed or blind: one rule each for every query."""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import col

from telephone.domain.battles import BattleState
from telephone.domain.games import GameState
from telephone.store.tables.battles import BattleRow, SideRow
from telephone.store.tables.games import DISMISSED, GameRow, ReportRow, StepRow


def hidden() -> ColumnElement[bool]:
    """Whether the step of a query has a report that no moderator dismissed."""
    return (
        exists()
        .where(
            col(ReportRow.game_id) == col(StepRow.game_id),
            col(ReportRow.turn) == col(StepRow.turn),
            col(ReportRow.kind) == col(StepRow.kind),
            col(ReportRow.state) != DISMISSED,
        )
        .correlate(StepRow)
    )


def emptied() -> tuple[ColumnElement[bool], ...]:
    """The conditions for a step whose content was deleted."""
    return col(StepRow.kept_at).is_not(None), col(StepRow.image).is_(None), col(StepRow.text).is_(None)


OPEN = tuple(state.value for state in BattleState if not state.is_final)

_UNENDED = tuple(state.value for state in GameState if not state.is_final)


def sealed() -> ColumnElement[bool]:
    """Whether nothing of the game of a query may be shown yet."""
    return or_(blind(), veiled())


def veiled() -> ColumnElement[bool]:
    """Whether the game of a query is played sealed and has not ended."""
    return and_(col(GameRow.sealed), col(GameRow.state).in_(_UNENDED))


def blind() -> ColumnElement[bool]:
    """Whether the game of a query is a side of a battle that is still blind."""
    return (
        exists()
        .where(
            col(SideRow.game_id) == col(GameRow.id),
            col(BattleRow.id) == col(SideRow.battle_id),
            col(BattleRow.designed),
            col(BattleRow.state).in_(OPEN),
        )
        .correlate(GameRow)
    )
