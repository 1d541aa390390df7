"""Brings a database to the tables of this version, before anything else touches it."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    MetaData,
    NullPool,
    PrimaryKeyConstraint,
    String,
    Table,
    create_engine,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError

from telephone.errors import Misconfigured, Occupied, Unreachable
from telephone.store.database import engine_options, is_sqlite, set_up_sqlite
from telephone.store.tables.games import Row

if TYPE_CHECKING:
    from alembic.config import Config

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
_VERSION: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""The table in which Alembic keeps the revision of a database, as it makes it itself."""
STOP_OLDER: Final = (
    "This version changes the database so that processes of older versions cannot go on; stop all others first, then "
    "start this one. Nothing was changed."
)
WORKERS: Final = 0x7E1E
"""The first key of the locks that tell which processes live."""
_LIVING: Final = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :space AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_LOCK: Final = 0x7E1E_9407
"""The key of the advisory lock under which Postgres is migrated."""


def upgrade(url: URL) -> None:
    """Creates the file's folder, then the tables, or changes them to this version's. Blocks.

    A new database gets its tables as they are now; only what an earlier version made is migrated, step by step. All
    in one transaction and under a lock, so that several processes may start at once. Raises Unreachable when the
    database does not answer now, Misconfigured when it is none or newer than this version, and Occupied, before
    anything is changed, where other processes run that could not go on.
    """
    shown = str(url.database) if is_sqlite(url) else url.render_as_string(hide_password=True)
    try:
        if is_sqlite(url):
            _make_folder(Path(shown).parent)
        _migrate(url, shown)
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


def _migrate(url: URL, shown: str) -> None:
    driver = "sqlite+pysqlite" if is_sqlite(url) else url.drivername
    plain = create_engine(url.set(drivername=driver), poolclass=NullPool, **engine_options(url))
    if is_sqlite(url):
        set_up_sqlite(plain)
    engine = plain.execution_options(telephone_writes=True)
    if _revision(engine) == newest_revision():
        return
    with engine.begin() as connection:
        if not is_sqlite(url):
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _is_new(connection):
            create(connection)
        else:
            _change(connection, shown)


def _is_new(connection: Connection) -> bool:
    """Whether a database has none of our tables, nor Alembic's."""
    return not {_VERSION.name, *Row.metadata.tables} & set(inspect(connection).get_table_names())


def create(connection: Connection) -> None:
    """Makes the tables of this version in a new database, at once and not by all migrations since the first."""
    for metadata in (Row.metadata, _VERSION.metadata):
        metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(_VERSION).values(version_num=newest_revision()))


def _change(connection: Connection, shown: str) -> None:
    # Loaded only where there is something to change: it takes longer than all other looks at an open database.
    from alembic import command
    from alembic.util.exc import CommandError

    try:
        config = configured(connection)
        if _ends_older(config, connection) and _others_live(connection):
            raise Occupied(STOP_OLDER)
        command.upgrade(config, "head")
    except CommandError as error:
        newer = "The database was made by a newer version of AI Telephone; please update this one."
        raise Misconfigured(newer, f"{shown}: {error}") from error


def _ends_older(config: "Config", connection: Connection) -> bool:
    """Whether a migration that is to come leaves a database with which older versions cannot go on."""
    from alembic.script import ScriptDirectory
    from alembic.script.revision import RevisionError

    has = connection.execute(select(_VERSION.c.version_num)).scalar()
    try:
        coming = list(ScriptDirectory.from_config(config).iterate_revisions("head", has or "base"))
    except RevisionError:  # a newer version's, which Alembic says in its own words
        return False
    return any(not getattr(one.module, "lives_with_older", True) for one in coming)


def _others_live(connection: Connection) -> bool:
    """Whether another process works on a Postgres now; it holds a lock on its name (telephone/engine/lease.py)."""
    return connection.dialect.name == "postgresql" and bool(connection.execute(_LIVING, {"space": WORKERS}).scalar())


def newest_revision() -> str:
    """The revision of this version's tables: the names of the migrations begin with theirs, in their order."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _revision(engine: Engine) -> str | None:
    """The revision that a database has; None where it has none yet, or several."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revisions = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return revisions[0] if len(revisions) == 1 else None


def may_pass(error: DBAPIError, url: URL) -> bool:
    """Whether a database that could not be opened may be there later, with the same address."""
    if not isinstance(error, OperationalError):
        return False
    said = str(error.orig).lower()
    if is_sqlite(url):
        return any(words in said for words in _SQLITE_LATER)
    return not any(words in said for words in _POSTGRES_NEVER)


def configured(connection: Connection) -> "Config":
    """Alembic's configuration for the migrations of this package, to run inside the connection's transaction."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return f"{lines[0].rstrip('.')}." if lines else "it gave no reason."
