"""Benches of speed can be run; what they claim holds or not on a machine that does nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.standin.process import environment

BENCH = Path(__file__).resolve().parents[2] / "bench"


def quick_run(name: str) -> list[str]:
    """The lines that a quick run prints."""
    words = [sys.executable, str(BENCH / name), "--quick"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment({}))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


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
