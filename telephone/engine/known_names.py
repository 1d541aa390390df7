"""Rolling upgrades: a worker takes up the workflows that its version knows, and leaves the others to newer workers."""

from typing import Any

from dbos import DBOS


def claim_only_known(dbos: DBOS) -> None:
    """Has a queue give this process only workflows whose names are registered here.

    DBOS takes up any workflow, fails to find its code and leaves it pending under the name of a process that never runs
    it. Beside a newer version that would be every workflow which that version has brought.
    """
    system: Any = dbos._sys_db
    others, known = system._claim_gate, sorted(dbos._registry.workflow_info_map)

    def claim_gate(queue: str, partition: str | None) -> list[Any]:
        return [*others(queue, partition), system.tables.workflow_status.c.name.in_(known)]

    system._claim_gate = claim_gate
