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
LEARNT_SECONDS: Final = 600.0
"""How long a limit that a provider named is kept to without being named again, in seconds."""


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
    """Queues calls in order within a limit, and narrows when a call is answered with RateLimited.

    Then all calls wait as long as the provider asked, and one goes out at a time; each that gets through lets one more
    out beside it. Where the provider named its limit a minute, calls are spread evenly within that, until it has not
    been named for LEARNT_SECONDS. With `adapts=False` a RateLimited changes nothing.
    """

    def __init__(self, limit: Limit, *, adapts: bool = True) -> None:
        self._limit = limit
        self._adapts = adapts
        self._slots = asyncio.Semaphore(limit.at_once)
        self._entering = asyncio.Lock()
        self._freed = asyncio.Event()
        self._out = 0
        self._width = limit.at_once
        self._begun: deque[float] = deque()
        self._closed_until = 0.0
        self._learnt: int | None = None
        self._learnt_until = 0.0
        self.short_of_credit: int | None = None
        """The calls a minute that the provider allows for want of credit; None where it last said no such thing."""

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits for a slot and holds it for the block. A RateLimited raised inside delays the calls that follow."""
        async with self._slots:
            await self._enter()
            try:
                yield
            except RateLimited as error:
                self._narrow(error)
                raise
            else:
                self._width = min(self._limit.at_once, self._width + 1)
            finally:
                self._out -= 1
                self._freed.set()

    async def _enter(self) -> None:
        async with self._entering:
            while True:
                if self._out >= self._width:
                    self._freed.clear()
                    await self._freed.wait()
                elif (wait := self._wait()) > 0:
                    await asyncio.sleep(wait)
                else:
                    break
            self._begun.append(_now())
            self._out += 1

    def _narrow(self, error: RateLimited) -> None:
        if not self._adapts:
            return
        self._width = 1
        self._closed_until = max(self._closed_until, _now() + min(error.retry_after or 0.0, _MINUTE))
        self.short_of_credit = error.per_minute if error.short_of_credit else None
        if error.per_minute is not None:
            self._learnt, self._learnt_until = error.per_minute, _now() + LEARNT_SECONDS

    def _wait(self) -> float:
        """How long until the next call may begin, in seconds."""
        now = _now()
        while self._begun and self._begun[0] <= now - _MINUTE:
            self._begun.popleft()
        if self._learnt is not None and now >= self._learnt_until:
            self._learnt, self._width, self.short_of_credit = None, 1, None
        full = len(self._begun) >= self._limit.per_minute
        spread = _MINUTE / self._learnt if self._learnt is not None and self._begun else 0.0
        return max(
            self._closed_until - now,
            self._begun[0] + _MINUTE - now if full else 0.0,
            self._begun[-1] + spread - now if spread else 0.0,
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
