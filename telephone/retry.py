"""The one place where a call is tried again."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telephone.errors import BadOutput, RateLimited, TimedOut, Unavailable, Waking

T = TypeVar("T")
_LONGEST_WAIT: Final = 30.0
_WAKING_WAIT: Final = 5.0
"""The longest pause between two looks at a model that is being started, in seconds."""
WAKING_MAX: Final = 1_200.0
"""How long a model may take to start, in seconds, before its deadline begins all the same."""


async def with_patience(
    call: Callable[[], Awaitable[T]],
    *,
    deadline: float,
    who: str,
    first_wait: float = 0.5,
    waking: Callable[[], Awaitable[None]] | None = None,
) -> T:
    """Makes a call until it answers; waits longer after each passing fault, or as long as the provider asked for.

    `deadline` bounds all attempts and waits together, in seconds. Only RateLimited and Unavailable are tried again; any
    other error is raised at once, and so is an answer that came and is none. While a model is being started, which the
    call says by Waking, the deadline has not begun, for at most WAKING_MAX; `waking` is awaited at the first of them.
    Raises TimedOut, naming `who`, when the time is used up.
    """
    began = time.monotonic()
    ends, asleep, wait = began + deadline, False, first_wait
    while True:
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, ends - time.monotonic())):
                return await call()
        except TimeoutError:
            raise _timed_out(who, deadline) from None
        except (RateLimited, Unavailable) as error:
            if isinstance(error, BadOutput):
                raise
            if isinstance(error, Waking):
                ends = min(time.monotonic(), began + WAKING_MAX) + deadline
                if waking is not None and not asleep:
                    await waking()
                asleep = True
            pause = wait * random.uniform(0.8, 1.2)
            if isinstance(error, Waking):
                pause = min(_WAKING_WAIT, deadline / 4)
            elif isinstance(error, RateLimited) and error.retry_after is not None:
                pause = error.retry_after
            if time.monotonic() + pause >= ends:
                raise _timed_out(who, deadline) from error
            await asyncio.sleep(pause)
            wait = wait if isinstance(error, Waking) else min(_LONGEST_WAIT, wait * 2)


def _timed_out(who: str, deadline: float) -> TimedOut:
    within = f"{deadline / 60:.0f} minutes" if deadline >= 120 else f"{deadline:.0f} seconds"
    return TimedOut(f"{who} did not answer within {within}; please try again later or choose another model.")
