"""The limit of all requests of a bot's token together, which discord.py learns of only when it is answered 429."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Final

import aiohttp
from discord.http import Route

PER_SECOND: Final = 45.0
"""Requests a second. Discord takes 50 of a token; the rest is for those that arrive later than they were sent."""
AT_ONCE: Final = 2
"""How many requests are sent at once after a pause."""
_FREE: Final = ("/interactions/", "/webhooks/")
"""Answers to interactions, which Discord does not count."""


class RequestRate:
    """Lets requests to Discord go out in order and evenly, so that no second has more of them than a token may send.

    `clock` gives seconds.
    """

    def __init__(
        self,
        per_second: float = PER_SECOND,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval, self._clock, self._sleep = 1 / per_second, clock, sleep
        self._line = asyncio.Lock()
        self._next = 0.0

    def keep(self, trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
        """Has the requests that a trace sees wait for their turn; returns the trace."""
        trace.on_request_start.append(self._wait)
        return trace

    async def _wait(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, made: aiohttp.TraceRequestStartParams
    ) -> None:
        address = str(made.url)
        if address.startswith(Route.BASE) and not address.removeprefix(Route.BASE).startswith(_FREE):
            await self.turn()

    async def turn(self) -> None:
        """Returns when the next request may go out."""
        async with self._line:
            wait = self._next - (AT_ONCE - 1) * self._interval - self._clock()
            if wait > 0:
                await self._sleep(wait)
            self._next = max(self._next, self._clock()) + self._interval
