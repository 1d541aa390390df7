"""The journal's statements for durable steps: they find and store what those of DBOS find and store."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from dbos import DBOS
from dbos import error as dbos_error

from telephone.engine.engine import Engine
from tests.limits import LIMIT
from tests.support.postgres import NoPostgres, new_database, running_postgres
from tests.support.walking import Counting

NAME = "Counting.step"
RESULT = {
    "workflow_uuid": "walk-a",
    "function_id": 7,
    "function_name": NAME,
    "output": "8",
    "error": None,
    "serialization": "telephone_json_1",
    "started_at_epoch_ms": 1,
    "child_workflow_id": None,
}


class Journal:
    """The journal of a workflow whose first step is stored and whose second one waits, as `ours` or as DBOS has it."""

    def __init__(self, engine: Engine, *, ours: bool) -> None:
        self.db = engine._dbos._sys_db
        self.tables = self.db.tables
        self._look, self._store = (
            getattr(self.db, name) if ours else getattr(type(self.db), name).__get__(self.db)
            for name in ("_check_operation_execution_txn", "_record_operation_result_txn")
        )

    def look(self, step: int, name: str = NAME):
        with self.db.engine.begin() as connection:
            return self._look("walk-a", step, name, connection)

    def store(self, *, at: int = 2, owner: str | None = None, **changes):
        with self.db.engine.begin() as connection:
            self._store({**RESULT, **changes}, at, connection, owner_xid=owner or self.owner)

    @property
    def owner(self) -> str:
        return self.ask(sa.select(self.tables.workflow_status.c.owner_xid))[0][0]

    def stored(self, step: int):
        """The row of a step, without when it may be swept."""
        table = self.tables.operation_outputs
        return [row[:-1] for row in self.ask(sa.select(table).where(table.c.function_id == step))]

    def ask(self, query):
        with self.db.engine.begin() as connection:
            return connection.execute(query).all()

    def cancel(self) -> None:
        with self.db.engine.begin() as connection:
            connection.execute(sa.update(self.tables.workflow_status).values(status="CANCELLED"))


@pytest.fixture(scope="module")
def server():
    try:
        with running_postgres() as server:
            yield server
    except NoPostgres as reason:
        pytest.skip(f"no Postgres here: {reason}")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'engine.sqlite'}"
        return
    with new_database(request.getfixturevalue("server")) as database:
        yield database


@pytest.fixture(params=[True, False], ids=["ours", "dbos"])
async def journal(request, url) -> AsyncIterator[Journal]:
    engine, counting = Engine(url), Counting([], asyncio.Event())
    await engine.launch([counting])
    await engine.enqueue("walk-a", counting.walk, "a", 2)
    await asyncio.wait_for(counting.there.wait(), LIMIT)
    yield Journal(engine, ours=request.param)
    await engine.close()


async def test_a_result_that_is_stored_is_found(journal):
    assert journal.look(1) == {
        "output": "0",
        "error": None,
        "serialization": "telephone_json_1",
        "child_workflow_id": None,
        "child_shard_key": None,
    }
    assert journal.look(2) is None


async def test_the_result_of_another_step_is_no_result(journal):
    with pytest.raises(dbos_error.DBOSUnexpectedStepError):
        journal.look(1, "Counting.leap")


async def test_a_cancelled_workflow_goes_no_further(journal):
    journal.cancel()
    for step in (1, 2):
        with pytest.raises(dbos_error.DBOSWorkflowCancelledError):
            journal.look(step)


async def test_a_result_is_stored_whole(journal):
    journal.store()
    assert journal.stored(7) == [("walk-a", 7, NAME, "8", None, None, 1, 2, "telephone_json_1", "ai-telephone")]
    journal.store(output=None, error='{"$exception": ["ValueError", "no"]}', function_id=8)
    assert journal.look(8)["error"] == '{"$exception": ["ValueError", "no"]}'


async def test_a_result_is_stored_once(journal):
    journal.store()
    journal.store()
    with pytest.raises(dbos_error.DBOSStepNondeterminismError):
        journal.store(at=3, output="9")
    assert journal.look(7)["output"] == "8"


async def test_an_execution_that_lost_its_workflow_stores_nothing(journal):
    with pytest.raises(dbos_error.DBOSWorkflowConflictIDError):
        journal.store(owner="another")
    with pytest.raises(dbos_error.DBOSWorkflowConflictIDError):
        journal.store(workflow_uuid="walk-b")
    assert journal.stored(7) == []


async def test_a_step_asks_the_journal_for_two_statements(tmp_path):
    engine, counting = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}"), Counting([], asyncio.Event())
    asked: list[str] = []
    await engine.launch([counting])
    counting.gate.set()
    sa.event.listen(engine._connections, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    await engine.enqueue("walk-a", counting.walk, "a", 12)
    async with asyncio.timeout(LIMIT):
        while (await DBOS.get_workflow_status_async("walk-a")).status != "SUCCESS":
            await asyncio.sleep(0.05)
    assert sum("operation_outputs" in statement for statement in asked) == 24
    assert sum(statement.startswith("UPDATE") for statement in asked) < 12, "no write beside them"
    await engine.close()
