"""The journal's two statements of a durable step, one to look for its result and one to store it, each built once.

DBOS looks by two queries and stores by two writes, and builds all four anew for every step: half of what a durable step
costs. The statements here ask for the same and store the same, in the same transactions; whatever is rarer than a step
of a workflow is left to DBOS.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa
from dbos import DBOS
from dbos import error as dbos_error
from dbos._context import current_owner_xid

_GIVEN = (
    *("workflow_uuid", "function_id", "function_name", "started_at_epoch_ms", "completed_at_epoch_ms"),
    *("output", "error", "child_workflow_id", "serialization", "application_name"),
)
"""The columns of a result that are given; when it may be swept is the database's own clock."""


def speed_up(dbos: DBOS) -> None:
    """Has `dbos`, which was launched, use these statements for the steps of workflows.

    They take the place of two private methods of the pinned DBOS.
    """
    journal: Any = dbos._sys_db
    if journal.sharded:
        return
    journal._check_operation_execution_txn = partial(_look, _looking(journal.tables))
    journal._record_operation_result_txn = partial(
        _store, _storing(journal), journal._record_operation_result_txn, journal.app_name
    )


def _look(query: Any, workflow_id: str, function_id: int, function_name: str, connection: Any) -> Any:
    """The result of a step as it is stored; None where there is none yet.

    Raises DBOSWorkflowCancelledError in a cancelled workflow, DBOSUnexpectedStepError for the result of another step.
    """
    row = connection.execute(query, {"workflow": workflow_id, "step": function_id}).first()
    assert row is not None, f"Error: Workflow {workflow_id} does not exist"
    status, found, output, error, name, child, serialization = row
    if status == "CANCELLED":
        raise dbos_error.DBOSWorkflowCancelledError(f"Workflow {workflow_id} is cancelled. Aborting function.")
    if found is None:
        return None
    if name != function_name:
        raise dbos_error.DBOSUnexpectedStepError(
            workflow_id=workflow_id, step_id=function_id, expected_name=function_name, recorded_name=name
        )
    return {
        "output": output,
        "error": error,
        "serialization": serialization,
        "child_workflow_id": child,
        "child_shard_key": None,
    }


def _store(  # noqa: PLR0917
    insert: Any,
    plainly: Callable[..., None],
    application: str | None,
    result: Any,
    completed_at: int,
    connection: Any,
    *,
    owner_xid: str | None = None,
    child_values: Any = None,
) -> None:
    """Stores the result of a step, if the workflow is still its own; `plainly` is how DBOS does.

    Raises DBOSWorkflowConflictIDError where another execution owns the workflow now, and DBOSStepNondeterminismError
    where another result of the step is stored.
    """
    workflow_id = result["workflow_uuid"]
    owner = owner_xid or current_owner_xid(workflow_id)
    if owner is None or child_values:
        plainly(result, completed_at, connection, owner_xid=owner_xid, child_values=child_values)
        return
    values = {**result, "completed_at_epoch_ms": completed_at, "application_name": application}
    given = {f"new_{name}": values[name] for name in _GIVEN}
    stored = connection.execute(insert, given | {"owner": owner}).first()
    if stored is None:
        raise dbos_error.DBOSWorkflowConflictIDError(workflow_id)
    if stored[0] is None or int(stored[0]) != completed_at:
        raise dbos_error.DBOSStepNondeterminismError(workflow_id, result["function_id"])


def _looking(tables: Any) -> Any:
    workflow, step = tables.workflow_status.c, tables.operation_outputs.c
    both = sa.and_(step.workflow_uuid == workflow.workflow_uuid, step.function_id == sa.bindparam("step"))
    found = (step.function_id, step.output, step.error, step.function_name, step.child_workflow_id, step.serialization)
    query = sa.select(workflow.status, *found).select_from(
        tables.workflow_status.outerjoin(tables.operation_outputs, both)
    )
    return query.where(workflow.workflow_uuid == sa.bindparam("workflow"))


def _storing(journal: Any) -> Any:
    """An INSERT of a result whose workflow `owner` owns; locks the workflow's row, so that it stays so."""
    workflow, step = journal.tables.workflow_status.c, journal.tables.operation_outputs
    given = [sa.bindparam(f"new_{name}", type_=step.c[name].type) for name in _GIVEN]
    mine = sa.select(*given, journal._now_ms_sql()).where(
        workflow.workflow_uuid == given[0], workflow.owner_xid == sa.bindparam("owner")
    )
    names = [*_GIVEN, "retention_timestamp"]
    insert = journal.dialect.insert(step).from_select(names, mine.with_for_update(key_share=True))
    return insert.on_conflict_do_update(
        index_elements=["workflow_uuid", "function_id"],
        set_={"completed_at_epoch_ms": step.c.completed_at_epoch_ms},
    ).returning(step.c.completed_at_epoch_ms)
