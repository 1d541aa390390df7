"""Waiting for what others do: looking again and again until it is there, and watching over work while it goes on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from math import inf
from typing import TypeVar

T = TypeVar("T")


async def look_until(
    look: Callable[[], Awaitable[T]], reached: Callable[[T], bool], *, every: float, within: float = inf
) -> T:
    """What a look finds once it is `reached`, or as it is after `within` seconds. Looks at least once.

    `every` lies between two looks, in seconds.
    """
    ends = time.monotonic() + within
    while not reached(found := await look()) and time.monotonic() < ends:
        await asyncio.sleep(every)
    return found


async def watched(work: Awaitable[T], check: Callable[[], Awaitable[object]], *, every: float) -> T:
    """What some work comes to, with a check every so many seconds; an error of the check ends the work, and is raised.

    The work has ended when this returns, however it returns.
    """
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=every))[0]:
            await check()
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})
