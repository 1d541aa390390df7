"""A Postgres that the bench starts for itself, from the wheel that the tests use."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.postgres import NoPostgres, new_database, running_postgres


@contextmanager
def fresh() -> Iterator[str]:
    """The URL of an empty database on a server of its own. Ends the bench where none can be started."""
    try:
        with running_postgres() as server, new_database(server) as url:
            yield url
    except NoPostgres as error:
        raise SystemExit(f"Postgres cannot be started here ({error}); give the URL of one with --database.") from error
