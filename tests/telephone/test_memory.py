"""Memory that long work took for itself goes back to the system."""

import gc
import platform
import subprocess
import sys

import pytest

from telephone import concurrency, memory
from telephone.concurrency import off_loop

_PROGRAM = """
import asyncio, re, time
from pathlib import Path
from telephone.concurrency import off_loop

def resident():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

def work():
    blocks = [bytearray(60_000) for _ in range(1_000)]  # too small to be mapped one by one
    most, last = resident(), blocks[-1]
    until = time.thread_time() + 0.1
    while time.thread_time() < until:
        pass
    return most, last

async def main():
    before = resident()
    most, last = await off_loop(work)
    print(most - before, resident() - before)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_long_work_took_is_free_again_for_others():
    told = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    most, left = map(int, told.stdout.split())
    assert most > 50
    assert left < most / 2


_HEAPS = """
import ctypes, re, sys, threading
from telephone import memory

if sys.argv[1] == "shared":
    memory.share_heaps()
kept, all_there = [], threading.Barrier(7)

def work():
    kept.append([bytearray(60_000) for _ in range(10)])
    all_there.wait()

threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads:
    thread.start()
all_there.wait()
libc = ctypes.CDLL("libc.so.6")
libc.fopen.restype, libc.fopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_char_p)
libc.malloc_info.argtypes, libc.fclose.argtypes = (ctypes.c_int, ctypes.c_void_p), (ctypes.c_void_p,)
file = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, file)
libc.fclose(file)
print(len(re.findall("<heap nr=", open(sys.argv[2]).read())))
"""


@pytest.mark.skipif("glibc" not in platform.libc_ver(), reason="asks glibc")
def test_threads_share_the_heaps_of_a_process(tmp_path):
    def heaps(how: str) -> int:
        words = [sys.executable, "-c", _HEAPS, how, str(tmp_path / how)]
        return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)

    assert heaps("shared") <= memory.HEAPS
    assert heaps("each its own") > memory.HEAPS


async def test_short_work_gives_nothing_back_and_long_work_does(monkeypatch):
    calls = []
    monkeypatch.setattr(memory, "give_back_at_times", lambda: calls.append(1))
    monkeypatch.setattr(concurrency, "_LONG", 1e9)
    assert await off_loop(max, 3, 5) == 5
    assert calls == []
    monkeypatch.setattr(concurrency, "_LONG", -1.0)
    assert await off_loop(max, 3, 5) == 5
    assert calls == [1]


def test_memory_is_given_back_at_most_four_times_a_second(monkeypatch):
    calls, now = [], [100.0]
    monkeypatch.setattr(memory, "give_back", lambda: calls.append(now[0]))
    monkeypatch.setattr(memory.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(memory, "_last", [0.0])
    for moment in (100.0, 100.125, 100.25, 100.375, 100.5):
        now[0] = moment
        memory.give_back_at_times()
    assert calls == [100.0, 100.25, 100.5]


async def test_an_error_of_the_work_arrives_as_it_is():
    with pytest.raises(ZeroDivisionError):
        await off_loop(lambda: 1 // 0)


def test_a_system_without_glibc_is_left_alone(monkeypatch):
    memory._of_glibc.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    try:
        memory.give_back()
        memory.share_heaps()
        assert memory._of_glibc("malloc_trim") is None
    finally:
        memory._of_glibc.cache_clear()


@pytest.fixture
def _thawed():
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_thawed")
def test_what_a_long_look_leaves_is_not_looked_at_again_a_few_times_over():
    freezing = memory.Freezing(times=2, long=0.0)
    gc.callbacks.append(freezing)
    try:
        frozen, kept = [], []
        for _ in range(3):
            kept.append([[] for _ in range(20_000)])
            gc.collect()
            frozen.append(gc.get_freeze_count())
    finally:
        gc.callbacks.remove(freezing)
    assert frozen[0] >= 20_000
    assert frozen[1] >= frozen[0] + 20_000
    assert frozen[2] <= frozen[1], "and then no more"


@pytest.mark.usefixtures("_thawed")
def test_a_short_look_and_a_look_at_what_is_young_change_nothing():
    before, kept = gc.get_freeze_count(), [[] for _ in range(20_000)]
    for freezing, generation in ((memory.Freezing(long=3_600.0), 2), (memory.Freezing(long=0.0), 1)):
        gc.callbacks.append(freezing)
        try:
            gc.collect(generation)
        finally:
            gc.callbacks.remove(freezing)
    # Python 3.12 itself sets some hundred objects aside that live forever.
    assert gc.get_freeze_count() < before + len(kept)


_RUNS_ON = """
import gc
from telephone import memory
memory.leave_alone_what_stays()
print(gc.get_freeze_count(), gc.get_threshold()[0], any(isinstance(one, memory.Freezing) for one in gc.callbacks))
"""


def test_a_process_that_runs_on_leaves_alone_what_it_has_loaded():
    told = subprocess.run([sys.executable, "-c", _RUNS_ON], capture_output=True, text=True, check=True)
    frozen, young, watched = told.stdout.split()
    assert int(frozen) > 1_000
    assert (int(young), watched) == (memory.YOUNG, "True")
