"""How the time of a function grows with its input: a ratio within one run, which holds on a slow machine as well."""

import time
from collections.abc import Callable

LONGER = 8
MOST = 40
"""The most by which the time may grow for a text 8 times as long: in proportion it grows by 8, squared by 64."""


def growth(work: Callable[[str], object], piece: str, times: int) -> float:
    """How many times as long `work` takes for a text of 8 times as many pieces, by this thread's processor time."""
    return _least(work, piece * times * LONGER) / _least(work, piece * times)


def _least(work: Callable[[str], object], text: str) -> float:
    def once() -> float:
        began = time.thread_time()
        work(text)
        return time.thread_time() - began

    return min(once() for _ in range(5))
