"""The bot, unchanged, that says how late its event loop is, what its threads and parts use of the CPU and, with
--count, what it asks of the database.

    TELEPHONE_BENCH_FIGURES=FILE python bench/load_process.py [--count]

At SIGUSR1 it writes what there was since the last one to FILE.
"""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from load_counts import Counts, counting, timing
from load_threads import by_kind

import bot.process as entry

FIGURES: Final = "TELEPHONE_BENCH_FIGURES"
_EVERY: Final = 0.01
"""How often the loop is looked at, in seconds; it costs a third of a percent of a core."""


class Watch:
    """How late the loop wakes a task that sleeps, in ms, one figure a look."""

    def __init__(self, path: Path, counts: Counts) -> None:
        self._path, self._counts, self._late = path, counts, list[float]()
        self._used = by_kind()

    async def run(self) -> None:
        """Looks until it is cancelled."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._write)
        while True:
            due = time.monotonic() + _EVERY
            await asyncio.sleep(_EVERY)
            self._late.append((time.monotonic() - due) * 1_000)

    def _write(self) -> None:
        names = ("statements", "commits", "loads", "cpu")
        counted = {name: dict(getattr(self._counts, name)) for name in names}
        for name in names:
            getattr(self._counts, name).clear()
        late, self._late = sorted(self._late), []
        before, self._used = self._used, by_kind()
        threads = {kind: seconds - before.get(kind, 0.0) for kind, seconds in self._used.items()}
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps({"late": late, "counts": counted, "threads": threads}), encoding="utf-8")
        part.replace(self._path)


def main() -> int:
    plain = entry.run
    with counting() if "--count" in sys.argv else timing(Counts()) as counts:
        watch = Watch(Path(os.environ[FIGURES]), counts)

        async def run(*args: Any) -> None:
            watching = asyncio.create_task(watch.run())
            try:
                await plain(*args)
            finally:
                watching.cancel()

        entry.run = run
        return entry.main()


if __name__ == "__main__":
    sys.exit(main())
