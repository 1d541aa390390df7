"""Benches can be run, and their figures are there; how fast they are on a machine with other work is not asserted."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.standin.process import environment

BENCH = Path(__file__).resolve().parents[2] / "bench"
ROWS = {
    "least": r" ± ",
    "unknown_words": r"^ +\d+%( +[-\d.]+%?){4}$",
    "votes": r" \d\.\d\d s",
    "windows": r"^\S.* \d\.\d{3} ",
    "board": r"^an answer in [\d.]+ s, < \d+ s",
    "board_costs": r" s of CPU +-?\d+ MB ",
    "insights": r"\bok$",
    "ranking": r"\bok$",
    "worlds": r"\bok$",
    "scale": r"^claimed of 5 × 3: .* ok$",
    "sketch": r"\bok$",
}
"""What a row of a bench looks like that has its goal, or its figures."""
FEWEST = {
    "least": 2,
    "unknown_words": 3,
    "votes": 4,
    "windows": 5,
    "board": 1,
    "board_costs": 8,
    "insights": 50,
    "ranking": 50,
    "worlds": 70,
}
FEWEST |= {"scale": 2, "sketch": 10}
TIMED = {"board", "board_costs", "votes", "sketch"}
"""These have goals in seconds, which a machine with other work misses."""
LONG = {"board", "board_costs", "insights", "ranking", "scale", "sketch", "worlds"}
"""These take a good part of a minute each."""
PARTS = {"stored_games", "load_process", "load_provider", "load_workers", "chaos_worker"}
"""Benches import these, or run them in processes of their own; without a bench they measure nothing."""


def quick_run(name: str) -> list[str]:
    """The lines that a quick run prints."""
    words = [sys.executable, str(BENCH / name), "--quick"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment({}))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_every_bench_has_a_quick_run_here():
    # In test_load.py, test_waiting.py, test_chaos.py, and below.
    of_their_own = {"load", "waiting", "chaos", "safety", "crowd", "turn"}
    runnable = {path.stem for path in BENCH.glob("*.py") if '__name__ == "__main__"' in path.read_text("utf-8")}
    assert runnable >= PARTS
    assert runnable - PARTS == of_their_own | set(ROWS)
    benched = re.findall(r"bench/(\w+)\.py", (BENCH.parent / "Makefile").read_text(encoding="utf-8"))
    assert set(benched) == of_their_own | set(ROWS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in LONG else [pytest.mark.slow]) for name in ROWS]
)
def test_a_quick_run_prints_its_figures_and_misses_no_goal(name):
    lines = quick_run(f"{name}.py")
    assert len([line for line in lines if re.search(ROWS[name], line)]) >= FEWEST[name], "\n".join(lines)
    assert name in TIMED or not [line for line in lines if "MISSED" in line]


def test_the_check_of_a_step_is_set_against_the_step():
    head, *rows = quick_run("safety.py")
    assert head.startswith("a step ")
    assert [row.partition("  ")[0] for row in rows] == [
        "check of a step / step",
        "a text 8 times as long / a text, per character",
    ]


def test_an_offline_turn_is_measured_by_part():
    head, *rows = quick_run("turn.py")
    assert head.startswith("a part of a turn, ms of CPU")
    parts = ["draw", "check", "look", "check of the words", "embed", "store", "a turn"]
    assert [row[:40].strip() for row in rows] == parts


@pytest.mark.long
def test_a_crowd_is_answered_and_every_vote_counted():
    *_, counted, acknowledged, late = quick_run("crowd.py")
    assert counted == "20 members within 1 s: 20 votes counted"
    assert acknowledged.startswith("acknowledged after ")
    assert late.startswith("too late for Discord: ")
