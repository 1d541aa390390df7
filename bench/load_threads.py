"""What the threads of this process have used of the CPU, by what they are for."""

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Final

_KINDS: Final = (
    ("MainThread", "event loop"),
    ("cpu", "pictures, charts, networks"),
    ("store", "store"),
    ("views", "views"),
    ("queue-worker", "journal's polling"),
    ("dbos-background", "journal's polling"),
)
"""What threads are for, by the beginning of their names."""
_NATIVE: Final = "native threads and those that ended"


def by_kind() -> dict[str, float]:
    """CPU seconds of the process so far, by kind of thread; all other threads of Python are the journal's."""
    used, total = Counter[str](), time.process_time()
    for thread in threading.enumerate():
        seconds = _seconds(thread.native_id)
        used[next((kind for name, kind in _KINDS if thread.name.startswith(name)), "journal")] += seconds
        total -= seconds
    return {**used, _NATIVE: max(0.0, total)}


def _seconds(native_id: int | None) -> float:
    """CPU seconds of one thread, to the nanosecond, as Linux accounts it; 0 where it has just ended."""
    try:
        return int(Path(f"/proc/self/task/{native_id}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0
