"""Whole copies of the store: out of either database into a SQLite file, and out of such a file into either.

The engine's journal is no part of a copy: the store tells what is under way, and a run without a journal is begun again
where its game stands, as after any fault. So a copy is one state of one database, and two parts cannot disagree.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    URL,
    Connection,
    Engine,
    NullPool,
    Table,
    bindparam,
    create_engine,
    inspect,
    select,
    text,
)

from telephone.errors import Misconfigured
from telephone.store.database import engine_options, is_sqlite, set_up_sqlite
from telephone.store.migrate import create, newest_revision
from telephone.store.tables.games import Row

_ROWS: Final = 1_000
"""Rows that are copied at once."""
_TOKENS: Final = {
    "acknowledged": "DELETE FROM acknowledged",
    "seat": "UPDATE seat SET claim_token = NULL WHERE claim_token IS NOT NULL",
}
"""By table, what takes Discord's tokens out of a copy: they end within 15 minutes, and grant access until then."""


def copy_out(url: URL, to: Path) -> str:
    """Writes one state of a database into a new SQLite file, without tokens; returns its tables' revision. Blocks.

    Nobody who writes meanwhile waits for it. Raises Misconfigured where there is nothing to copy.
    """
    if is_sqlite(url):
        _copy_file(Path(str(url.database)), to)
    else:
        _copy_tables(url, to)
    with closing(sqlite3.connect(to, isolation_level=None)) as copy:
        tables = {str(name) for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "alembic_version" not in tables:
            raise Misconfigured(f"The database {url.render_as_string(hide_password=True)} holds no games yet.")
        for table, statement in _TOKENS.items():
            if table in tables:
                copy.execute(statement)
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("VACUUM")  # what was deleted is not in the file's bytes either
        return str(copy.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def shown_in(copy: Path) -> list[str]:
    """The pictures (sha256) that a step in a copy shows, each once."""
    with closing(sqlite3.connect(copy)) as connection:
        query = "SELECT DISTINCT image FROM step WHERE image IS NOT NULL ORDER BY image"
        return [str(sha256) for (sha256,) in connection.execute(query)]


def copy_in(copy: Path, url: URL) -> None:
    """Fills an empty Postgres database from a copy with the tables of this version, in one transaction. Blocks.

    Raises Misconfigured where it has tables of ours already.
    """
    source, target = _opened(URL.create("sqlite+pysqlite", database=str(copy))), _opened(url)
    with source.connect() as rows, target.begin() as into:
        if not is_empty(into):
            raise Misconfigured(
                "That database holds games already; make a new, empty one and name it by TELEPHONE_DATABASE_URL."
            )
        create(into)
        for table in Row.metadata.sorted_tables:
            _copy_rows(rows, into, table)


def is_empty(connection: Connection) -> bool:
    """Whether a database has none of our tables."""
    return not set(Row.metadata.tables) & set(inspect(connection).get_table_names())


def is_empty_at(url: URL) -> bool:
    """Whether a Postgres database has none of our tables. Blocks."""
    with _opened(url).connect() as connection:
        return is_empty(connection)


def _copy_file(source: Path, to: Path) -> None:
    if not source.exists():
        raise Misconfigured(f"There is no database {source} to copy; see TELEPHONE_DATA_DIR.")
    with closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))


def _copy_tables(url: URL, to: Path) -> None:
    source, target = _opened(url), _opened(URL.create("sqlite+pysqlite", database=str(to)))
    one_state = source.execution_options(isolation_level="REPEATABLE READ")
    with one_state.connect() as rows, target.begin() as into:
        found = None if is_empty(rows) else rows.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if found != newest_revision():
            why = (
                "holds no games yet" if found is None else "was made by another version; make the backup with that one"
            )
            raise Misconfigured(f"The database {url.render_as_string(hide_password=True)} {why}.")
        create(into)
        for table in Row.metadata.sorted_tables:
            _copy_rows(rows, into, table)


def _copy_rows(source: Connection, target: Connection, table: Table) -> None:
    found = source.execution_options(yield_per=_ROWS).execute(select(table)).mappings()
    # JSON types write None as JSON's null; what was no value stays none.
    types = {one.name: JSON(none_as_null=True) if isinstance(one.type, JSON) else one.type for one in table.columns}
    insert = table.insert().values({name: bindparam(f"copied_{name}", type_=kind) for name, kind in types.items()})
    for batch in _batches({f"copied_{name}": value for name, value in row.items()} for row in found):
        target.execute(insert, batch)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, _ROWS)):
        yield batch


def _opened(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite") if is_sqlite(url) else url, poolclass=NullPool, **engine_options(url)
    )
    if is_sqlite(url):
        set_up_sqlite(engine)
    return engine
