"""One contract, two databases: a test that takes `store` or `url` runs on SQLite and on Postgres.

Their tables are made once and copied; a test of how tables are made takes `empty_url`.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from telephone.store import Store
from telephone.store.database import read_url
from telephone.store.migrate import upgrade
from tests.support.postgres import NoPostgres, new_database, running_postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    try:
        with running_postgres() as server:
            yield server
    except NoPostgres as reason:
        pytest.skip(f"no Postgres can be started here: {reason}")


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: str) -> Iterator[str]:
    """The name of a database that has the tables."""
    with new_database(postgres_server) as url:
        upgrade(read_url(url))
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has the tables."""
    path = tmp_path_factory.mktemp("tables") / "telephone.sqlite"
    upgrade(read_url(_url(path)))
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return _url(tmp_path / "telephone.sqlite")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture
def sqlite_copy(tmp_path: Path, sqlite_tables: Path) -> str:
    return _url(shutil.copy(sqlite_tables, tmp_path / "telephone.sqlite"))


@pytest.fixture
def postgres_copy(postgres_server: str, postgres_tables: str) -> Iterator[str]:
    with new_database(postgres_server, like=postgres_tables) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_copy"))


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await Store.open(url) as opened:
        yield opened


def _url(path: Path) -> str:
    return f"sqlite:///{path}"
