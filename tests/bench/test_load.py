"""What a step asks of the database is counted, and stays within its goals."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.standin.process import environment

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def rows():
    """The rows of a quick run by their words."""
    words = [sys.executable, str(BENCH / "load.py"), "--quick", "--json"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment({}))
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert found["faults"] == [], done.stderr
    missed = [row for row in found["rows"] if row["counted"] and row["measured"] > row["goal"]]
    assert done.returncode == int(bool(missed)), done.stderr
    return {row["what"]: row["measured"] for row in found["rows"]}


@pytest.mark.slow
def test_a_step_asks_little_of_the_database_and_reads_no_whole_game(rows):
    for players, commits in (("players that cost money", 6), ("players of this machine", 4)):
        assert 5 < rows[f"SQL statements a step, {players}"] <= 20
        assert 1 < rows[f"writing commits a step, {players}"] <= commits
        assert rows[f"loads of a whole game a step, {players}"] <= 0.2


@pytest.mark.slow
def test_a_game_through_the_bot_asks_little_of_discord_and_is_never_refused(rows):
    what = "3 games × 10 turns through the bot"
    assert 1 < rows[f"requests to Discord a step, {what}"] <= 2
    assert rows[f"answers of 429, {what}"] == 0
    assert rows[f"most edits of one card within 5 s, {what}"] <= 2
    for of_the_database in ("SQL statements", "writing commits", "loads of a game"):
        assert rows[f"{of_the_database} a step through the bot, all but polling"] > 0


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("load_engine")


def test_a_message_too_many_and_a_call_too_many_are_faults(engine):
    load = engine.Load(games=1, turns=1, at_once=1, picture_s=0.1, caption_s=0.1)
    sleeper, presenter = engine.Sleeper(load), engine.CountingPresenter()
    game = type("Played", (), {"id": "a", "number": 1, "state": engine.GameState.FINISHED, "reason": None})()
    presenter.posts["a"] = 6
    sleeper.calls.update({("t2i", 1, "a fox"): 1, ("i2t", 2, ""): 1})
    assert engine._faults(load, [game], presenter, sleeper) == []
    presenter.posts["a"] = 7
    sleeper.calls["i2t", 2, ""] = 2
    assert engine._faults(load, [game], presenter, sleeper) == [
        "game 1 has 7 of 6 messages",
        "3 calls for 2 steps, not 2",
    ]


def test_a_load_takes_as_long_in_every_run(engine):
    load = engine.Load(games=1, turns=1, at_once=1, picture_s=4.0, caption_s=2.0, sigma=0.5)
    takes = [engine.Sleeper(load).takes(seed, "t2i") for seed in range(200)]
    assert takes == [engine.Sleeper(load).takes(seed, "t2i") for seed in range(200)]
    assert 3.5 < sorted(takes)[100] < 4.5
    assert len(set(takes)) == 200
