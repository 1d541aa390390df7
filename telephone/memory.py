"""Memory that is free goes back to the system, and where much is loaded the collector looks seldom."""

import ctypes
import gc
import sys
import time
from functools import cache
from typing import Any, Final

EVERY: Final = 0.25
"""Seconds between two times that memory is given back for work that comes again: what is taken anew costs as well."""
SELDOM: Final = 100_000
"""How many new objects a command makes before the collector looks for cycles among them."""
_last = [-EVERY]


def collect_seldom() -> None:
    """Has the collector look every 100,000 objects and not every 700, for a process that loads much and soon ends.

    What is loaded stays, and the collector would look through all of it again and again: 0.6 s of a game of one turn.
    """
    gc.set_threshold(SELDOM)


def give_back() -> None:
    """Returns all free memory of the process to the system; 0.2 to 1.5 ms. Does nothing where glibc is not in use."""
    trim = _trim()
    if trim is not None:
        trim(0)


def give_back_at_times() -> None:
    """As `give_back`, but at most four times a second."""
    if time.monotonic() - _last[0] >= EVERY:
        _last[0] = time.monotonic()
        give_back()


@cache
def _trim() -> Any:
    """The function of glibc that does it; None where the C library is another."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return None
