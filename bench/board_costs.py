"""What boards and insights cost on a server as large as any: CPU and memory of each part, in a process of its own.

    python bench/board_costs.py [--quick]

200 pairs, 5,000 prompts, 100,000 voters, a million votes; a tenth of it with --quick. Each part is to take less than a
second of CPU and 300 MB beyond what its data take, of which the second is claimed of every run.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402

from telephone.domain.games import Pair  # noqa: E402
from telephone.domain.polls import Poll  # noqa: E402
from telephone.leaderboards.ballot_source import gather  # noqa: E402
from telephone.leaderboards.vote_flags import flag_voters  # noqa: E402
from telephone.scoring.agreement import agreement  # noqa: E402
from telephone.scoring.distance_model import Cell, rank_by_distance  # noqa: E402
from telephone.scoring.factor_effects import insights  # noqa: E402
from telephone.scoring.vote_model import rank_by_votes  # noqa: E402
from telephone.store.packed_votes import PACKED  # noqa: E402

SECONDS, MEGABYTES = 1.0, 300.0
PAIRS: Final = [Pair(f"artist-{a:02}", f"spotter-{b:02}") for a in range(14) for b in range(15)][:200]
MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)


def cells(pairs: int, prompts: int, played: float) -> list[Cell]:
    """A game of each of so many pairs on so many prompts, with this chance."""
    rng = np.random.default_rng(1)
    there = rng.random((prompts, pairs)) < played
    y = 0.5 + 0.1 * rng.standard_normal((prompts, 1)) + 0.03 * rng.standard_normal(pairs)
    y = y + 0.1 * rng.standard_normal(y.shape)
    return [Cell(PAIRS[p], f"p{k:05}", 1, float(y[k, p]), 0.0) for k, p in np.argwhere(there)]


def square(size: int, prompts: int, played: float) -> list[Cell]:
    """The same of size × size pairs."""
    names = {f"{kind}-{k:02}" for kind in ("artist", "spotter") for k in range(size)}
    return [cell for cell in cells(200, prompts, played) if {cell.pair.t2i, cell.pair.i2t} <= names]


def polls(voters: int, votes: int, pairs: int, *, young: bool = False) -> list[Poll]:
    """Battles of thirty votes, by any of so many voters; with `young` every vote is flagged."""
    rng = np.random.default_rng(2)
    found = []
    for battle in range(votes // 30):
        one, other = rng.choice(pairs, 2, replace=False)
        cast = np.zeros(30, dtype=PACKED)
        cast["member"], cast["choice"] = np.unique(rng.integers(0, voters, 60))[:30] + 1, rng.integers(0, 2, 30)
        cast["age"] = 1 if young else 500
        found.append(Poll(f"b{battle}", MOMENT, f"p{battle % 500}", ((0, PAIRS[one]), (1, PAIRS[other])), cast))
    return found


def parts(scale: float) -> dict[str, tuple[Callable[[], Any], Callable[[Any], object]]]:
    """What makes the data of each part, and the part."""
    prompts, voters, votes = int(5_000 * scale), int(100_000 * scale), int(1_000_000 * scale)
    pairs = int(200 * max(scale, 0.3))

    def both() -> object:
        board = rank_by_distance(cells(pairs, 30, 1.0))
        ballots = gather(polls(voters // 10, votes // 10, pairs))
        assert ballots is not None
        return board, rank_by_votes(ballots)

    return {
        "flags, every vote of 40,000 voters": (
            lambda: polls(int(40_000 * scale), votes, 60, young=True), lambda data: flag_voters(data, 7, {})
        ),
        "agreement of two boards": (both, lambda data: agreement(*data)),
        "board by votes, 60 pairs": (lambda: gather(polls(voters, votes, 60)), rank_by_votes),
        "board by votes, all pairs": (lambda: gather(polls(voters, votes, pairs)), rank_by_votes),
        "board by distance, all pairs, 100 prompts": (lambda: cells(pairs, 100, 1.0), rank_by_distance),
        "board by distance, all pairs, 5% of games": (lambda: cells(pairs, prompts, 0.05), rank_by_distance),
        "insights of 4 × 4, nine of ten games": (lambda: square(4, prompts, 0.9), insights),
        "insights of all pairs, 30% of games": (lambda: cells(pairs, prompts, 0.3), insights),
    }  # fmt: skip


def measure(name: str, scale: float) -> tuple[float, float]:
    """Seconds of CPU, and megabytes beyond those that were in use before."""
    make, work = parts(scale)[name]
    data = make()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    work(data)
    return time.process_time() - began, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of it all")
    parser.add_argument("--only", default="", metavar="TEXT", help="the parts whose name contains this")
    asked = parser.parse_args()
    scale, missed = 0.1 if asked.quick else 1.0, False
    spawn = multiprocessing.get_context("spawn")
    for name in (name for name in parts(scale) if asked.only in name):
        with ProcessPoolExecutor(1, spawn) as pool:
            seconds, megabytes = pool.submit(measure, name, scale).result()
        slow, large = seconds >= SECONDS, megabytes >= MEGABYTES
        missed |= large
        said = "ok" if not (slow or large) else "memory MISSED" if large else "slower than its goal"
        print(f"{name:<48}{seconds:6.2f} s of CPU {megabytes:6.0f} MB   {said}", flush=True)
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
