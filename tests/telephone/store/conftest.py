"""One contract, two databases: a test that takes `store` or `url` runs on SQLite and on Postgres."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from telephone.store import Store
from tests.support.postgres import NoPostgres, new_database, running_postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    try:
        with running_postgres() as server:
            yield server
    except NoPostgres as reason:
        pytest.skip(f"no Postgres can be started here: {reason}")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'telephone.sqlite'}"


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await Store.open(url) as opened:
        yield opened
