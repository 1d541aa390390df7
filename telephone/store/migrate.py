"""Brings a database to the tables of this version, before anything else touches it."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from telephone.errors import Misconfigured
from telephone.store.database import engine_options, is_sqlite, set_up_sqlite

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_ELSEWHERE: Final = "Let this user write there, or name another place by TELEPHONE_DATA_DIR or TELEPHONE_DATABASE_URL."
_LOCK: Final = 0x7E1E_9407
"""The key of the advisory lock under which Postgres is migrated."""


def upgrade(url: URL) -> None:
    """Creates the file's folder, then the tables, or changes them to this version's. Blocks.

    All in one transaction and under a lock, so that several processes may start at once. Raises
    Misconfigured when the database cannot be reached, is none, or is newer than this version.
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


def configured(connection: Connection) -> Config:
    """Alembic's configuration for the migrations of this package, to run inside the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return f"{lines[0].rstrip('.')}." if lines else "it gave no reason."
