"""Looking until something is there, and watching over work."""

import asyncio

import pytest

from telephone.engine.waiting import look_until, watched


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


async def test_watched_work_comes_to_its_result():
    checks = 0

    async def check() -> None:
        nonlocal checks
        checks += 1

    async def work() -> str:
        while checks < 3:
            await asyncio.sleep(0.001)
        return "done"

    assert await watched(work(), check, every=0.005) == "done"


async def test_a_check_that_fails_ends_the_work():
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def check() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await watched(work(), check, every=0.001)
    assert ended.is_set()


async def test_an_error_of_the_work_is_raised():
    async def work() -> None:
        raise ZeroDivisionError

    async def check() -> None:
        pass

    with pytest.raises(ZeroDivisionError):
        await watched(work(), check, every=1.0)
