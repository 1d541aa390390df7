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
HEAPS: Final = 2
"""How many heaps the threads of a process share. With one each, what is free in one is of no use to another."""
_ARENA_MAX: Final = -8
"""The name of that limit in glibc's malloc.h, M_ARENA_MAX."""
_last = [-EVERY]


def collect_seldom() -> None:
    """Has the collector look every 100,000 objects and not every 700, for a process that loads much and soon ends.

    What is loaded stays, and the collector would look through all of it again and again: 0.6 s of a game of one turn.
    """
    gc.set_threshold(SELDOM)


def give_back() -> None:
    """Returns all free memory of the process to the system; 0.2 to 1.5 ms. Does nothing where glibc is not in use."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def give_back_at_times() -> None:
    """As `give_back`, but at most four times a second."""
    if time.monotonic() - _last[0] >= EVERY:
        _last[0] = time.monotonic()
        give_back()


def share_heaps() -> None:
    """Has all threads that begin from now on share HEAPS heaps. Does nothing where glibc is not in use."""
    set_option = _of_glibc("mallopt")
    if set_option is not None:
        set_option(_ARENA_MAX, HEAPS)


@cache
def _of_glibc(name: str) -> Any:
    """A function of glibc; None where the C library is another."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return getattr(ctypes.CDLL("libc.so.6"), name)
    except (OSError, AttributeError):
        return None
