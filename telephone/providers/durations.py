"""How long to wait, in the many forms in which providers write it. All results are in seconds."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_WORDS: Final = {"a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "five": 5.0, "ten": 10.0}
_NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNIT: Final = r"(?:milliseconds?|millis|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?)(?![a-z])"
_PIECE: Final = rf"(?:{_NUMBER})\s*{_UNIT}"
_PIECES: Final = rf"(?:{_PIECE}|\b(?:{'|'.join(_WORDS)})\s+{_UNIT})(?:(?:\s*,)?(?:\s*and)?\s*{_PIECE})*"
_PARTS: Final = re.compile(rf"(?:({_NUMBER})\s*|\b({'|'.join(_WORDS)})\s+)({_UNIT})", re.IGNORECASE)
_WHOLE: Final = re.compile(_PIECES, re.IGNORECASE)
_CLOCK: Final = r"(\d{1,3}):([0-5]\d):([0-5]\d(?:\.\d+)?)"
_ISO: Final = re.compile(r"P(\d+D)?T(?=\d)", re.IGNORECASE)
"""How a length of ISO 8601 begins, such as PT1M30S; what follows reads like "1m30s"."""
_ALONE: Final = r"(?![\d:-]|[.,]\d|[ \t]*[a-z])"
"""A number without a unit is in seconds, unless it is the start of something else: "5 months", "10:30:00 UTC"."""
_SAID: Final = re.compile(
    r"(?:resets?|again|wait(?:ing)?|(?:available|allowed)(?= (?:in|after|within)\b)"
    r"|retry(?:ing)?(?: (?:your|the) requests?| it)?|retry[-_ ]?(?:after|delay))"
    r"(?:\b(?:later|in|within|after|for|at least|up to|about|around|another)\b|[\s\"':=~≈])*"
    rf"(?P<duration>{_PIECES}|(?:{_CLOCK}|\d+(?:\.\d+)?){_ALONE})",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(r"\b(?:t|reset)\s*=\s*(\d+(?:\.\d+)?)", re.IGNORECASE)
"""The wait in a header of several fields, such as "limit=10, t=30"."""
_EPOCH: Final = 1e9
"""A number from here on is a moment: seconds since 1970, or milliseconds from a thousand times as much on."""


def said(text: str) -> float | None:
    """The wait that a sentence asks for, such as "Please try again in 1m12s."; None where it asks for none."""
    match = _SAID.search(text)
    return None if match is None else duration(match["duration"])


def duration(text: str) -> float | None:
    """The length of "7", "7s", "1m12s", "1 hour and 5 minutes", "20ms", "PT30S" or "00:01:30"; None for others."""
    text = _ISO.sub(r"\1", text.strip())
    if _WHOLE.fullmatch(text):
        return sum(
            (_WORDS[word.lower()] if word else float(figures.replace(",", ""))) * _factor(unit.lower())
            for figures, word, unit in _PARTS.findall(text)
        )
    if clock := re.fullmatch(_CLOCK, text):
        hours, minutes, seconds = map(float, clock.groups())
        return hours * 3_600 + minutes * 60 + seconds
    return number(text)


def header(value: str) -> float | None:
    """The wait in a header such as Retry-After: a number, a length, a moment in any form of HTTP or ISO 8601.

    A number that is far too large for a length is a moment since 1970. None for anything else.
    """
    if field := _FIELD.search(value):
        value = field[1]
    first = value.strip() if re.match(r"\s*[a-z]", value, re.IGNORECASE) else value.partition(",")[0].strip()
    found = duration(first)
    if found is None:
        return _until(first)
    if _EPOCH <= found < _EPOCH * 1e4:
        return found / (1e3 if found >= _EPOCH * 1e2 else 1.0) - datetime.now(UTC).timestamp()
    return found


def number(text: str | None) -> float | None:
    """A finite number, None for anything else, such as Python's own 1_000."""
    if not text or "_" in text:
        return None
    try:
        found = float(text)
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
