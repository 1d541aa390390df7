"""`telephone insights` of stored games: the article's design, played with what is known, answered in the terminal."""

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from telephone.cli import app
from telephone.domain.games import NO_GUILD, Prompt
from telephone.models.minilm import MiniLM
from telephone.prompts.catalog import curated
from telephone.store import Store
from tests.support.played import CRITICS_ADD, PAINTERS_ADD, article

SCHEMA = json.loads((Path(__file__).parent.parent.parent / "contracts" / "insights.schema.json").read_text())
SERVER = 4711


async def play(folder: Path, prompts: list[Prompt], guild_id: int) -> None:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        await article(store, guild_id, prompts, version=MiniLM().version)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 pairs on the article's 10 prompts over 10 turns in the terminal, on 2 prompts on a server."""
    kept = tmp_path_factory.mktemp("kept")
    asyncio.run(play(kept, list(curated())[:10], NO_GUILD))
    asyncio.run(play(kept, list(curated())[:2], SERVER))
    return kept


def telephone(folder: Path, *arguments: object) -> Result:
    runner = CliRunner(env={"COLUMNS": "160", "TELEPHONE_DATA_DIR": str(folder)})
    return runner.invoke(app, ["insights", *(str(one) for one in arguments)])


def document(folder: Path, *arguments: object) -> dict[str, Any]:
    result = telephone(folder, *arguments, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    jsonschema.validate(found, SCHEMA)
    return dict(found)


def test_what_was_put_in_is_read_off_the_command(folder: Path) -> None:
    found = document(folder)
    assert (found["server"], found["turn"], found["embedder"]["label"]) == (0, 10, "MiniLM (offline)")
    assert (found["games"], found["prompts"], found["among"]) == (120, 10, {"t2i": 3, "i2t": 4})
    assert (found["verdict"], found["best"]["t2i"]["name"], found["best"]["i2t"]["name"]) == ("t2i", "dalle2", "blip")
    effects = found["effects"]
    for kind, added in (("t2i", PAINTERS_ADD), ("i2t", CRITICS_ADD)):
        assert effects[kind]["low"] < np.var(list(added.values()), ddof=1) < effects[kind]["high"]
    assert effects["t2i"]["share"]["estimate"] > 0.4 > effects["i2t"]["share"]["estimate"]
    assert [turn["turn"] for turn in found["turns"]] == list(range(1, 11))
    assert found["turns"][0]["i2t"]["estimate"] > found["turns"][0]["t2i"]["estimate"]
    assert [row["level"] for row in found["difficulty"][:4]] == ["easy", "easy", "easy", "medium"]
    assert document(folder, "--turn", 1)["verdict"] == "i2t"


def test_the_terminal_shows_sentences_and_tables(folder: Path) -> None:
    shown = telephone(folder).stdout
    assert "Best T2I: dalle2, 0.1" in shown
    assert "Matters more: T2I, " in shown
    assert "What matters at turn 10, curated prompts, MiniLM, offline" in shown
    assert "Turn by turn" in shown
    assert "#impossible-001" in shown
    assert "Distances understand English only." in shown


def test_another_server_has_its_own_answer(folder: Path) -> None:
    found = document(folder, "--server", SERVER)
    assert (found["prompts"], found["verdict"], found["more_games"]) == (2, None, 96)
    assert found["missing"][0]["games"] == 8
    shown = telephone(folder, "--server", SERVER).stdout
    assert "Missing: 8 games of every pair" in shown
    assert "Turn by turn" not in shown


def test_a_level_and_a_place_without_games_say_so(folder: Path, tmp_path: Path) -> None:
    assert document(folder, "--level", "Hard")["prompts"] == 3
    empty = document(tmp_path)
    assert (empty["games"], empty["verdict"], empty["why"]) == (0, None, "no game is measured here yet")
    shown = telephone(tmp_path).stdout
    assert "No game on a curated prompt has got to turn 10 here yet." in shown
    assert "--server ID" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--level", "simple"], "write one of easy, medium, hard, impossible"),
        (["--higher-is-better"], "only the scores of a CSV"),
        (["--scores", "x.csv", "--turn", "3"], "such a CSV has no turns and embedders"),
        (["--scores", "x.csv", "--server", "3"], "a CSV has no servers"),
        (["--turn", "31"], "--turn"),
    ],
)
def test_options_that_cannot_be_are_bad_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    (tmp_path / "x.csv").write_text("t2i,i2t,prompt,level,score\na,b,p,,0.4\n")
    monkeypatch.chdir(tmp_path)
    result = telephone(tmp_path, *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_an_embedder_that_measured_nothing_is_named_with_those_that_did(folder: Path) -> None:
    result = telephone(folder, "--embedder", "abacus")
    assert "No game here is measured with 'abacus'; choose one of: minilm" in str(result.exception)
