"""What the journal says is under way, read beside a bot that may be running."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from telephone.engine.workflow_ids import OF_OWNERS, RESCORE

_GOING: Final = ("PENDING", "ENQUEUED", "DELAYED")


def under_way(url: str) -> set[str]:
    """The ids of the workflows that have not ended; none where no engine has run here yet. Blocks."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").exists():
        return set()
    postgres = address.get_backend_name() == "postgresql"
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg") if postgres else address, poolclass=sa.NullPool
    )
    schema = "dbos" if postgres else None
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("workflow_status", schema=schema):
            return set()
        table = sa.table("workflow_status", sa.column("workflow_uuid"), sa.column("status"), schema=schema)
        query = sa.select(table.c.workflow_uuid).where(table.c.status.in_(_GOING))
        return set(connection.execute(query).scalars())


def owner_of(workflow_id: str) -> str | None:
    """The game, battle, party or job that a workflow is of; None for one of another kind."""
    for kind in sorted((*OF_OWNERS, RESCORE), key=len, reverse=True):
        if workflow_id.startswith(f"{kind}-"):
            return workflow_id.removeprefix(f"{kind}-").partition("-")[0]
    return None
