"""What goes wrong on the way: rate limits, server errors, lost answers, closed connections, files cut short."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

Kind = int | Literal["lost answer", "silence", "drop", "cut short"]

Scope = Literal["user", "shared", "global"]
"""Whose limit a 429 speaks of: this route's, one that others share (a channel's), or the bot's of all routes."""


@dataclass
class Fault:
    """One thing that goes wrong, `times` times, for requests of `method` whose path matches `pattern`."""

    method: str
    pattern: re.Pattern[str]
    status: Kind
    times: int
    retry_after: float
    scope: Scope = "user"
    code: int = 0

    @property
    def works_first(self) -> bool:
        """Whether the request is carried out before it goes wrong."""
        return self.status in ("lost answer", "silence")

    def meets(self, method: str, path: str) -> bool:
        """Whether a request is one that this may happen to."""
        return self.method in (method, "*") and self.pattern.search(path) is not None


class Faults:
    """The faults to come; the first that fits a request is used up."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._shares: list[tuple[float, Fault, Random]] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        status: Kind,
        times: int = 1,
        retry_after: float = 0.5,
        scope: Scope = "user",
        code: int = 0,
    ) -> None:
        """Let requests fail whose path (without /api/v10) is matched anywhere by the expression `path`.

        429 is answered with Retry-After, rate limit headers and its `scope`, other numbers as that status before any
        work is done; "lost answer" does the work and answers 502; "silence" does it and answers nothing while
        the bot waits; "drop" closes the connection at once. `code` is the error code in the answer. Files
        have paths that begin with /cdn/, connections of the gateway /gw; "cut short" sends half of one
        file and closes the connection.
        """
        words = ("lost answer", "silence", "drop", "cut short")
        known = status in words if isinstance(status, str) else 400 <= status < 600
        if not known or times < 1:
            raise ValueError(f"no such fault: {status!r} × {times}; use 400–599 or one of {words}, at least once")
        self._waiting.append(Fault(method.upper(), re.compile(path), status, times, retry_after, scope, code))

    def sometimes(
        self, share: float, method: str, path: str, *, status: Kind, dice: Random, retry_after: float = 0.5
    ) -> None:
        """Let this share of the requests that `add` would mean fail, until everything is cleared, as `dice` fall."""
        self._shares.append((share, Fault(method.upper(), re.compile(path), status, 1, retry_after), dice))

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that meets this request, if any."""
        for fault in self._waiting:
            if fault.meets(method, path):
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
        shares = ((share, fault, dice) for share, fault, dice in self._shares if fault.meets(method, path))
        return next((replace(fault) for share, fault, dice in shares if dice.random() < share), None)

    @property
    def left(self) -> int:
        """How many faults have not happened yet."""
        return sum(fault.times for fault in self._waiting)

    def left_of(self, status: Kind) -> int:
        """How many faults of one kind have not happened yet."""
        return sum(fault.times for fault in self._waiting if fault.status == status)

    def clear(self) -> None:
        """Let everything work again."""
        self._waiting.clear()
        self._shares.clear()
