"""Workers on Postgres: the games of one that was killed are played on by another."""

import asyncio
import sys

import psycopg
import pytest
from dbos import DBOS

from telephone.engine.engine import QUEUE, Engine
from telephone.engine.failover import Failover
from tests.limits import LIMIT
from tests.support.postgres import NoPostgres, new_database, running_postgres
from tests.support.walking import Counting

pytestmark = pytest.mark.long


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
    engine, counting = Engine(url), Counting(ran, gate)
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


class Waiting:
    """A reaper's connection that waits before it asks for a lock, as on a slow network."""

    def __init__(self, connection):
        self._connection = connection
        self.asked, self.may_ask = asyncio.Event(), asyncio.Event()

    async def execute(self, query, parameters=()):
        if "try_advisory_lock" in query:
            self.asked.set()
            await self.may_ask.wait()
        return await self._connection.execute(query, parameters)


async def test_a_survivor_that_locks_late_does_not_resume_what_another_runs_already(url):
    process = await worker(url)
    ran, gate = [], asyncio.Event()
    engine, counting = Engine(url), Counting(ran, gate)
    await engine.launch([counting])
    try:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            waiting = Waiting(connection)
            late = asyncio.create_task(Failover(url, "late", QUEUE)._look_for_dead(waiting))
            async with asyncio.timeout(20):
                # It has listed what the other worker runs, while that still lived.
                await waiting.asked.wait()
                process.kill()
                await process.communicate()
                await counting.there.wait()
            running = await DBOS.get_workflow_status_async("walk-pg")
            waiting.may_ask.set()
            await late
            after = await DBOS.get_workflow_status_async("walk-pg")
            assert (after.status, after.executor_id, after.updated_at) == (
                "PENDING",
                running.executor_id,
                running.updated_at,
            )
            gate.set()
            async with asyncio.timeout(20):
                while ran != ["pg1", "pg2"]:
                    await asyncio.sleep(0.05)
            assert (await DBOS.get_workflow_status_async("walk-pg")).recovery_attempts == running.recovery_attempts
    finally:
        await engine.close()
