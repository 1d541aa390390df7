"""The durable engine's guard rails."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa
from dbos import DBOS, DBOSConfiguredInstance

from telephone.engine import engine as journal_engine
from telephone.engine import orphans
from telephone.engine.engine import Engine, JsonSerializer, StepFailed, _unixepoch
from telephone.errors import Misconfigured, Unreachable
from tests.limits import LIMIT
from tests.support.walking import Counting


async def until(ran: list[str], wanted: list[str]) -> None:
    async with asyncio.timeout(LIMIT):
        while ran != wanted:
            await asyncio.sleep(0.02)


async def test_a_workflow_that_was_interrupted_goes_on_at_the_next_launch(tmp_path):
    url, ran = f"sqlite:///{tmp_path / 'engine.sqlite'}", []
    engine, counting = Engine(url), Counting(ran, asyncio.Event())
    await engine.launch([counting])
    await engine.enqueue("walk-a", counting.walk, "a", 3)
    await asyncio.wait_for(counting.there.wait(), LIMIT)
    await engine.close()
    gate = asyncio.Event()
    gate.set()
    engine, counting = Engine(url), Counting(ran, gate)
    await engine.launch([counting])
    await until(ran, ["a0", "a1", "a2"])
    await engine.close()


@pytest.fixture
def refused(monkeypatch):
    """Words of statements for which the journal's disk is full."""
    words, opened = [], journal_engine._sqlite_engine

    def on_a_full_disk(url: str) -> sa.Engine:
        connections = opened(url)

        @sa.event.listens_for(connections, "do_execute")
        def execute(_cursor, statement, _parameters, _context):
            if any(one in statement for one in words):
                full = sqlite3.OperationalError("database or disk is full")
                full.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise full

        return connections

    monkeypatch.setattr(journal_engine, "_sqlite_engine", on_a_full_disk)
    return words


async def test_a_start_into_an_outage_is_told_in_lines_and_loses_nothing(tmp_path, monkeypatch, caplog, refused):
    monkeypatch.setattr(orphans, "AFTER", 0.05)
    url, ran, gate = f"sqlite:///{tmp_path / 'engine.sqlite'}", [], asyncio.Event()
    engine, counting = Engine(url), Counting(ran, gate)
    await engine.launch([counting])
    await engine.enqueue("walk-a", counting.walk, "a", 3)
    await asyncio.wait_for(counting.there.wait(), LIMIT)
    await engine.close()
    refused[:] = ["application_versions"]
    with pytest.raises(Unreachable, match="full"):
        await Engine(url).launch([])
    refused[:] = ["UPDATE main.workflow_status"]
    gate.set()
    engine = Engine(url)
    await engine.launch([Counting(ran, gate)])
    async with asyncio.timeout(LIMIT):
        while len(told := [one for one in caplog.records if "disk is full" in one.message]) < 2:
            await asyncio.sleep(0.02)
    assert {one.levelname for one in told} == {"WARNING"}
    assert [one.message for one in caplog.records if one.exc_info or "Traceback" in one.message] == []
    refused.clear()
    async with asyncio.timeout(LIMIT):
        while ran != ["a0", "a1", "a2"]:
            await engine.recover()
            await asyncio.sleep(0.02)
    await engine.close()


class Deaf(asyncio.Event):
    """Waits on when it is told to stop, as what gives something back may, the first time."""

    async def wait(self):
        try:
            return await super().wait()
        except asyncio.CancelledError:
            return await super().wait()


async def test_a_workflow_that_did_not_hear_that_the_engine_closes_is_told_again(tmp_path):
    ran = []
    engine, counting = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}"), Counting(ran, Deaf())
    await engine.launch([counting])
    await engine.enqueue("walk-a", counting.walk, "a", 3)
    await asyncio.wait_for(counting.there.wait(), LIMIT)
    async with asyncio.timeout(LIMIT):
        await engine.close()
    assert ran == ["a0"]


async def test_an_id_runs_once_however_often_it_is_enqueued(tmp_path):
    ran, gate = [], asyncio.Event()
    gate.set()
    engine, counting = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}"), Counting(ran, gate)
    await engine.launch([counting])
    for _ in range(3):
        await engine.enqueue("walk-b", counting.walk, "b", 2)
        engine._enqueued.clear()
    await until(ran, ["b0", "b1"])
    await asyncio.sleep(0.3)
    assert ran == ["b0", "b1"]
    await engine.close()


@DBOS.dbos_class("Renewed")
class Renewed(DBOSConfiguredInstance):
    """A workflow of two versions: a run that the old one began is played by the old one."""

    def __init__(self, ran: list[str]) -> None:
        self.ran = ran
        super().__init__(config_name="renewed")

    @DBOS.workflow(name="Renewed.walk.2")
    async def walk(self, name: str) -> None:
        self.ran.append(f"{name} anew")

    @DBOS.workflow(name="Renewed.walk")
    async def walk_1(self, name: str) -> None:
        self.ran.append(f"{name} as before")


async def test_an_id_that_an_older_version_of_its_workflow_has_is_enqueued_as_done(tmp_path):
    url, ran = f"sqlite:///{tmp_path / 'engine.sqlite'}", []
    engine = Engine(url)
    await engine.launch([renewed := Renewed(ran)])
    await engine.enqueue("walk-a", renewed.walk_1, "a")
    await until(ran, ["a as before"])
    await engine.close()
    engine = Engine(url)
    await engine.launch([renewed := Renewed(ran)])
    await engine.enqueue("walk-a", renewed.walk, "a")
    assert "walk-a" in engine._enqueued, "the database is not asked again at every sweep"
    await engine.enqueue("walk-b", renewed.walk, "b")
    await until(ran, ["a as before", "b anew"])
    await engine.close()


