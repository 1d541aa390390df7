"""The SQL that a piece of code sends, and what it costs a SQLite file: the plan of each statement, and its work."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

GROWING: Final = frozenset(
    {
        *("game", "step", "post", "distance", "reservation", "expense", "charge", "report", "vector", "image"),
        *("battle", "side", "battle_post", "vote", "poll", "party", "guest", "party_post"),
        *("seat", "sight", "guess", "prompt", "member"),
    }
)
"""The tables that grow as games are played. The others have a row for each server, or for what its admins ordered."""
_PLANNED: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH R")
_SCAN: Final = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
_NAMES: Final = re.compile(r'(?:FROM|JOIN|UPDATE|INTO|,)\s+"?(\w+)"?(?:\s+AS\s+"?(\w+)"?)?')
_EVERY: Final = 20
"""SQLite is asked how far it is every so many instructions."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One statement as it was sent to the database, with its parameters."""

    statement: str
    parameters: Any

    def plan(self, connection: sqlite3.Connection) -> list[str]:
        """The lines of SQLite's plan."""
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {self.statement}", self.parameters)]

    def scanned(self, connection: sqlite3.Connection) -> list[str]:
        """The growing tables that the statement reads from one end to the other; an index on a part of them is none."""
        tables = {alias or table: table for table, alias in _NAMES.findall(self.statement) if table in GROWING}
        partial = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
        parts = {name for (name,) in connection.execute(partial)}
        found = (match for line in self.plan(connection) if (match := _SCAN.match(line)))
        return [tables[match[1]] for match in found if match[1] in tables and match[2] not in parts]

    def work(self, connection: sqlite3.Connection) -> int:
        """About how many instructions SQLite runs for the statement, whose changes are rolled back.

        A row that is there already is found by its keys, whose work is counted, and inserted no second time.
        """
        done = 0

        def count() -> int:
            nonlocal done
            done += _EVERY
            return 0

        connection.set_progress_handler(count, _EVERY)
        try:
            connection.execute("BEGIN")
            with suppress(sqlite3.IntegrityError):
                connection.execute(self.statement, self.parameters).fetchall()
        finally:
            connection.rollback()
            connection.set_progress_handler(None, 0)
        return done


@contextmanager
def recording() -> Iterator[list[Asked]]:
    """Gathers what is asked of every database of this process through SQLAlchemy."""
    asked: list[Asked] = []

    def sent(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.lstrip()[:6].upper() in _PLANNED:
            asked.append(Asked(statement, parameters[0] if many else parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", sent)
    try:
        yield asked
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", sent)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of its own to a SQLite file, which begins no transactions by itself."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        yield connection
