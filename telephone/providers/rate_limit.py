"""Rate limits: how many calls run at once, and how many begin a minute; one gate per provider and process.

Where several processes share a database, they count their calls there too, so that all together keep the limit.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

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


class Calls(Protocol):
    """The calls of all processes on one database. Without a database nothing is counted, and nobody waits."""

    async def begin(self, name: str, at_once: int, per_minute: int, apart: float, /) -> str | float | None:
        """The id of a call that may go out now, None if it is not counted, or the seconds to wait before asking again.

        `apart` is how many seconds lie between two calls at least.
        """

    async def end(self, call: str, /) -> None:
        """Takes down that a call has ended."""


@dataclass(slots=True)
class SharedLimits:
    """Where the gates of a process count calls together with those of other processes; None: it is alone."""

    calls: Calls | None = None

    async def begin(self, name: str, limit: Limit, apart: float) -> str | None:
        """The id of a call that may go out now; None where it is not counted."""
        while self.calls is not None:
            found = await self.calls.begin(name, limit.at_once, limit.per_minute, apart)
            if not isinstance(found, float):
                return found
            await asyncio.sleep(found)
        return None

    async def end(self, call: str | None) -> None:
        """Takes down that a call has ended."""
        if call is not None and self.calls is not None:
            await self.calls.end(call)


class Gate:
    """Queues calls in order within a limit, and narrows when a call is answered with RateLimited.

    Then all calls wait as long as the provider asked, and one goes out at a time; each that gets through lets one more
    out beside it. Where the provider named its limit a minute, calls are spread evenly within that, until it has not
    been named for LEARNT_SECONDS. With `adapts=False` a RateLimited changes nothing. Under `name` the gates of other
    processes count their calls in `shared` with this one; with `only_learnt` while a limit is learnt.
    """

    def __init__(
        self,
        limit: Limit,
        *,
        adapts: bool = True,
        name: str = "",
        shared: SharedLimits | None = None,
        only_learnt: bool = False,
    ) -> None:
        self._limit, self._name, self._shared = limit, name, shared or SharedLimits()
        self._only_learnt = only_learnt
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
            call: str | None = None
            try:
                if self._learnt is not None or not self._only_learnt:
                    call = await self._shared.begin(self._name, *self._common())
                yield
            except RateLimited as error:
                self._narrow(error)
                raise
            else:
                self._width = min(self._limit.at_once, self._width + 1)
            finally:
                self._out -= 1
                self._freed.set()
                await self._shared.end(call)

    def _common(self) -> tuple[Limit, float]:
        """The limit that all processes keep together, and how far apart their calls begin, in seconds."""
        learnt = self._learnt
        if learnt is None:
            return self._limit, 0.0
        return Limit(self._limit.at_once, min(self._limit.per_minute, learnt)), _MINUTE / learnt

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
