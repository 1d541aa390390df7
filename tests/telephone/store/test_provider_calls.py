"""Several processes on one Postgres keep a provider's limits together."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
import pytest

from telephone.engine.lease import SessionLease
from telephone.providers.rate_limit import Gate, Limit, SharedLimits
from telephone.store import Store
from tests.limits import LIMIT
from tests.support.postgres import NoPostgres, new_database, running_postgres

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    try:
        with running_postgres() as running:
            yield running
    except NoPostgres as reason:
        pytest.skip(f"no Postgres here: {reason}")


@pytest.fixture
def url(server):
    with new_database(server) as database:
        yield database


@asynccontextmanager
async def gates(url: str, limit: Limit, *, shared: bool = True, many: int = 2):
    """The gates of so many processes, each with a store and a lease of its own."""
    async with AsyncExitStack() as stack:
        found = []
        for number in range(many):
            lease, store = SessionLease(url, f"bot-{number}"), await stack.enter_async_context(await Store.open(url))
            await lease.take()
            stack.push_async_callback(lease.give_up)
            limits = SharedLimits(store.provider_calls(f"bot-{number}") if shared else None)
            found.append(Gate(limit, name="openai", shared=limits))
        yield found


async def peak(gates: list[Gate], calls: int) -> int:
    """How many of so many calls were out at once."""
    out = most = 0

    async def call(gate: Gate) -> None:
        nonlocal out, most
        async with gate.slot():
            out += 1
            most = max(most, out)
            await asyncio.sleep(0.05)
            out -= 1

    await asyncio.gather(*(call(gates[number % len(gates)]) for number in range(calls)))
    return most


@pytest.mark.parametrize(("shared", "most"), [(False, 6), (True, 3)])
async def test_no_more_calls_are_out_at_once_than_the_provider_takes(url, shared, most):
    async with gates(url, Limit(3, 6_000), shared=shared) as both:
        assert await peak(both, 18) == most


async def test_calls_of_both_count_towards_the_limit_of_a_minute(url):
    async with await Store.open(url) as store:
        first, second = store.provider_calls("bot-0"), store.provider_calls("bot-1")
        for calls in (first, second, first):
            call = await calls.begin("openai", 10, 3, 0.0)
            assert isinstance(call, str)
            await calls.end(call)
        wait = await second.begin("openai", 10, 3, 0.0)
        assert isinstance(wait, float)
        assert 50 < wait <= 60
        assert isinstance(await second.begin("replicate", 10, 3, 0.0), str), "another limit"


async def test_calls_are_as_far_apart_as_a_provider_asked(url):
    async with await Store.open(url) as store:
        first, second = store.provider_calls("bot-0"), store.provider_calls("bot-1")
        assert isinstance(await first.begin("replicate", 10, 100, 10.0), str)
        wait = await second.begin("replicate", 10, 100, 10.0)
        assert isinstance(wait, float)
        assert 8 < wait <= 10


async def test_calls_of_a_dead_process_take_no_place(url):
    async with await Store.open(url) as store:
        dead = SessionLease(url, "bot-0")
        await dead.take()
        assert isinstance(await store.provider_calls("bot-0").begin("cog", 1, 100, 0.0), str)
        living = store.provider_calls("bot-1")
        assert isinstance(await living.begin("cog", 1, 100, 0.0), float)
        await dead.give_up()
        async with asyncio.timeout(LIMIT):  # the server frees the lock of a session a moment after its end
            while not isinstance(await living.begin("cog", 1, 100, 0.0), str):
                await asyncio.sleep(0.05)


async def test_without_a_database_calls_go_out_and_are_not_counted(url):
    async with await Store.open(url) as store:
        calls = store.provider_calls("bot-0")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE provider_call")
        assert await calls.begin("openai", 1, 1, 0.0) is None
        await calls.end("any")


async def test_an_end_that_an_outage_swallowed_is_written_by_the_next_call(url):
    async with await Store.open(url) as store:
        lives = SessionLease(url, "bot-0")
        await lives.take()
        calls = store.provider_calls("bot-0")
        begun = await calls.begin("cog", 1, 100, 0.0)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER TABLE provider_call RENAME TO away")
            await calls.end(begun)
            connection.execute("ALTER TABLE away RENAME TO provider_call")
        assert isinstance(await calls.begin("cog", 1, 100, 0.0), str), "its place is free again"
        assert isinstance(await calls.begin("cog", 1, 100, 0.0), float), "and there is but one"
        await lives.give_up()


async def test_a_call_that_is_older_than_any_lasts_takes_no_place_though_its_process_lives(url):
    async with await Store.open(url) as store:
        lives = SessionLease(url, "bot-0")
        await lives.take()
        assert isinstance(await store.provider_calls("bot-0").begin("cog", 1, 100, 0.0), str)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE provider_call SET begun_at = begun_at - interval '14 minutes'")
            assert isinstance(await store.provider_calls("bot-1").begin("cog", 1, 100, 0.0), float)
            connection.execute("UPDATE provider_call SET begun_at = begun_at - interval '2 minutes'")
        assert isinstance(await store.provider_calls("bot-1").begin("cog", 1, 100, 0.0), str)
        await lives.give_up()
