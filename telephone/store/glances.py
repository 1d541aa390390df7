"""A glance at a game that is being played: one query that tells whether it may go on, and whether it has changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select
from sqlmodel import col

from telephone.domain.games import GameState
from telephone.domain.refusals import NoGame
from telephone.store.tables.games import DISMISSED, GameRow, OperatorRow, ReportRow, ServerRow, StepRow


@dataclass(frozen=True, slots=True)
class Glance:
    """What can change about a game between two of its steps.

    `paused`: its server, or every server, is paused. `played`, `emptied` and `reported` count its kept steps, those of
    them whose content was deleted, and the reports that no moderator dismissed; the last came at `reported_at`.
    """

    state: GameState
    run: int
    paused: bool
    prompt: str
    played: int
    emptied: int
    reported: int
    reported_at: datetime | None


def glance(connection: Connection, game_id: str) -> Glance:
    """A glance at a game. Raises NotFound, also for an erased one."""
    row = connection.execute(_GLANCE, {"game_id": game_id}).first()
    if row is None:
        raise NoGame(game_id)
    state, run, prompt, held, *changing = row
    return Glance(GameState(state), run, bool(held), prompt, *changing)


def paused() -> ColumnElement[bool]:
    """Whether the server of a query's game, or every server, is paused."""
    here = select(col(ServerRow.guild_id)).where(
        col(ServerRow.guild_id) == col(GameRow.guild_id), col(ServerRow.paused)
    )
    everywhere = select(col(OperatorRow.id)).where(col(OperatorRow.paused))
    return or_(here.correlate(GameRow).exists(), everywhere.exists())


def _of_game(what: Any, row: Any, *which: Any) -> Any:
    mine = select(what).select_from(row).where(col(row.game_id) == col(GameRow.id), *which)
    return mine.correlate(GameRow).scalar_subquery()


_OPEN: Final = col(ReportRow.state) != DISMISSED
_KEPT: Final = col(StepRow.kept_at).is_not(None)
_GLANCE: Final = select(
    col(GameRow.state),
    col(GameRow.runs),
    col(GameRow.prompt),
    paused(),
    _of_game(func.count(), StepRow, _KEPT),
    _of_game(func.count(), StepRow, _KEPT, col(StepRow.image).is_(None), col(StepRow.text).is_(None)),
    _of_game(func.count(), ReportRow, _OPEN),
    _of_game(func.max(col(ReportRow.reported_at)), ReportRow, _OPEN),
).where(col(GameRow.id) == bindparam("game_id"), ~col(GameRow.erased))
