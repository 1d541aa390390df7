"""Waiting: looking until a condition holds, and checking on work while it runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import inf
from typing import Final, TypeVar

T = TypeVar("T")
RARELY: Final = 60.0
"""How often those look who wait to be woken, in seconds: a wait never hangs on a waking alone."""


async def look_until(
    look: Callable[[], Awaitable[T]], reached: Callable[[T], bool], *, every: float, within: float = inf
) -> T:
    """Calls `look` every `every` seconds until `reached` holds; returns its last result after `within` seconds at most.

    Looks at least once. For waits of seconds; `look_when` is for those that may take long.
    """
    ends = time.monotonic() + within
    while not reached(found := await look()) and time.monotonic() < ends:
        await asyncio.sleep(every)
    return found


async def look_when(
    woken: asyncio.Event,
    look: Callable[[], Awaitable[T]],
    reached: Callable[[T], bool],
    *,
    due: Callable[[T], float] = lambda _: inf,
) -> T:
    """Calls `look` at once and whenever `woken` is set, until `reached` holds; returns its last result.

    `due` says after how many seconds to look again all the same, by what was found.
    """
    while True:
        woken.clear()
        if reached(found := await look()):
            return found
        with suppress(TimeoutError):
            async with asyncio.timeout(min(due(found), RARELY)):
                await woken.wait()


async def watched(
    work: Awaitable[T], check: Callable[[], Awaitable[object]], woken: asyncio.Event, *, grace: float = 0.0
) -> T:
    """The result of `work`; runs `check` whenever `woken` is set. An error of the check cancels the work and is raised.

    Work that ends within `grace` seconds after a waking is not checked. It has ended when this returns or raises.
    """
    task = asyncio.ensure_future(work)
    waking = asyncio.ensure_future(woken.wait())
    try:
        while not task.done():
            await asyncio.wait({task, waking}, return_when=asyncio.FIRST_COMPLETED)
            if waking.done():
                woken.clear()
                waking = asyncio.ensure_future(woken.wait())
                if not (await asyncio.wait({task}, timeout=grace))[0]:
                    await check()
        return task.result()
    finally:
        task.cancel()
        waking.cancel()
        await asyncio.wait({task, waking})
