"""Brings a database to the tables of this version, before anything else touches it."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from telephone.errors import Misconfigured, Unreachable
from telephone.store.database import engine_options, is_sqlite, set_up_sqlite

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_ELSEWHERE: Final = "Let this user write there, or name another place by TELEPHONE_DATA_DIR or TELEPHONE_DATABASE_URL."
_SQLITE_LATER: Final = ("locked", "busy", "disk is full", "disk i/o error")
_POSTGRES_NEVER: Final = (
    "authentication failed",
    "does not exist",
    "pg_hba.conf",
    "no password supplied",
    "permission",
)
"""Words of a Postgres that answers, and lets nobody in by this address. Everything else may pass: no connection, a
restart, no free connection."""
_LOCK: Final = 0x7E1E_9407
"""The key of the advisory lock under which Postgres is migrated."""


def upgrade(url: URL) -> None:
    """Creates the file's folder, then the tables, or changes them to this version's. Blocks.

    All in one transaction and under a lock, so that several processes may start at once. Raises
    Unreachable when the database does not answer now, and Misconfigured when it is none or newer than this version.
    """
    shown = str(url.database) if is_sqlite(url) else url.render_as_string(hide_password=True)
    try:
        if is_sqlite(url):
            _make_folder(Path(shown).parent)
        _migrate(url)
    except CommandError as error:
        raise Misconfigured(
            "The database was made by a newer version of AI Telephone; please update this one.", f"{shown}: {error}"
        ) from error
    except DBAPIError as error:
        if may_pass(error, url):
            raise Unreachable(f"The database {shown} does not answer; see that it runs.", _first_line(error)) from error
        advice = f" {_ELSEWHERE}" if is_sqlite(url) else ""
        raise Misconfigured(f"The database {shown} cannot be opened: {_first_line(error)}{advice}") from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"The database's folder cannot be made: {folder.absolute()} ({error.strerror})."
        raise Misconfigured(f"{why} {_ELSEWHERE}") from error


def _migrate(url: URL) -> None:
    driver = "sqlite+pysqlite" if is_sqlite(url) else url.drivername
    plain = create_engine(url.set(drivername=driver), poolclass=NullPool, **engine_options(url))
    if is_sqlite(url):
        set_up_sqlite(plain)
    engine = plain.execution_options(telephone_writes=True)
    with engine.begin() as connection:
        if not is_sqlite(url):
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(configured(connection), "head")


def may_pass(error: DBAPIError, url: URL) -> bool:
    """Whether a database that could not be opened may be there later, with the same address."""
    if not isinstance(error, OperationalError):
        return False
    said = str(error.orig).lower()
    if is_sqlite(url):
        return any(words in said for words in _SQLITE_LATER)
    return not any(words in said for words in _POSTGRES_NEVER)


def configured(connection: Connection) -> Config:
    """Alembic's configuration for the migrations of this package, to run inside the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return f"{lines[0].rstrip('.')}." if lines else "it gave no reason."
