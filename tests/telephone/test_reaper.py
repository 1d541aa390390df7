"""Workers on Postgres: the games of one that was killed are played on by another."""

import asyncio
import sys

import pytest

from telephone.engine import Engine
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
