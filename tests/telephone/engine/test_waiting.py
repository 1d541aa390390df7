"""Looking until something is there, and watching over work."""

import asyncio

import pytest

from telephone.engine import waiting
from telephone.engine.waiting import look_until, look_when, watched
from tests.limits import LIMIT


async def test_a_look_is_repeated_until_it_finds_what_is_wanted():
    found = iter(range(10))

    async def look() -> int:
        return next(found)

    assert await look_until(look, lambda number: number == 3, every=0.0) == 3
    assert next(found) == 4


async def test_when_the_time_is_over_it_is_told_as_it_is():
    looks = 0

    async def look() -> int:
        nonlocal looks
        looks += 1
        return looks

    assert await look_until(look, lambda _: False, every=0.0, within=0.0) == 1
    assert await look_until(look, lambda _: False, every=0.01, within=0.05) == looks > 2


async def test_an_error_of_a_look_is_raised():
    async def look() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        await look_until(look, lambda _: True, every=0.0)


async def test_who_waits_to_be_woken_looks_at_once_when_woken_and_when_something_is_due():
    woken, looks = asyncio.Event(), []

    async def look() -> int:
        looks.append(len(looks))
        return len(looks)

    waits = asyncio.create_task(look_when(woken, look, lambda number: number == 3))
    while len(looks) < 2:
        woken.set()
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert looks == [0, 1]
    woken.set()
    assert await waits == 3
    assert await look_when(woken, look, lambda number: number == 6, due=lambda _: 0.001) == 6


async def test_a_change_during_the_look_is_looked_at_again():
    woken, looks = asyncio.Event(), 0

    async def look() -> int:
        nonlocal looks
        looks += 1
        if looks == 1:
            woken.set()
        return looks

    async with asyncio.timeout(LIMIT):
        assert await look_when(woken, look, lambda number: number == 2) == 2


async def test_a_wait_does_not_hang_on_a_waking_that_never_comes(monkeypatch):
    monkeypatch.setattr(waiting, "RARELY", 0.001)
    found = iter(range(10))

    async def look() -> int:
        return next(found)

    assert await look_when(asyncio.Event(), look, lambda number: number == 3) == 3


async def test_watched_work_comes_to_its_result_and_is_checked_when_woken():
    checks, woken = 0, asyncio.Event()

    async def check() -> None:
        nonlocal checks
        checks += 1

    async def work() -> str:
        while checks < 3:
            woken.set()
            await asyncio.sleep(0.001)
        return "done"

    assert await watched(work(), check, woken) == "done"
    assert checks == 3


async def test_a_check_that_fails_ends_the_work():
    ended, woken = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        woken.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def check() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await watched(work(), check, woken)
    assert ended.is_set()


async def test_work_that_ends_within_its_grace_is_not_broken_off():
    woken = asyncio.Event()

    async def work() -> str:
        woken.set()
        await asyncio.sleep(0.01)
        return "done"

    async def check() -> None:
        raise LookupError

    assert await watched(work(), check, woken, grace=60.0) == "done"


async def test_an_error_of_the_work_is_raised():
    async def work() -> None:
        raise ZeroDivisionError

    async def check() -> None:
        pass

    with pytest.raises(ZeroDivisionError):
        await watched(work(), check, asyncio.Event())
