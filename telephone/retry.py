"""The one place where a call is tried again."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telephone.errors import BadOutput, RateLimited, TimedOut, Unavailable

T = TypeVar("T")
_LONGEST_WAIT: Final = 30.0


async def with_patience(call: Callable[[], Awaitable[T]], *, deadline: float, who: str, first_wait: float = 0.5) -> T:
    """Makes a call until it answers; waits longer after each passing fault, or as long as the provider asked for.

    `deadline` bounds all attempts and waits together, in seconds. Only RateLimited and Unavailable are tried again; any
    other error is raised at once, and so is an answer that came and is none. Raises TimedOut, naming `who`, when the
    time is used up.
    """
    ends = time.monotonic() + deadline
    wait = first_wait
    while True:
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, ends - time.monotonic())):
                return await call()
        except TimeoutError:
            raise _timed_out(who, deadline) from None
        except (RateLimited, Unavailable) as error:
            if isinstance(error, BadOutput):
                raise
            asked = error.retry_after if isinstance(error, RateLimited) else None
            pause = asked if asked is not None else wait * random.uniform(0.8, 1.2)
            if time.monotonic() + pause >= ends:
                raise _timed_out(who, deadline) from error
            await asyncio.sleep(pause)
            wait = min(_LONGEST_WAIT, wait * 2)


def _timed_out(who: str, deadline: float) -> TimedOut:
    within = f"{deadline / 60:.0f} minutes" if deadline >= 120 else f"{deadline:.0f} seconds"
    return TimedOut(f"{who} did not answer within {within}; please try again later or choose another model.")
