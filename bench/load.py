"""What a step costs, and how near a load comes to the least time that its calls need.

    python bench/load.py [--quick] [--json] [--database URL]

The counts are of games of players that only sleep, played by engine and store alone. A step's share is what longer
games ask beyond shorter ones; what a game asks however long it is, its card and its measuring are left out, and so is
the engine's polling, which grows with time and has a row of its own. The makespan is that of the article's 12 pairs on
10 prompts, 40 games at once, over the least time that the calls need. --quick counts only, in less than a minute.
Exits with status 1 where a game is not finished, a message is missing or posted twice, a call is made twice, or a count
is over its goal.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from load_engine import Counts, Load, Played, play

from telephone import log

PAID: Final = Load(games=6, turns=10, at_once=6, picture_s=0.02, caption_s=0.01, usd=0.001)
ARTICLE: Final = Load(games=120, turns=10, at_once=40, picture_s=1.0, caption_s=0.5, sigma=0.5, usd=0.001)
SHORT_TURNS: Final = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. A goal that is counted must hold; one that is timed is printed beside what was measured."""

    what: str
    measured: float
    goal: float | None
    counted: bool

    @property
    def missed(self) -> bool:
        return self.goal is not None and self.measured > self.goal


@dataclass(frozen=True, slots=True)
class Goals:
    """The most that a step may ask of the database."""

    statements: float
    commits: float
    loads: float = 0.2


async def costs(load: Load, what: str, goals: Goals, url: str | None) -> tuple[list[Row], list[str]]:
    """What a step of this load costs, beyond what a game costs however long it is."""
    short = await _played(replace(load, turns=SHORT_TURNS), url)
    long = await _played(load, url)
    steps = long.load.steps - short.load.steps

    def share(counter: Callable[[Counts], Counter[str]]) -> float:
        return (counter(long.counts)["step"] - counter(short.counts)["step"]) / steps

    polls = long.counts.statements["poll"] / long.took
    cpu = (long.cpu - short.cpu) / steps * 1_000
    rows = [
        Row(f"SQL statements a step, {what}", share(lambda counts: counts.statements), goals.statements, counted=True),
        Row(f"writing commits a step, {what}", share(lambda counts: counts.commits), goals.commits, counted=True),
        Row(f"loads of a whole game a step, {what}", share(lambda counts: counts.loads), goals.loads, counted=True),
        Row(f"CPU ms a step, {what}, cards and measuring too", cpu, None, counted=False),
        Row(f"SQL statements a second of the engine's polling, {what}", polls, None, counted=False),
    ]
    return rows, short.faults + long.faults


async def makespan(load: Load, url: str | None) -> tuple[list[Row], list[str]]:
    """How long a load took, over the least that its calls need."""
    played = await _played(load, url)
    what = f"makespan of {load.games} games, {load.at_once} at once, over the bound of {played.bound:.0f} s"
    cpu = Row("CPU ms a step of that load, all included", played.cpu / load.steps * 1_000, None, counted=False)
    return [Row(what, played.took / played.bound, 1.05, counted=False), cpu], played.faults


async def _played(load: Load, url: str | None) -> Played:
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as folder:
        return await play(load, Path(folder), url)


async def bench(*, quick: bool, url: str | None) -> tuple[list[Row], list[str]]:
    """All rows, and what was not as it must be."""
    rows, faults = await costs(PAID, "players that cost money", Goals(20, 6), url)
    parts = [costs(replace(PAID, usd=0.0), "players of this machine", Goals(20, 4), url)]
    for part in parts if quick else [*parts, makespan(ARTICLE, url)]:
        found, wrong = await part
        rows += found
        faults += wrong
    return rows, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="counts only, in less than a minute")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--database", metavar="URL", help="an empty Postgres database; by default SQLite in a folder")
    given = parser.parse_args()
    log.configure(logging.WARNING)
    rows, faults = asyncio.run(bench(quick=given.quick, url=given.database))
    if given.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "faults": faults}))
    else:
        for row in rows:
            goal = "" if row.goal is None else f"≤ {row.goal:<5g} {'MISSED' if row.missed else 'ok'}"
            print(f"{row.what:<72} {row.measured:>8.2f}  {goal}".rstrip())
        print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults or any(row.missed and row.counted for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
