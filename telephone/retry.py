"""The one place where a call is tried again."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from telephone import metrics
from telephone.errors import (
    BadOutput,
    Occupied,
    RateLimited,
    TelephoneError,
    TimedOut,
    Unavailable,
    Unreachable,
    Unsent,
    Waking,
)

T = TypeVar("T")
_log = structlog.get_logger()
_LONGEST_WAIT: Final = 30.0
_WAKING_WAIT: Final = 5.0
"""The longest pause between two looks at a model that is being started, in seconds."""
WAKING_MAX: Final = 1_200.0
"""How long a model may take to start, in seconds, before its deadline begins all the same."""


class StartPatience:
    """The pauses of a process that starts, while what it needs does not answer.

    They grow, with jitter, and add up to at most `within` seconds over everything that the start needs, of which `left`
    are not used up.
    """

    def __init__(self, within: float, *, first_wait: float = 1.0) -> None:
        self.left, self._first_wait = within, first_wait
        self._tries: Counter[str] = Counter()

    async def reach(self, what: str, call: Callable[[], Awaitable[T]]) -> T:
        """Makes a call until it raises no Unreachable. Raises the last one when the pauses are used up.

        Raises Occupied at once: whoever starts it a second time by mistake is not kept waiting.
        """
        while True:
            try:
                return await call()
            except Occupied:
                raise
            except Unreachable as error:
                await self.wait(what, error)

    async def wait(self, what: str, error: Unreachable, at_least: float = 0.0) -> None:
        """Logs that `what` was not reached, on one line, and waits. Raises `error` when the pauses are used up.

        `at_least` is how long `what` asks to be left alone, in seconds.
        """
        pause = max(at_least, min(_LONGEST_WAIT, self._first_wait * 2 ** self._tries[what]) * random.uniform(0.5, 1.0))
        self._tries[what] += 1
        if pause > self.left:
            raise error
        _log.warning("not reached yet", what=what, why=error.detail or error.sentence, again_in=round(pause, 1))
        self.left -= pause
        await asyncio.sleep(pause)


async def _counted(call: Callable[[], Awaitable[T]], who: str) -> T:
    """The result of a call; an error is counted for the operator's figures."""
    try:
        return await call()
    except TelephoneError as error:
        metrics.FAILURES.labels(who, type(error).__name__).inc()
        raise


async def with_patience(
    call: Callable[[], Awaitable[T]],
    *,
    deadline: float,
    who: str,
    first_wait: float = 0.5,
    waking: Callable[[], Awaitable[None]] | None = None,
    unsent: Callable[[], Awaitable[None]] | None = None,
) -> T:
    """Makes a call until it answers; waits longer after each passing fault, or as long as the provider asked for.

    `deadline` bounds all attempts and waits together, in seconds. Only RateLimited and Unavailable are tried again; any
    other error is raised at once, and so is an answer that came and is none. While a model is being started, which the
    call says by Waking, the deadline has not begun, for at most WAKING_MAX; `waking` is awaited at the first of them.
    With `unsent`, which is awaited once, a call that could not be made, Unsent, is made again without a deadline.
    Raises TimedOut, naming `who`, when the time is used up.
    """
    began = time.monotonic()
    ends, asleep, cut_off, wait = began + deadline, False, False, first_wait
    while True:
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, ends - time.monotonic())):
                return await _counted(call, who)
        except TimeoutError:
            metrics.FAILURES.labels(who, TimedOut.__name__).inc()
            raise _timed_out(who, deadline) from None
        except (RateLimited, Unavailable) as error:
            if isinstance(error, BadOutput):
                raise
            endless = isinstance(error, Unsent) and unsent is not None
            if unsent is not None and endless and not cut_off:
                cut_off = True
                await unsent()
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
            if time.monotonic() + pause >= ends and not endless:
                raise _timed_out(who, deadline) from error
            await asyncio.sleep(pause)
            ends = time.monotonic() + deadline if endless else ends
            wait = wait if isinstance(error, Waking) else min(_LONGEST_WAIT, wait * 2)


def _timed_out(who: str, deadline: float) -> TimedOut:
    within = f"{deadline / 60:.0f} minutes" if deadline >= 120 else f"{deadline:.0f} seconds"
    return TimedOut(f"{who} did not answer within {within}; please try again later or choose another model.")
