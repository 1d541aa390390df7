"""Two versions side by side on one Postgres: each takes up the workflows that it knows."""

import asyncio

import psycopg
import pytest
from dbos import DBOSClient

from telephone.engine.engine import APPLICATION_VERSION, QUEUE, Engine, JsonSerializer
from tests.limits import LIMIT
from tests.support.postgres import NoPostgres, new_database, running_postgres
from tests.support.walking import Counting

pytestmark = pytest.mark.slow


@pytest.fixture
def url():
    try:
        with running_postgres() as server, new_database(server) as database:
            yield database
    except NoPostgres as reason:
        pytest.skip(f"no Postgres here: {reason}")


async def test_a_workflow_of_a_newer_version_waits_for_a_worker_that_knows_it(url):
    ran, gate = [], asyncio.Event()
    gate.set()
    engine, counting = Engine(url), Counting(ran, gate)
    await engine.launch([counting])
    client = DBOSClient(system_database_url=url, serializer=JsonSerializer(), application_name="ai-telephone")
    try:
        newer = {"workflow_name": "Play.playing.99", "class_name": "Play", "instance_name": "play"}
        common = {"queue_name": QUEUE, "app_version": APPLICATION_VERSION, "application_name": "ai-telephone"}
        await client.enqueue_async({**newer, **common, "workflow_id": "newer"}, "game", 0)
        await engine.enqueue("known", counting.walk, "known", 1)
        async with asyncio.timeout(LIMIT):
            while not ran:
                await asyncio.sleep(0.05)
        async with await psycopg.AsyncConnection.connect(url) as connection:
            query = "SELECT status, executor_id FROM dbos.workflow_status WHERE workflow_uuid = 'newer'"
            assert await (await connection.execute(query)).fetchone() == ("ENQUEUED", None)
    finally:
        await asyncio.to_thread(client.destroy)
        await engine.close()
