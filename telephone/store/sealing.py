"""When a game is sealed: one rule for every query.

A game of a designed battle is nobody's to see until the battle has closed, or is void: its names, its distances, and
even that it has finished would tell the voters something. A game that members play sealed is nobody's to see until
it has ended: who has read of it may take no turn.
"""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import col

from telephone.domain.battles import BattleState
from telephone.domain.games import GameState
from telephone.store.tables.battles import BattleRow, SideRow
from telephone.store.tables.games import GameRow

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
