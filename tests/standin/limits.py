"""Rate limits as Discord tells them: a bucket a route and its channel, with headers on every answer, and one of all."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, field

from tests.standin.faults import Scope

# Answers to interactions and their follow-ups are not counted against the limit of all routes.
NOT_COUNTED = re.compile(r"/(interactions|webhooks)/\d+/.+")


@dataclass
class Limit:
    """So many requests of a route in so many seconds, counted apart for every path that the route matches.

    Where the expression has a group they are counted by that, as Discord counts them by channel and not by message.
    """

    method: str
    pattern: re.Pattern[str]
    requests: int
    per: float
    begun: dict[str, tuple[float, int]] = field(default_factory=dict)

    def take(self, path: str) -> tuple[dict[str, str], float]:
        """Count a request: the headers of its answer, and for how long it has to wait, 0 if not at all."""
        now, path = time.monotonic(), self._apart(path)
        since, count = self.begun.get(path, (now, 0))
        if now - since >= self.per:
            since, count = now, 0
        left = since + self.per - now
        over = count >= self.requests
        self.begun[path] = (since, count if over else count + 1)
        told = {
            "Limit": str(self.requests),
            "Remaining": str(self.requests - self.begun[path][1]),
            "Reset": f"{time.time() + left:.3f}",
            "Reset-After": f"{left:.3f}",
            "Bucket": f"{abs(hash((self.method, self.pattern.pattern))):x}",
        }
        return {f"X-RateLimit-{name}": value for name, value in told.items()}, left if over else 0.0

    def _apart(self, path: str) -> str:
        """What requests are counted by."""
        match = self.pattern.fullmatch(path)
        return match[1] if match is not None and self.pattern.groups else path


class Limits:
    """The limits that are switched on; without any, answers have no such headers."""

    def __init__(self) -> None:
        self._all: list[Limit] = []
        self._together: tuple[int, float] | None = None
        self._lately: deque[float] = deque()

    def add(self, method: str, path: str, *, requests: int, per: float) -> None:
        """Limit a route whose path (without /api/v10) the expression matches as a whole."""
        self._all.append(Limit(method.upper(), re.compile(path), requests, per))

    def add_global(self, *, requests: int, per: float) -> None:
        """Limit all routes together, as a bot's token is limited; answers to interactions are free."""
        self._together = requests, per

    def take(self, method: str, path: str) -> tuple[dict[str, str], float, Scope]:
        """Count a request against the limit of all routes, then against the first that fits it.

        Returns the headers of its answer, for how long it has to wait (0 if not at all), and whose limit it met.
        """
        wait = 0.0 if NOT_COUNTED.fullmatch(path) else self._take_of_all()
        if wait:
            return {}, wait, "global"
        for limit in self._all:
            if limit.method == method and limit.pattern.fullmatch(path):
                return *limit.take(path), "user"
        return {}, 0.0, "user"

    def _take_of_all(self) -> float:
        if self._together is None:
            return 0.0
        (requests, per), now = self._together, time.monotonic()
        while self._lately and now - self._lately[0] >= per:
            self._lately.popleft()
        if len(self._lately) >= requests:
            return self._lately[0] + per - now
        self._lately.append(now)
        return 0.0
