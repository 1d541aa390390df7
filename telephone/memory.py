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
YOUNG: Final = 5_000
"""How many new objects a process that runs on makes before the collector looks at them."""
LONG_LOOK: Final = 0.02
"""Seconds of a look at everything, from which on what is left after it is not looked at again."""
FREEZES: Final = 8
"""How often that is done: once for every heavy library, and not so often that it could be felt as a leak."""
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


def leave_alone_what_stays() -> None:
    """Has the collector leave alone what is loaded, for a process that runs on; now, and when libraries came later.

    A look at everything holds all threads up, for 0.1 s with the libraries of networks and charts.
    """
    gc.set_threshold(YOUNG)
    gc.freeze()
    gc.callbacks.append(Freezing())


class Freezing:
    """A callback of the collector, after whose long looks at everything it leaves alone what is still there.

    That is sound: no cycle of it is garbage at that moment. What becomes garbage later stays, hence only `times` times.
    """

    def __init__(self, times: int = FREEZES, long: float = LONG_LOOK) -> None:
        self._left, self._long, self._began = times, long, 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] < 2 or not self._left:
            return
        if phase == "start":
            self._began = time.thread_time()
        elif time.thread_time() - self._began >= self._long:
            self._left -= 1
            gc.freeze()


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
