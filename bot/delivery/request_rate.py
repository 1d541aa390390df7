"""The limit of all requests of a bot's token together, which discord.py learns of only when it is answered 429."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
from discord.http import Route

MOST: Final = 50
"""Requests of a token that Discord takes in a second."""
PER_SECOND: Final = 48.0
"""Requests a second that go out where answers come at once."""
AT_ONCE: Final = 2
"""How many requests are sent at once after a pause."""
WINDOW: Final = 1.01
"""For how long a request counts after its answer, in seconds: Discord counted it before that, at a time that is not
known, and begins its seconds when it likes."""
_FREE: Final = ("/interactions/", "/webhooks/")
"""Answers to interactions, which Discord does not count."""


class RequestRate:
    """Lets requests to Discord go out in order and evenly, so that no second has more of them than a token may send.

    However late requests arrive there, or answers here: a request counts from when it goes out until a second after its
    answer, and no more than MOST count at once. `clock` gives seconds.
    """

    def __init__(
        self,
        per_second: float = PER_SECOND,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval, self._clock, self._sleep = 1 / per_second, clock, sleep
        self._line, self._ended = asyncio.Lock(), asyncio.Event()
        self._next, self._out = 0.0, 0
        self._answered: deque[float] = deque()

    def keep(self, trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
        """Has the requests that a trace sees wait for their turn; returns the trace."""
        trace.on_request_start.append(self._begins)
        trace.on_request_end.insert(0, self._ends)  # before what raises at some answers
        trace.on_request_exception.append(self._ends)
        return trace

    async def _begins(
        self, _session: aiohttp.ClientSession, context: SimpleNamespace, made: aiohttp.TraceRequestStartParams
    ) -> None:
        address = str(made.url)
        if address.startswith(Route.BASE) and not address.removeprefix(Route.BASE).startswith(_FREE):
            await self.turn()
            context.counts = True

    async def _ends(self, _session: aiohttp.ClientSession, context: SimpleNamespace, _made: Any) -> None:
        if vars(context).pop("counts", False):
            self.answered()

    async def turn(self) -> None:
        """Returns when the next request may go out; `answered` is to be called when it is answered, or given up."""
        async with self._line:
            wait = self._next - (AT_ONCE - 1) * self._interval - self._clock()
            if wait > 0:
                await self._sleep(wait)
            while self._counted() >= MOST:
                await self._one_less()
            self._next = max(self._next, self._clock()) + self._interval
            self._out += 1

    def answered(self) -> None:
        """Takes down that a request was answered, or was given up."""
        self._out -= 1
        self._answered.append(self._clock())
        self._ended.set()

    def _counted(self) -> int:
        """How many requests may count at Discord now."""
        while self._answered and self._answered[0] <= self._clock() - WINDOW:
            self._answered.popleft()
        return self._out + len(self._answered)

    async def _one_less(self) -> None:
        """Waits for the end of the earliest answer's second; for an answer, where there is none."""
        if self._answered:
            await self._sleep(self._answered[0] + WINDOW - self._clock())
            return
        self._ended.clear()
        await self._ended.wait()
