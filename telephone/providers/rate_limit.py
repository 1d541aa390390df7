"""Rate limits: how many calls run at once, and how many begin a minute; one gate per provider and process."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from telephone.errors import Misconfigured, RateLimited

_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Limit:
    """`at_once` calls at a time, `per_minute` begun in any minute."""

    at_once: int
    per_minute: int


LIMITS: Final = {"openai": Limit(16, 120), "replicate": Limit(40, 480), "cog": Limit(1, 6_000)}
"""Replicate allows 600 creates a minute, of which we leave a fifth; a Cog container predicts one at a time."""


def limits(text: str) -> Mapping[str, Limit]:
    """The limits in force: the defaults, with those of `text` such as "openai=4/30 replicate=40/480" over them.

    Raises Misconfigured, naming TELEPHONE_LIMITS.
    """
    own = {}
    for word in text.replace(",", " ").split():
        match = re.fullmatch(r"([a-z]+)=([1-9]\d{0,4})/([1-9]\d{0,6})", word)
        if match is None or match[1] not in LIMITS:
            raise Misconfigured(
                f"TELEPHONE_LIMITS holds '{word[:40]}'; write a provider, calls at once and calls a minute, "
                f"such as openai=4/30, for any of: {', '.join(LIMITS)}."
            )
        own[match[1]] = Limit(int(match[2]), int(match[3]))
    return LIMITS | own


class Gate:
    """Queues calls in order within a limit. A wait that the provider asks for delays all of its calls."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._slots = asyncio.Semaphore(limit.at_once)
        self._entering = asyncio.Lock()
        self._begun: deque[float] = deque()
        self._closed_until = 0.0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits for a slot and holds it for the block. A RateLimited raised inside delays the calls that follow."""
        async with self._slots:
            await self._enter()
            try:
                yield
            except RateLimited as error:
                self._closed_until = max(self._closed_until, _now() + min(error.retry_after or 0.0, _MINUTE))
                raise

    async def _enter(self) -> None:
        async with self._entering:
            while (wait := self._wait()) > 0:
                await asyncio.sleep(wait)
            self._begun.append(_now())

    def _wait(self) -> float:
        now = _now()
        while self._begun and self._begun[0] <= now - _MINUTE:
            self._begun.popleft()
        full = len(self._begun) >= self._limit.per_minute
        return max(self._closed_until - now, self._begun[0] + _MINUTE - now if full else 0.0)


def _now() -> float:
    return asyncio.get_running_loop().time()
