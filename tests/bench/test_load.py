"""What a step asks of the database is counted, and stays within its goals."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from telephone.domain.games import Kind
from tests.standin.process import environment
from tests.standin.records import Sent

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
    assert 1 < rows[f"requests to Discord a step, {what}"] <= 1.3
    assert rows[f"answers of 429, {what}"] == 0
    assert rows[f"most edits of one card within 5 s, {what}"] <= 1
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


def test_requests_are_told_apart_and_edits_of_one_card_counted_within_five_seconds(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    requests = importlib.import_module("load_requests").Requests({1})

    def sent(method, path, at=0.0, status=200):
        return Sent(method, path, None, (), at, status)

    requests.read(
        [
            sent("POST", "/channels/1/messages"),
            sent("POST", "/channels/22/messages"),
            *(sent("PATCH", "/channels/1/messages/7", at) for at in (0.0, 4.9, 5.1, 9.0)),
            sent("PATCH", "/channels/1/messages/8", 5.0),
            sent("PATCH", "/channels/22/messages/9"),
            sent("POST", "/interactions/5/token/callback"),
            sent("POST", "/channels/22/messages", status=429),
            sent("POST", "/channels/22/messages", status=None),
        ]
    )
    assert requests.kinds == {"posts": 2, "card edits": 5, "others": 1, "answers": 1}
    assert requests.total == 8
    assert requests.refused.total() == 1
    assert requests.posted == {1: 1, 22: 1}
    assert requests.most_edits == 3  # at 4.9, 5.1 and 9.0


def test_the_least_time_of_a_load_is_its_longest_chain_or_its_work_in_so_many_places(engine):
    def game(*kinds):
        steps = [type("Step", (), {"seed": 1, "key": type("Key", (), {"kind": kind})()})() for kind in kinds]
        return type("Played", (), {"steps": steps})()

    calls = engine.Calls(2.0, 1.0)
    games = [game(Kind.PICTURE, Kind.CAPTION), *(game(Kind.PICTURE) for _ in range(3))]
    assert calls.bound(games, at_once=4) == 3.0
    assert calls.bound(games, at_once=2) == 4.5
