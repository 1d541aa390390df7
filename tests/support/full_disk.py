"""A disk on which a SQLite file cannot grow for a while."""

import sqlite3

import sqlalchemy as sa

_ROOM = 1_073_741_823
"""SQLite's own limit of the pages of a file."""


class Disk:
    """The disk that the files of some engines are on, which can be full: they then take no page more."""

    def __init__(self) -> None:
        self.is_full = False

    def hold(self, engine: sa.Engine) -> None:
        """Puts the file of an engine on this disk."""

        @sa.event.listens_for(engine, "checkout")
        def bound(connection: sqlite3.Connection, *_: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {1 if self.is_full else _ROOM}")
