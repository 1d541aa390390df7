"""A researcher's way: a design is planned, frozen, played offline, exported, ranked from the file and checked."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODELS = ("--t2i", "stickers,doodles", "--i2t", "spotter-sharp,spotter-hazy")


async def telephone(*arguments: object, cwd: Path, **env: str) -> str:
    """What the command prints, as a process of its own; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephone", *map(str, arguments)),
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "COLUMNS": "200", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_four_pairs_on_ten_prompts_are_planned_played_exported_ranked_and_checked(tmp_path: Path) -> None:
    stated = ("--gap", 0.15, "--pair-prompt-sd", 0.06, "--game-sd", 0.04, "--prompts", 10, *MODELS)
    plan = json.loads(await telephone("plan", *stated, "--json", cwd=tmp_path))
    assert (plan["pairs"], plan["two"]["prompts"] <= 10, plan["two"]["most_usd"]) == (4, True, 0)
    frozen = ("design.json", *MODELS, "--prompts", 10, "--turns", 2, "--seeds", 7)
    design = json.loads(await telephone("design", "new", *frozen, "--json", cwd=tmp_path))
    assert (len(design["pairs"]), len(design["prompts"]), design["games"]) == (4, 10, 40)

    played = json.loads(await telephone("play", "--design", "design.json", "--out", "run", "--json", cwd=tmp_path))
    assert (played["as_designed"], played["played"], played["design"]) == (True, 40, design["hash"])

    here = {"TELEPHONE_DATA_DIR": "run/.telephone"}
    said = await telephone("export", "scores", "--games", "designed", "--out", "scores.csv", cwd=tmp_path, **here)
    assert "80 rows of 40 games by 1 embedder" in said
    ours = json.loads(await telephone("leaderboard", "--turns", 2, "--json", cwd=tmp_path, **here))
    asked = ("leaderboard", "--scores", "scores.csv", "--turns", 2, "--json")
    theirs = json.loads(await telephone(*asked, cwd=tmp_path))
    assert theirs["file"]["intact"]
    assert [pair["n"] for pair in theirs["pairs"]] == [10] * 4
    for one, other in zip(ours["pairs"], theirs["pairs"], strict=True):
        numbers = [name for name in one if isinstance(one[name], float)]
        assert {name: one[name] for name in numbers} == pytest.approx({name: other[name] for name in numbers}, abs=1e-9)
        assert {**one, **dict.fromkeys(numbers)} == {**other, **dict.fromkeys(numbers)}
    assert (ours["winner"], ours["why"]) == (theirs["winner"], theirs["why"])

    check = ("design", "check", "design.json", "--scores", "scores.csv", "--json")
    assert json.loads(await telephone(*check, cwd=tmp_path)) == played
