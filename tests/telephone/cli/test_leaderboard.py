"""`telephone leaderboard` of stored games: the same board as on Discord, as a table and as JSON."""

import asyncio
import dataclasses
import json
from itertools import product
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from telephone import bootstrap
from telephone.domain.games import NO_GUILD, GameState, Level, Pair, Prompt
from telephone.models.minilm import MiniLM
from telephone.scoring.ballots import BallotVote, tally
from telephone.store import Store
from tests.support.played import asked, begun, finished
from tests.telephone.cli.test_csv_input import CONTRACTS, document, telephone

PAIRS = [Pair(t2i, i2t) for t2i in ("doodles", "stickers") for i2t in ("hazy", "sharp")]
PROMPTS = [Prompt(f"scene {n}", level, f"#{level}-00{n}") for n, level in enumerate((*list(Level)[:3], Level.EASY))]


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def play(folder: Path, guild_id: int = NO_GUILD) -> None:
    """A game of every pair on every prompt, each pair farther off than the one before; one more failed."""

    async def games() -> None:
        rng = np.random.default_rng(5)
        async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
            for (n, pair), prompt in product(enumerate(PAIRS), PROMPTS):
                values = {"minilm": [(0.3 + 0.1 * n) * part + rng.normal(0, 0.01) for part in (0.4, 0.6)]}
                await finished(store, asked(guild_id, pair, prompt, 1, 2), values, version=MiniLM().version)
            await begun(store, asked(guild_id, PAIRS[0], PROMPTS[0], 2, 2), GameState.FAILED)

    asyncio.run(games())


def board(*arguments: object) -> dict:
    return document("board", "leaderboard", *arguments)


def test_the_table_says_what_discord_says(data_dir: Path) -> None:
    play(data_dir)
    lines = telephone("leaderboard").stdout.splitlines()
    assert lines[0].strip() == "Pairs by distance, curated, MiniLM, offline"
    (first,) = [line for line in lines if "doodles × hazy" in line and "│" in line]
    cells = [cell.strip() for cell in first.strip("│").split("│")]
    assert (cells[1], cells[4:]) == ("1", ["4", "4", "", "4 of 5 finished (80%): 1 failed"])
    assert "doodles × hazy has won, by MiniLM (offline)." in lines
    assert "After turn 2. Less distance is better. In brackets: 95% intervals." in lines


def test_json_has_every_figure_and_a_winner(data_dir: Path) -> None:
    play(data_dir)
    found = board("--embedder", "minilm", "--turns", 2)
    assert (found["by"], found["server"], found["turns"], found["unmeasured"]) == ("distance", 0, 2, 0)
    assert [(pair["t2i"], pair["i2t"]) for pair in found["pairs"]] == [(pair.t2i, pair.i2t) for pair in PAIRS]
    assert [pair["rank"] for pair in found["pairs"]] == [1, 2, 3, 4]
    for pair in found["pairs"]:
        assert pair["low"] < pair["distance"] < pair["high"]
        assert (pair["n"], pair["prompts"], pair["provisional"]) == (4, 4, False)
    assert found["pairs"][0]["completion"] == {"started": 5, "finished": 4, "stopped": 0, "failed": 1, "voided": 0}
    assert (found["winner"], found["why"]) == ({"t2i": "doodles", "i2t": "hazy"}, None)
    assert found["judges"] == ["MiniLM (offline)"]


def test_levels_servers_and_prompts_are_picked(data_dir: Path) -> None:
    play(data_dir, guild_id=77)
    assert board()["pairs"] == []
    easy = board("--server", 77, "--level", "easy")
    assert [pair["n"] for pair in easy["pairs"]] == [2, 2, 2, 2]
    assert (easy["winner"], easy["level"]) == (None, "easy")
    assert easy["why"]
    assert board("--server", 77, "--prompts", "free")["pairs"] == []
    assert board("--server", 77, "--games", "designed")["pairs"] == []


def test_an_empty_board_says_where_to_look() -> None:
    result = telephone("leaderboard")
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert said.startswith("No game on a curated prompt has got to turn 10 here yet.")
    assert "--server ID asks for the games of a Discord server" in said
    found = board("--by", "votes")
    assert (found["pairs"], found["winner"], found["why"]) == ([], None, "nobody has voted yet")


def test_games_without_a_distance_are_counted_and_rescore_is_named(data_dir: Path) -> None:
    async def games() -> None:
        async with await Store.open(f"sqlite:///{data_dir / 'telephone.sqlite'}") as store:
            await begun(store, asked(NO_GUILD, PAIRS[0], PROMPTS[0], 2, 2), GameState.FINISHED)

    asyncio.run(games())
    said = " ".join(telephone("leaderboard").stdout.split())
    assert "1 game is not measured with MiniLM (offline) yet; telephone rescore does that." in said
    (pair,) = board()["pairs"]
    assert (pair["distance"], pair["low"], pair["rank"], pair["n"], pair["provisional"]) == (None, None, None, 0, True)


def test_votes_and_both_have_their_own_figures_in_the_contract(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    play(data_dir)

    class Box:
        async def ballots(self, pool, *, unflagged):
            assert not unflagged
            sides = product(range(6), range(4))
            return tally(BallotVote((PAIRS[0], PAIRS[3]), int(v > 2), f"v{b}{v}", f"b{b}", f"p{b}") for b, v in sides)

        async def marker(self, guild_id):
            return 1

    made = bootstrap.boards_of

    def with_votes(*collaborators):
        return dataclasses.replace(made(*collaborators), ballots=Box())

    monkeypatch.setattr(bootstrap, "boards_of", with_votes)
    first = board("--by", "votes")["pairs"][0]
    assert (first["t2i"], first["n"], first["battles"]) == ("doodles", 24, 6)
    assert first["rating"] > 1000 > first["rating_low"] or first["rating_low"] > 1000
    found = board("--by", "both")
    assert (found["agreement"]["pairs"], found["agreement"]["tau"]) == (2, None)
    assert board("--by", "votes")["agreement"] is None
    both = found["pairs"]
    assert both[0]["distance"]["rank"] == 1
    assert both[0]["votes"]["n"] == 24
    assert both[1]["votes"]["rank"] is None
    lines = telephone("leaderboard", "--by", "both").stdout
    assert "rating" in lines
    assert "nobody" not in lines
    assert "How far the two agree cannot be said yet: 2 pairs are on both boards, and it takes 4." in lines


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--level", "silly"], "write one of easy, medium, hard, impossible"),
        (["--by", "luck"], "'luck' is not one of"),
        (["--turns", "31"], "less than or equal to 30"),
        (["--prior-sd", "1"], "only the votes of a CSV take a prior"),
        (["--votes", "votes.csv", "--level", "easy"], "a CSV has votes and nothing else"),
    ],
)
def test_what_cannot_be_asked_for_is_bad_usage(arguments: list[str], said: str) -> None:
    result = telephone("leaderboard", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


def test_the_contract_is_a_schema_that_refuses_other_figures() -> None:
    schema = json.loads((CONTRACTS / "board.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    found = board()
    found["pairs"] = [{"t2i": "a", "i2t": "b", "distance": "far"}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema)
