"""Workflows whose tasks ended because the journal could not be written: they go on without a restart, and run once."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from itertools import pairwise

import pytest
from dbos import DBOS, DBOSConfiguredInstance

from telephone.engine import orphans
from telephone.engine.engine import Engine
from tests.limits import LIMIT
from tests.support.full_disk import Disk


@DBOS.dbos_class()
class Writing(DBOSConfiguredInstance):
    """A workflow whose steps and whose end write long results; `full` says at which of them the disk is full."""

    def __init__(self, disk: Disk, full: str = "") -> None:
        self.disk, self.full = disk, full
        self.began: Counter[str] = Counter()
        self.together, self.most_together = Counter[str](), 0
        super().__init__(config_name="writing")

    @DBOS.workflow()
    async def write(self, name: str, steps: int, size: int) -> str:
        for n in range(steps):
            await self.step(name, n, size)
        self.fill("end")
        return "." * size

    @DBOS.step()
    async def step(self, name: str, n: int, size: int) -> str:
        self.began[f"{name}{n}"] += 1
        self.together[name] += 1
        self.most_together = max(self.most_together, self.together[name])
        try:
            await asyncio.sleep(0.01)
        finally:
            self.together[name] -= 1
        self.fill(f"{n}")
        return "." * size

    def fill(self, where: str) -> None:
        if self.full == where:
            self.disk.is_full = True


@pytest.fixture
async def engine(tmp_path):
    engine = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}")
    yield engine
    await engine.close()


async def launched(engine: Engine, writing: Writing) -> None:
    await engine.launch([writing])
    writing.disk.hold(engine._connections)


def states(tmp_path) -> dict[str, str]:
    with closing(sqlite3.connect(tmp_path / "engine.sqlite")) as journal:
        return dict(journal.execute("SELECT workflow_uuid, status FROM workflow_status"))


async def until(condition, *, meanwhile=None) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            if meanwhile is not None:
                await meanwhile()
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("full", "ran"), [("0", {"a0": 2, "a1": 1}), ("1", {"a0": 1, "a1": 2}), ("end", {"a0": 1, "a1": 1})]
)
async def test_a_workflow_whose_journal_was_full_goes_on_when_there_is_room(engine, tmp_path, monkeypatch, full, ran):
    monkeypatch.setattr(orphans, "AFTER", 0.1)
    writing = Writing(Disk(), full)
    await launched(engine, writing)
    await engine.enqueue("write-a", writing.write, "a", 2, 50_000)
    await until(lambda: writing.disk.is_full and not engine._executions.claims())
    assert states(tmp_path) == {"write-a": "PENDING"}, "an outage is no end of a workflow"
    writing.full, writing.disk.is_full = "", False
    await until(lambda: states(tmp_path) == {"write-a": "SUCCESS"}, meanwhile=engine.recover)
    assert dict(writing.began) == ran


async def test_what_is_tried_again_while_the_disk_is_still_full_is_not_lost_either(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(orphans, "AFTER", 0.05)
    writing = Writing(Disk(), "0")
    await launched(engine, writing)
    for name in "abcdef":
        await engine.enqueue(f"write-{name}", writing.write, name, 2, 50_000)
    await until(lambda: min(writing.began[f"{name}0"] for name in "abcdef") >= 3, meanwhile=engine.recover)
    assert set(states(tmp_path).values()) <= {"PENDING", "ENQUEUED"}
    writing.full, writing.disk.is_full = "", False
    await until(lambda: set(states(tmp_path).values()) == {"SUCCESS"}, meanwhile=engine.recover)
    assert writing.most_together == 1


async def test_workflows_that_begin_and_end_while_a_sweep_looks_run_once(engine, tmp_path):
    writing = Writing(Disk())
    await launched(engine, writing)
    names = [f"{n}." for n in range(150)]
    for name in names:
        await engine.enqueue(f"write-{name}", writing.write, name, 2, 10)
    await until(lambda: list(states(tmp_path).values()) == ["SUCCESS"] * len(names), meanwhile=engine.recover)
    assert set(writing.began.values()) == {1}


async def test_no_workflow_runs_twice_at_a_time_even_if_a_sweep_waits_for_none_of_them(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(orphans, "AFTER", 0.0)
    writing = Writing(Disk())
    await launched(engine, writing)
    names = [f"{n}." for n in range(100)]
    for name in names:
        await engine.enqueue(f"write-{name}", writing.write, name, 2, 10)
    await until(lambda: list(states(tmp_path).values()) == ["SUCCESS"] * len(names), meanwhile=engine.recover)
    assert writing.most_together == 1


async def test_a_workflow_that_loses_its_task_again_and_again_is_enqueued_more_and_more_seldom(engine, monkeypatch):
    monkeypatch.setattr(orphans, "AFTER", 1.0)
    await launched(engine, Writing(Disk()))
    looking, clock, enqueued = engine._orphans, 0.0, []
    monkeypatch.setattr(orphans.time, "perf_counter", lambda: clock)

    async def running(_executor_id):
        return {orphans.Claim("lost", f"token {len(enqueued)}")}

    async def enqueue_again(_executor_id, claims):
        enqueued.extend([clock] * len(claims))
        return [claim.workflow_id for claim in claims]

    monkeypatch.setattr(looking._journal, "running", running)
    monkeypatch.setattr(looking._journal, "enqueue_again", enqueue_again)
    for clock in (float(second) for second in range(40)):  # noqa: B007
        await looking.enqueue()
    assert [after - before for before, after in pairwise(enqueued)] == [3.0, 5.0, 9.0, 17.0]


async def test_a_queue_whose_thread_broke_is_looked_at_again(engine, tmp_path, monkeypatch):
    writing = Writing(Disk())
    await launched(engine, writing)
    wait, broken = engine._polling.wait, []

    def breaking() -> None:
        if not broken:
            broken.append(True)
            raise RuntimeError("the queue cannot be looked at")
        wait()

    monkeypatch.setattr(engine._polling, "wait", breaking)
    engine._polling.wake()
    await until(lambda: broken)
    await engine.enqueue("write-a", writing.write, "a", 1, 10)
    await until(lambda: states(tmp_path) == {"write-a": "SUCCESS"})
