"""The engine looks for work when it enqueued some, and seldom otherwise."""

import asyncio
import threading

import pytest
import sqlalchemy as sa

from telephone.engine import polling
from telephone.engine.engine import Engine
from telephone.engine.polling import Polling
from tests.limits import LIMIT
from tests.support.walking import Counting


@pytest.fixture
def never(monkeypatch):
    """Nothing is looked for unless something was enqueued here."""
    monkeypatch.setattr(polling, "ALONE", 10 * LIMIT)
    monkeypatch.setattr(polling, "KEEN_FOR", 0.0)


async def test_what_is_enqueued_starts_although_nobody_looks_by_himself(tmp_path, never):
    ran, gate = [], asyncio.Event()
    gate.set()
    engine = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}")
    counting = Counting(ran, gate)
    await engine.launch([counting])
    try:
        for name in ("a", "b"):
            await engine.enqueue(f"walk-{name}", counting.walk, name, 1)
            async with asyncio.timeout(LIMIT):
                while f"{name}0" not in ran:
                    await asyncio.sleep(0.02)
    finally:
        await engine.close()


async def test_the_first_work_of_a_new_journal_waits_for_no_second_look_for_queues(tmp_path, never, monkeypatch):
    monkeypatch.setattr(threading.Event, "wait", _waiting_long_for_a_second(threading.Event.wait))
    ran, gate = [], asyncio.Event()
    gate.set()
    engine = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}")
    counting = Counting(ran, gate)
    await engine.launch([counting])
    try:
        await engine.enqueue("walk-a", counting.walk, "a", 1)
        async with asyncio.timeout(LIMIT):
            while "a0" not in ran:
                await asyncio.sleep(0.02)
    finally:
        await engine.close()


def _waiting_long_for_a_second(wait):
    """`Event.wait`, which where it waits for just a second waits until the event is set."""
    return lambda event, timeout=None: wait(event, None if timeout == 1.0 else timeout)


async def test_a_queue_s_thread_that_meets_a_fault_begins_anew(tmp_path, never, monkeypatch):
    monkeypatch.setattr(polling, "_AFTER_A_FAULT", 0.01)
    faults, works = [RuntimeError("a bug of the queue's thread")] * 2, polling.queue_worker_thread

    def broken(*given):
        if faults:
            raise faults.pop()
        works(*given)

    monkeypatch.setattr(polling, "queue_worker_thread", broken)
    ran, gate = [], asyncio.Event()
    gate.set()
    engine = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}")
    counting = Counting(ran, gate)
    await engine.launch([counting])
    try:
        await engine.enqueue("walk-a", counting.walk, "a", 1)
        async with asyncio.timeout(LIMIT):
            while "a0" not in ran:
                await asyncio.sleep(0.02)
    finally:
        await engine.close()
    assert not faults


async def test_an_engine_that_has_nothing_to_do_asks_next_to_nothing(tmp_path, never):
    asked = []

    def count(_connection, _cursor, text, *_):
        asked.append(text)

    engine = Engine(f"sqlite:///{tmp_path / 'engine.sqlite'}")
    await engine.launch([])
    try:
        await asyncio.sleep(1.5)  # its threads have begun
        sa.event.listen(sa.Engine, "before_cursor_execute", count)
        await asyncio.sleep(2.0)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", count)
        await engine.close()
    assert len(asked) <= 6, asked


def test_a_thread_that_waits_is_woken_and_let_go(never):
    paced = Polling(shared=False)
    paced.wait()
    for end in (paced.wake, paced.stop):
        thread = threading.Thread(target=paced.wait)
        thread.start()
        thread.join(0.05)
        assert thread.is_alive()
        end()
        thread.join(LIMIT)
        assert not thread.is_alive()


def test_a_process_that_shares_its_journal_looks_more_often_after_it_enqueued(monkeypatch):
    monkeypatch.setattr(polling, "SHARED", 10 * LIMIT)
    monkeypatch.setattr(polling, "AGAIN", 0.01)
    paced = Polling(shared=True)
    paced._keen_until = 0.0
    paced.wait()
    paced.wake()
    for _ in range(5):
        thread = threading.Thread(target=paced.wait, daemon=True)
        thread.start()
        thread.join(LIMIT)
        assert not thread.is_alive()
    paced.stop()
