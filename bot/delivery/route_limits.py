"""The limits of Discord's routes, kept to exactly.

discord.py lets out more than a route takes where an answer comes while other requests of its window are on their way,
and where a channel is first written to before a route's limit has a name. After the last request of a window it keeps
the answer, which is there, from whoever waits for it until the window is over.
"""

import asyncio
from contextlib import suppress
from typing import Final

import aiohttp
import discord
from discord.http import HTTPClient, Ratelimit

_INACTIVE: Final = 300.0
"""After so many seconds without a request a limit may be forgotten."""


def keep_route_limits(http: HTTPClient) -> None:
    """Has the requests of a client keep to the limits of their routes."""
    limits = http._buckets

    def get_ratelimit(key: str) -> Ratelimit:
        if key not in limits:
            limits[key] = _before_it_had_a_name(http, key) or RouteLimit(http)
            http._try_clear_expired_ratelimits()
        return limits[key]

    http.get_ratelimit = get_ratelimit  # type: ignore[method-assign]


def _before_it_had_a_name(http: HTTPClient, key: str) -> Ratelimit | None:
    """The limit of a channel that requests went by before Discord had named the route's limit; None without one."""
    name, _, channel = key.partition(":")
    routes = [route for route, named in http._bucket_hashes.items() if named == name]
    return next(
        (http._buckets[f"{route}:{channel}"] for route in routes if f"{route}:{channel}" in http._buckets), None
    )


class RouteLimit(Ratelimit):
    """The limit of a route in one channel: requests go out in order, while the window has room for them.

    What an answer says is left can only lower what is known to be left: requests on their way are not in it. Raises
    discord.RateLimited where the wait is longer than the client's own maximum.
    """

    __slots__ = ("_changed", "_http", "_is_known", "_line")

    def __init__(self, http: HTTPClient) -> None:
        super().__init__(None)
        self._http, self._is_known = http, False
        self._line, self._changed = asyncio.Lock(), asyncio.Event()

    def update(self, response: aiohttp.ClientResponse, *, use_clock: bool = False) -> None:
        """Takes down what an answer says of the window."""
        left = self.remaining
        super().update(response, use_clock=use_clock)
        if self._is_known:
            self.remaining = min(self.remaining, left)
        self._is_known = True
        self._changed.set()

    async def acquire(self) -> None:
        """Returns when a request may go out."""
        self._last_request = self._loop.time()
        async with self._line:
            while not self._has_room():
                await self._change()
            self.remaining -= 1
            self.outgoing += 1

    def _has_room(self) -> bool:
        if self.is_expired() or (self.expires is None and not self.outgoing):
            self.reset()  # type: ignore[no-untyped-call]
        return self.remaining > 0

    async def _change(self) -> None:
        """Waits for the end of the window, or for an answer."""
        wait = None if self.expires is None else max(0.0, self.expires - self._loop.time())
        most = self._http.max_ratelimit_timeout
        if wait is not None and most is not None and wait > most:
            raise discord.RateLimited(wait)
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._changed.wait()

    async def __aexit__(self, *_ended: object) -> None:
        self.outgoing -= 1
        self._changed.set()

    def is_inactive(self) -> bool:
        """Whether the limit may be forgotten."""
        idle = self._loop.time() - self._last_request
        return idle >= _INACTIVE and not self.outgoing and not self._line.locked()
