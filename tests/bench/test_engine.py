"""The engine's bench can be run, and notices what it is there to notice."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench/engine.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_engine", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_bound_is_what_the_sleeping_alone_takes(bench):
    assert bench.Size(games=5, turns=3, at_once=2, sleep=0.5).bound == pytest.approx(3 * 6 * 0.5)


def test_a_message_too_many_and_a_call_too_many_are_faults(bench):
    size = bench.Size(games=1, turns=1, at_once=1, sleep=0.1)
    game = SimpleNamespace(id="a", number=1, state=bench.GameState.FINISHED, reason=None)
    presenter, sleeper = bench.CountingPresenter(), bench.Sleeper(0.1, calls=[0.0, 0.1])
    presenter.posts["a"] = 6
    assert bench._faults(size, [game], presenter, sleeper) == []
    presenter.posts["a"] = 7
    sleeper.calls.append(0.2)
    assert bench._faults(size, [game], presenter, sleeper) == ["game 1 has 7 of 6 messages", "3 calls, not 2"]


@pytest.mark.slow
def test_a_quick_run_prints_its_row_and_finds_no_fault():
    words = [sys.executable, str(BENCH), "--quick"]
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    head, row = done.stdout.splitlines()
    assert head.startswith("games")
    assert row.split()[:4] == ["4", "2", "2", "0.1"]
