"""When a step is hidden, and when it is empty: one rule for every query."""

from sqlalchemy import ColumnElement, exists
from sqlmodel import col

from telephone.store.tables.games import DISMISSED, ReportRow, StepRow


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
    """Whether what the step of a query held was deleted."""
    return col(StepRow.kept_at).is_not(None), col(StepRow.image).is_(None), col(StepRow.text).is_(None)
