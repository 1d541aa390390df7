"""The rate limit of one link: a token bucket."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import ceil
from typing import Final

from cachetools import TTLCache

from telephone.errors import RateLimited

AT_ONCE: Final = 30
"""Requests that a link may make in one go."""
A_SECOND: Final = 0.5
"""Requests that it may make for every second that passes, for ever."""
_KEPT: Final = 10_000
_FULL_AGAIN: Final = AT_ONCE / A_SECOND
"""Seconds after which an empty bucket is full, and need not be kept."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Pace:
    """A token bucket for each key. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: TTLCache[Hashable, _Bucket] = TTLCache(_KEPT, _FULL_AGAIN, timer=clock)

    def ask(self, key: Hashable) -> None:
        """Takes one request from the key's bucket. Raises RateLimited where it is empty."""
        now = self._clock()
        bucket = self._buckets.get(key) or _Bucket(AT_ONCE, now)
        bucket.left = min(AT_ONCE, bucket.left + (now - bucket.at) * A_SECOND)
        bucket.at = now
        self._buckets[key] = bucket  # kept for its time from now on
        if bucket.left < 1:
            wait = ceil((1 - bucket.left) / A_SECOND)
            raise RateLimited("This page was asked for too often; please wait a few seconds and try again.", wait)
        bucket.left -= 1
