"""How long to wait, in the many forms in which providers write it. All results are in seconds."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_PIECE: Final = (
    r"\d+(?:\.\d+)?\s*(?:milliseconds?|millis|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])"
)
_PIECES: Final = rf"{_PIECE}(?:(?:\s*,)?(?:\s*and)?\s*{_PIECE})*"
_PARTS: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_WHOLE: Final = re.compile(_PIECES, re.IGNORECASE)
_SAID: Final = re.compile(
    r"(?:resets?|again|available|wait(?:ing)?|retry(?:ing)?(?: your request| the request| it)?|retry[-_ ]?after)"
    r"(?:\b(?:in|after|for|at least|about|around|another)\b|[\s\"':=~≈])*"
    rf"(?P<duration>{_PIECES}|\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_EPOCH: Final = 1e9
"""A number from here on is a moment: seconds since 1970, or milliseconds from a thousand times as much on."""


def said(text: str) -> float | None:
    """The wait that a sentence asks for, such as "Please try again in 1m12s."; None where it asks for none."""
    match = _SAID.search(text)
    return None if match is None else duration(match["duration"])


def duration(text: str) -> float | None:
    """The length of "7", "7s", "1m12s", "6m0s", "1 hour and 5 minutes" or "20ms"; None for anything else."""
    if _WHOLE.fullmatch(text.strip()):
        return sum(float(number) * _factor(unit.lower()) for number, unit in _PARTS.findall(text))
    return number(text)


def header(value: str) -> float | None:
    """The wait in a header such as Retry-After: a number, a length, a moment in any form of HTTP or ISO 8601.

    A number that is far too large for a length is a moment since 1970. None for anything else.
    """
    first = value.strip() if re.match(r"\s*[a-z]", value, re.IGNORECASE) else value.partition(",")[0].strip()
    found = duration(first)
    if found is None:
        return _until(first)
    if _EPOCH <= found < _EPOCH * 1e4:
        return found / (1e3 if found >= _EPOCH * 1e2 else 1.0) - datetime.now(UTC).timestamp()
    return found


def number(text: str | None) -> float | None:
    """A finite number, None for anything else."""
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if isfinite(found) else None


def _factor(unit: str) -> float:
    if unit.startswith(("ms", "milli")):
        return _SECONDS["ms"]
    return _SECONDS[unit[0]]


def _until(moment: str) -> float | None:
    """The time until a moment; one without a time zone is in UTC."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            there = parse(moment)
            there = there.replace(tzinfo=UTC) if there.tzinfo is None else there
            return (there - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError, TypeError):
            continue
    return None
