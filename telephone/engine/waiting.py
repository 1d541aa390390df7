"""Waiting: polling until a condition holds, and checking on work while it runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from math import inf
from typing import TypeVar

T = TypeVar("T")


async def look_until(
    look: Callable[[], Awaitable[T]], reached: Callable[[T], bool], *, every: float, within: float = inf
) -> T:
    """Calls `look` every `every` seconds until `reached` holds; returns its last result after `within` seconds at most.

    Looks at least once.
    """
    ends = time.monotonic() + within
    while not reached(found := await look()) and time.monotonic() < ends:
        await asyncio.sleep(every)
    return found


async def watched(work: Awaitable[T], check: Callable[[], Awaitable[object]], *, every: float) -> T:
    """The result of `work`; runs `check` every `every` seconds. An error of the check cancels the work and is raised.

    The work has ended when this returns or raises.
    """
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=every))[0]:
            await check()
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})
