"""Workers on Postgres: the games of one that was killed are played on by another."""

import asyncio
import sys

import psycopg
import pytest
from dbos import DBOS

from telephone.engine.engine import Engine
from telephone.engine.lease import LeaseTimes
from tests.limits import LIMIT
from tests.support.postgres import NoPostgres, new_database, running_postgres
from tests.support.walking import Counting

pytestmark = pytest.mark.long
TIMES = LeaseTimes(every=0.2, answers=1.0, lasts=2.0, settles=1.0, margin=1.0)


@pytest.fixture
def url():
    try:
        with running_postgres() as server, new_database(server) as database:
            yield database
    except NoPostgres as reason:
        pytest.skip(f"no Postgres here: {reason}")


async def worker(url: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.walking",
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert await process.stdout.readline() == b"at the gate\n"
    return process


async def test_what_a_killed_worker_left_is_taken_over_and_what_a_live_one_does_is_not(url):
    process = await worker(url)
    ran, gate = [], asyncio.Event()
    gate.set()
    engine, counting = Engine(url, TIMES), Counting(ran, gate)
    await engine.launch([counting])
    try:
        await asyncio.sleep(5)
        assert ran == [], "the other worker lives"
        process.kill()
        await process.communicate()
        async with asyncio.timeout(LIMIT):
            while ran != ["pg1", "pg2"]:
                await asyncio.sleep(0.05)
    finally:
        await engine.close()


async def test_a_survivor_that_comes_late_does_not_resume_what_another_runs_already(url):
    process = await worker(url)
    ran, gate = [], asyncio.Event()
    engine, counting = Engine(url, TIMES), Counting(ran, gate)
    await engine.launch([counting])
    try:
        (name,) = await engine._journal.executors()
        seen = await engine._journal.running(name)
        process.kill()
        await process.communicate()
        async with asyncio.timeout(LIMIT):
            await counting.there.wait()
        running = await DBOS.get_workflow_status_async("walk-pg")
        assert await engine._journal.enqueue_again(name, seen) == []
        assert await engine._journal.enqueue_again(engine.worker, seen) == [], "its token is another one now"
        after = await DBOS.get_workflow_status_async("walk-pg")
        assert (after.status, after.executor_id, after.updated_at) == (
            "PENDING",
            running.executor_id,
            running.updated_at,
        )
        gate.set()
        async with asyncio.timeout(LIMIT):
            while ran != ["pg1", "pg2"]:
                await asyncio.sleep(0.05)
    finally:
        await engine.close()


async def test_a_workflow_whose_database_was_away_goes_on_without_a_restart(url):
    """As `test_orphans.py` has it for SQLite, with faults that DBOS does not wait for by itself."""
    ran, gate = [], asyncio.Event()
    engine, counting = Engine(url, TIMES), Counting(ran, gate)
    await engine.launch([counting])
    try:
        await engine.enqueue("walk-a", counting.walk, "a", 3)
        async with asyncio.timeout(LIMIT):
            await counting.there.wait()
        read_only(url, "on")
        gate.set()
        async with asyncio.timeout(LIMIT):
            while engine._executions.claims():
                await asyncio.sleep(0.05)
        assert ran == ["a0", "a1"]
        for _ in range(3):
            await engine.recover()
        read_only(url, "off")
        async with asyncio.timeout(LIMIT):
            while ran != ["a0", "a1", "a1", "a2"]:
                await engine.recover()
                await asyncio.sleep(0.2)
    finally:
        await engine.close()


def read_only(url: str, how: str) -> None:
    """Has the database take no writes, as one does whose disk is full, or whose first server is gone; ends sessions."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET default_transaction_read_only = {how}")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
        )
