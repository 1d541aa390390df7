"""Fencing on Postgres: an execution of a workflow that lost it to another one writes nothing any more.

The statements that write a step, or a message of a game, compare the execution's token with the one in the journal,
which is in the same database, and lock its row, so that the workflow is not handed on before the transaction ends. So
does each other transaction that writes, by a statement of its own. A SQLite file has one process and needs no fence.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    select,
)

from telephone.domain.ownership import Ownership, TakenOver, owned

Build: TypeAlias = Callable[[str, bool], Any]
"""Builds a statement: for a dialect, and with a fence or without."""
JOURNAL: Final = Table(
    "workflow_status", MetaData(), Column("workflow_uuid", Text), Column("owner_xid", Text), schema="dbos"
)
"""The table of the engine's journal, as far as a fence reads it."""


def owns() -> ColumnElement[bool]:
    """The condition, of a statement that joins JOURNAL and locks its rows, that the execution has its workflow."""
    mine = JOURNAL.c.workflow_uuid == bindparam("fenced_workflow", type_=Text)
    return and_(mine, JOURNAL.c.owner_xid == bindparam("fenced_token", type_=Text))


def fenced(statement: Any) -> Build:
    """An UPDATE or DELETE for `execute`, which changes nothing where the execution has lost its workflow."""
    behind_a_fence = statement.where(_LOCKED.exists())
    return lambda _, is_fenced: behind_a_fence if is_fenced else statement


def execute(connection: Connection, build: Build, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Runs a statement that `build` builds for a dialect, with a fence or without."""
    here = _execution(connection)
    return connection.execute(build(connection.dialect.name, here is not None), {**values, **_binds(here)})


def check(connection: Connection) -> None:
    """Raises TakenOver where the execution that writes here has lost its workflow."""
    here = _execution(connection)
    if here is not None and connection.execute(_LOCKED, _binds(here)).first() is None:
        raise TakenOver


def _execution(connection: Connection) -> Ownership | None:
    """The execution that writes here and is to be compared with the journal; None where none is."""
    return owned() if connection.dialect.name == "postgresql" else None


def _binds(here: Ownership | None) -> dict[str, str]:
    return {} if here is None else {"fenced_workflow": here.workflow_id, "fenced_token": here.token}


_LOCKED: Final[Select[Any]] = select(JOURNAL.c.owner_xid).where(owns()).with_for_update(read=True)
