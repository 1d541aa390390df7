"""Whatever goes wrong, nothing is lost, doubled or paid for unseen; and an audit finds it where it is."""

import importlib
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest

from telephone.domain.games import Kind, StepKey, step_seed
from tests.standin.process import environment

BENCH = Path(__file__).resolve().parents[2] / "bench"


def run(*options: str) -> None:
    """Runs the bench, which has to have each of its goals, and checks that something went wrong in it at all."""
    words = [sys.executable, str(BENCH / "chaos.py"), "--json", *options]
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment({}))
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert [row["what"] for row in found["rows"] if row["missed"]] == [], "\n".join(found["faults"])
    assert done.returncode == 0, done.stderr
    assert found["told"]["went wrong"]["kill -9"] >= 3
    assert found["told"]["states"]["finished"] >= 6


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_few_games_survive_kills_and_a_few_faults():
    run("--quick")


@pytest.mark.long
@pytest.mark.timeout(2_400)
def test_every_fault_at_least_once_loses_and_doubles_nothing():
    run("--short")


@pytest.fixture
def audited(monkeypatch):
    """Audits one finished game of one turn at Replicate, after a test has changed something of it."""
    monkeypatch.syspath_prepend(str(BENCH))
    chaos_audit, chaos_rows = importlib.import_module("chaos_audit"), importlib.import_module("chaos_rows")
    game = SimpleNamespace(
        id="g1",
        number=1,
        guild_id=5,
        state="finished",
        reason=None,
        turns=1,
        design=None,
        seed=7,
        t2i="chaos-flux",
        i2t="chaos-blip",
        channel_id=50,
        runs=1,
    )
    steps = [SimpleNamespace(turn=1, kind=kind, kept_at="now") for kind in "pc"]
    posts = {"card": 60, "thread": 60, "opening": 61, "1p": 62, "1c": 63, "summary": 64}
    stored = chaos_rows.Stored(
        games=[game],
        battles=[],
        parties=[],
        steps=defaultdict(list, {"g1": steps}),
        posts=defaultdict(dict, {"g1": posts}),
        battle_of={},
        party_of={},
        spent_usd={"g1": 0.005},
        unsettled=set(),
        tokens=0,
    )
    thread = {number: said(f"message {number}") for number in (61, 62, 63, 64)}
    world = {50: {60: said("card", "at1:again:g1")}, 60: thread}
    seeds = [step_seed(7, StepKey(1, kind)) for kind in (Kind.PICTURE, Kind.CAPTION)]
    calls = {"a": SimpleNamespace(model="chaos/flux", seed=seeds[0])}
    calls["b"] = SimpleNamespace(model="chaos/blip", seed=seeds[1])
    discord = SimpleNamespace(
        world=SimpleNamespace(backend=SimpleNamespace(messages=world, bot_user=SimpleNamespace(id=1))),
        messages=lambda place: list(world[place].values()),
    )
    apis = SimpleNamespace(calls=calls, predictions={}, predict_seconds=2.0)
    tables = {
        "chaos/flux": SimpleNamespace(name="chaos-flux", kind="t2i", second_usd=None, price_usd=0.003),
        "chaos/blip": SimpleNamespace(name="chaos-blip", kind="i2t", second_usd=0.001, price_usd=0.1),
    }
    here = SimpleNamespace(discord=discord, apis=apis, deleted=set(), asked=[], processes=[], logs="")

    def audit() -> list[str]:
        found = chaos_audit.Audit(here, stored, tables).run()
        assert [row.what for row in found.rows if row.missed] == sorted(
            {fault.partition(":")[0] for fault in found.faults}, key=[row.what for row in found.rows].index
        )
        return [row.what for row in found.rows if row.missed]

    return SimpleNamespace(here=here, stored=stored, world=world, audit=audit, seeds=seeds)


def said(text: str, *buttons: str) -> SimpleNamespace:
    components = [{"type": 1, "components": [{"type": 2, "custom_id": one} for one in buttons]}] if buttons else []
    return SimpleNamespace(text=text, files=(), components=components, author_id=1, id=0)


def test_an_audit_of_a_whole_game_finds_nothing(audited):
    assert audited.audit() == []


def test_an_audit_finds_what_is_stuck_lost_and_doubled(audited):
    audited.stored.games[0].state = "playing"
    assert audited.audit() == ["neither ended nor paused with a reason"]
    audited.stored.games[0].state = "finished"
    del audited.world[60][63]
    assert audited.audit() == ["messages, steps and rounds lost"]
    audited.world[60] |= {63: said("message 62")}
    assert audited.audit() == ["messages doubled"]


def test_an_audit_finds_a_prediction_paid_twice_and_a_bill_that_is_not_booked(audited):
    audited.here.apis.calls["c"] = SimpleNamespace(model="chaos/flux", seed=audited.seeds[0])
    assert audited.audit() == ["predictions paid twice at Replicate", "games billed for more than is booked"]
    audited.stored.spent_usd["g1"] = 0.008
    assert audited.audit() == ["predictions paid twice at Replicate"]
    audited.here.apis.calls["c"] = SimpleNamespace(model="chaos/flux", seed=1)
    assert audited.audit() == ["paid calls that belong to no game"]


def test_an_audit_finds_who_is_left_thinking_what_is_told_wrong_and_what_broke(audited):
    waits = SimpleNamespace(loading=True, text="")
    shown = SimpleNamespace(id=0xA, acknowledged=True, kind="deferred", response=waits)
    audited.here.asked.append(SimpleNamespace(what="replicate", interaction=shown))
    assert audited.audit() == ["acknowledged and not answered"]
    shown.response = SimpleNamespace(loading=False, text="Game #4 starts in a moment.")
    assert audited.audit() == ["starts told otherwise than they are stored"]
    audited.here.asked.clear()
    audited.here.logs = '{"event": "a step broke", "exception": "Traceback (most recent call last):\\nKeyError: 1"}'
    audited.here.processes.append(SimpleNamespace(name="bot", ends=[-9, 1]))
    assert audited.audit() == ["ended with a status that no service manager repeats", "tracebacks"]
