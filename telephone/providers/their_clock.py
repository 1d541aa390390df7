"""The clock of a service, as its answers tell it: ours may have been set wrong, and be set right meanwhile."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any


def _ours() -> datetime:
    return datetime.now(UTC)


class TheirClock:
    """What time it is at a service: by the `Date` of its last answer, and until one told it by our own clock."""

    def __init__(self, ours: Callable[[], datetime] = _ours) -> None:
        self._ours = ours
        self._told: tuple[datetime, float] | None = None

    async def hear(self, answer: Any) -> None:
        """Takes down the time of an answer, where it tells one; a hook for an HTTP client."""
        try:
            told = parsedate_to_datetime(answer.headers["date"])
        except (KeyError, ValueError):
            return
        self._told = told if told.tzinfo else told.replace(tzinfo=UTC), time.monotonic()

    def now(self) -> datetime:
        """The time there, to a second or two."""
        if self._told is None:
            return self._ours()
        told, at = self._told
        return told + timedelta(seconds=time.monotonic() - at)