async def test_an_id_that_is_no_longer_remembered_is_enqueued_again_and_runs_once_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("telephone.engine.engine._ENQUEUED_CACHED", 2)
    ran, gate = [], asyncio.Event()
    gate.set()
    engine, counting = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}"), Counting(ran, gate)
    await engine.launch([counting])
    for _ in range(2):
        for name in "abcde":
            await engine.enqueue(f"walk-{name}", counting.walk, name, 1)
            assert len(engine._enqueued) <= 2
    async with asyncio.timeout(20):
        while len(ran) < 5:
            await asyncio.sleep(0.02)
    for name in "abcde":
        await engine.enqueue(f"walk-{name}", counting.walk, name, 1)
    await asyncio.sleep(0.3)
    assert sorted(ran) == ["a0", "b0", "c0", "d0", "e0"]
    await engine.close()


async def test_a_second_process_on_the_same_folder_is_told_so(tmp_path):
    url = f"sqlite:///{tmp_path / 'engine.sqlite'}"
    first, second = Engine(url), Engine(url)
    await first.launch([])
    with pytest.raises(Misconfigured, match="TELEPHONE_DATA_DIR"):
        await second.launch([])
    await second.close()
    await first.close()


async def test_the_journal_is_json_in_wal_mode_and_old_entries_are_forgotten(tmp_path):
    ran, gate = [], asyncio.Event()
    gate.set()
    engine, counting = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}"), Counting(ran, gate)
    await engine.launch([counting])
    await engine.enqueue("walk-c", counting.walk, "c", 2)
    await until(ran, ["c0", "c1"])
    assert await engine.forget_old() == 0
    with closing(sqlite3.connect(tmp_path / "engine.sqlite", isolation_level=None)) as journal:
        async with asyncio.timeout(LIMIT):
            while journal.execute("SELECT status FROM workflow_status").fetchall() != [("SUCCESS",)]:
                await asyncio.sleep(0.02)
        assert journal.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        kinds = {row[0] for row in journal.execute("SELECT serialization FROM workflow_status")}
        journal.execute("UPDATE workflow_status SET created_at = 1, completed_at = 1")
    assert kinds == {JsonSerializer().name()}
    assert await engine.forget_old() == 1
    await engine.close()


async def test_many_old_journals_are_forgotten_a_few_at_a_time_and_their_ids_may_run_again(tmp_path, monkeypatch):
    monkeypatch.setattr("telephone.engine.engine._FORGOTTEN_AT_ONCE", 2)
    ran, gate = [], asyncio.Event()
    gate.set()
    engine, counting = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}"), Counting(ran, gate)
    await engine.launch([counting])
    names = [f"walk-{n}" for n in range(5)]
    for name in names:
        await engine.enqueue(name, counting.walk, name, 1)
    async with asyncio.timeout(LIMIT):
        while len(await engine.ended(names)) < len(names):
            await asyncio.sleep(0.02)
    with closing(sqlite3.connect(tmp_path / "engine.sqlite", isolation_level=None)) as journal:
        journal.execute("UPDATE workflow_status SET created_at = 1, completed_at = 1 WHERE workflow_uuid <> 'walk-4'")
        assert await engine.forget_old() == 4
        assert journal.execute("SELECT workflow_uuid FROM workflow_status").fetchall() == [("walk-4",)]
        assert journal.execute("SELECT DISTINCT workflow_uuid FROM operation_outputs").fetchall() == [("walk-4",)]
    ran.clear()
    await engine.enqueue("walk-0", counting.walk, "again", 1)
    await until(ran, ["again0"])
    await engine.close()


def test_the_serializer_gives_back_what_it_took_and_never_a_live_exception():
    keeper = JsonSerializer()
    inputs = {"args": ("a", 3), "kwargs": {}}
    assert keeper.deserialize(keeper.serialize(inputs)) == inputs
    failed = keeper.deserialize(keeper.serialize(KeyError("gone")))
    assert isinstance(failed, StepFailed)
    assert failed.args == ("KeyError", "'gone'")


def test_the_stand_in_for_sqlites_unixepoch_keeps_fractions_only_when_asked():
    assert _unixepoch("subsec") % 1 or _unixepoch("now", "subsec") % 1
    assert _unixepoch() == int(_unixepoch())


@pytest.mark.parametrize(
    ("words", "code", "passes"),
    [
        ("database or disk is full", sqlite3.SQLITE_FULL, True),
        ("database is locked", sqlite3.SQLITE_BUSY, True),
        ("attempt to write a readonly database", sqlite3.SQLITE_READONLY, False),
    ],
)
async def test_a_journal_that_cannot_be_written_is_named_with_its_folder(tmp_path, monkeypatch, words, code, passes):
    refused = sqlite3.OperationalError(words)
    refused.sqlite_errorcode = code

    def no_room(url: str) -> sa.Engine:
        raise sa.exc.OperationalError("PRAGMA", {}, refused)

    monkeypatch.setattr("telephone.engine.engine._sqlite_engine", no_room)
    with pytest.raises(Misconfigured, match=words) as told:
        await Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}").launch([])
    assert str(tmp_path) in told.value.sentence
    assert isinstance(told.value, Unreachable) == passes, "a service manager starts the bot again where it passes"
    (tmp_path / "taken").write_text("no folder")
    with pytest.raises(Misconfigured, match=str(tmp_path / "taken")):
        await Engine(f"sqlite:///{tmp_path / 'taken' / 'engine.sqlite'}").launch([])
