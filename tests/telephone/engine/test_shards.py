"""On Postgres a shard is answered by one process at a time."""

import asyncio

import psycopg
import pytest

from telephone.engine.client import EngineClient
from telephone.engine.engine import Engine
from telephone.engine.lease import LeaseTimes
from telephone.engine.shards import ALONE, COUNTED_OTHERWISE, Shards
from telephone.errors import Occupied
from tests.limits import LIMIT
from tests.support.postgres import NoPostgres, new_database, running_postgres

pytestmark = pytest.mark.slow
TIMES = LeaseTimes(every=0.1, answers=1.0, lasts=2.0, settles=0.2, margin=1.0)


@pytest.fixture(scope="module")
def server():
    try:
        with running_postgres() as running:
            yield running
    except NoPostgres as reason:
        pytest.skip(f"no Postgres here: {reason}")


@pytest.fixture
def postgres_url(server):
    with new_database(server) as database:
        yield database


async def taken(url: str, shards: Shards) -> psycopg.AsyncConnection:
    session = await psycopg.AsyncConnection.connect(url, autocommit=True)
    try:
        await shards.take(session)
    except BaseException:
        await session.close()
        raise
    return session


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        (Shards(), Shards(), ALONE),
        (Shards(), Shards(2, (0,)), COUNTED_OTHERWISE),
        (Shards(2, (0,)), Shards(), COUNTED_OTHERWISE),
        (Shards(2, (0,)), Shards(4, (3,)), COUNTED_OTHERWISE),
        (Shards(2, (0,)), Shards(2, (0,)), "shard 0 of 2 already"),
        (Shards(2, (1,)), Shards(2), "shard 1 of 2 already"),
        (Shards(2, (0,)), Shards(2, (1,)), ""),
    ],
)
async def test_no_shard_is_answered_twice(postgres_url, first, second, refused):
    session = await taken(postgres_url, first)
    try:
        if refused:
            with pytest.raises(Occupied) as error:
                await taken(postgres_url, second)
            assert refused in error.value.sentence
        else:
            await (await taken(postgres_url, second)).close()
    finally:
        await session.close()
    await (await taken(postgres_url, second)).close()


async def test_of_two_that_count_otherwise_and_begin_at_once_at_most_one_is_let_in(postgres_url):
    for _ in range(10):
        found = await asyncio.gather(
            taken(postgres_url, Shards(2, (0,))), taken(postgres_url, Shards(3, (1,))), return_exceptions=True
        )
        let_in = [one for one in found if not isinstance(one, Occupied)]
        assert len(let_in) <= 1
        for session in let_in:
            await session.close()


async def test_who_lost_its_session_and_finds_its_shard_taken_is_told(postgres_url):
    await (engine := Engine(postgres_url, TIMES)).launch([])
    mine = Shards(2, (0,))
    client = EngineClient(postgres_url, TIMES, mine)
    try:
        await client.launch(())
        assert client._lease.session is not None
        other = asyncio.create_task(_take_when_free(postgres_url))
        client._lease.session.pgconn.finish()
        session = await asyncio.wait_for(other, LIMIT)
        await asyncio.wait_for(mine.lost.wait(), LIMIT)
        await session.close()
    finally:
        await client.close()
        await engine.close()


async def _take_when_free(url: str) -> psycopg.AsyncConnection:
    session = await psycopg.AsyncConnection.connect(url, autocommit=True)
    while True:
        try:
            await Shards(2, (0,)).take(session)
            return session
        except Occupied:
            await asyncio.sleep(0)
