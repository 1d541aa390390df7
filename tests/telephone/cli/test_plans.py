"""`telephone plan`: from what was played here, or from what somebody states."""

import asyncio
import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from telephone.domain.games import NO_GUILD, Kind, Level, Pair, Prompt, Step, StepKey
from telephone.errors import BadInput, NotFound
from telephone.models.minilm import MiniLM
from telephone.store import Store
from tests.support.played import asked, finished
from tests.telephone.cli.test_csv_input import telephone

STATED = ("--gap", 0.05, "--pair-prompt-sd", 0.05, "--game-sd", 0.04)
PAIRS = [Pair(t2i, i2t) for t2i in ("doodles", "stickers") for i2t in ("spotter-hazy", "spotter-sharp")]


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def planned(*arguments: object) -> dict:
    result = telephone("plan", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def play(folder: Path) -> None:
    """Four pairs on eight prompts with two seeds; a picture takes 3 s and a caption 1 s."""

    async def games() -> None:
        rng = np.random.default_rng(2)
        async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
            for k in range(8):
                own = {pair: 0.5 + float(rng.normal(0, 0.05)) for pair in PAIRS}
                for pair, seed in product(PAIRS, (1, 2)):
                    request = asked(NO_GUILD, pair, Prompt(f"scene {k}", Level.EASY, f"#easy-{k:03}"), seed, 1)
                    game = await finished(
                        store, request, [own[pair] + float(rng.normal(0, 0.02))], version=MiniLM().version
                    )
                    for kind, said, ms in (
                        (Kind.PICTURE, {"image": "0" * 64}, 3000),
                        (Kind.CAPTION, {"text": "x"}, 1000),
                    ):
                        step = Step(StepKey(1, kind), pair.player(kind), seed=1, latency_ms=ms, **said)
                        await store.steps.keep(game.id, step)

    asyncio.run(games())


def test_stated_spreads_give_prompts_and_games() -> None:
    found = planned(*STATED, "--pairs", 12)
    assert (found["pairs"], found["prompts_at_hand"], found["turns"]) == (12, 40, 10)
    assert found["two"]["games"] == 12 * found["two"]["prompts"]
    assert found["best"]["prompts"] > found["two"]["prompts"] > 10
    assert found["two"]["power_with_these_prompts"] <= found["two"]["most_power_with_these_prompts"] <= 1
    assert (found["two"]["usd"], found["two"]["seconds"]) == (None, None)
    twice = planned(*STATED, "--pairs", 12, "--repeats", 2, "--prompts", 10)
    assert twice["two"]["prompts"] < found["two"]["prompts"]
    assert twice["two"]["games"] == 24 * twice["two"]["prompts"]
    said = telephone("plan", *STATED, "--pairs", 12, "--prompts", 10).stdout
    assert said.startswith(
        "As stated, a prompt adds 0.050 to one pair alone; games of one pair on one prompt scatter by"
    )
    assert f"{found['best']['prompts']:,} prompts, {found['best']['prompts'] - 10:,} more than there are" in said
    assert "Prompts cap power: on 10 prompts the best is found with" in said
    assert "Name the models with --t2i and --i2t" in said


def test_spreads_cost_and_time_are_those_of_this_server(data_dir: Path) -> None:
    play(data_dir)
    models = ("--t2i", "stickers,doodles", "--i2t", "spotter-sharp,spotter-hazy")
    found = planned("--gap", 0.05, *models)
    assert found["spreads"]["pair_prompt"] == pytest.approx(0.05, abs=0.02)
    assert found["spreads"]["game"] == pytest.approx(0.02, abs=0.008)
    assert (found["spreads"]["prompts_df"], found["spreads"]["games_df"], found["turns"]) == (21, 32, 1)
    assert found["best"]["seconds"] == pytest.approx(found["best"]["games"] * 4.0)
    assert found["best"]["usd"] == found["best"]["most_usd"] == 0
    said = telephone("plan", "--gap", 0.05, *models).stdout
    assert "As played here, with 21 degrees of freedom, a prompt adds 0.0" in said
    assert "They cost nothing." in said
    assert "One after another, at the pace they had here, they last" in said
    paid = planned("--gap", 0.05, "--t2i", "flux-schnell", "--i2t", "moondream2")
    assert 0 < paid["two"]["usd"] < paid["two"]["most_usd"]
    assert paid["two"]["seconds"] is None


def test_what_is_not_known_or_cannot_be_is_said(data_dir: Path) -> None:
    unknown = telephone("plan", "--gap", 0.05, "--pairs", 4).exception
    assert isinstance(unknown, BadInput)
    assert "is not known here yet: play two pairs on two prompts or more, or state" in unknown.sentence
    nobody = telephone("plan", *STATED, "--t2i", "nobody", "--i2t", "spotter-hazy").exception
    assert isinstance(nobody, NotFound)
    far = telephone("plan", "--gap", 0.001, "--pair-prompt-sd", 1, "--game-sd", 1, "--pairs", 4).stdout
    assert "no number of prompts that could be played" in far
    for wrong in (
        ("--pairs", 1),
        (),
        ("--pairs", 4, "--t2i", "stickers"),
        ("--t2i", "stickers"),
        ("--pairs", 4, "--power", 2),
    ):
        assert telephone("plan", *STATED, *wrong).exit_code == 2
    assert telephone("plan", "--gap", 0.05, "--pairs", 4, "--game-sd", 0.1).exit_code == 2
