"""`telephone export votes`: the board from the file is the board from the store."""

import asyncio
import csv
from pathlib import Path

import pytest

from telephone.domain.battles import BattleRequest, Choice, Decision, Voter
from telephone.domain.games import Level, Pair, Prompt
from telephone.errors import BadInput, NotFound
from telephone.store import Store
from tests.telephone.cli.test_csv_input import document, telephone
from tests.telephone.store.test_votes import JOINED, MADE

GUILD = 77
SHARP, HAZY, THIRD = (
    Pair("stickers", "spotter-sharp"),
    Pair("stickers", "spotter-hazy"),
    Pair("doodles", "spotter-sharp"),
)
FOUGHT = [
    ((SHARP, HAZY), "aabaatxa"),
    ((HAZY, SHARP), "babbbbx"),
    ((SHARP, HAZY, THIRD), "aacaabxa"),
    ((THIRD, SHARP), "bbtab"),
]
STRUCK = 3
"""The member whose votes an admin has struck."""


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def fight(folder: Path) -> None:
    """Closed battles, one of them on a free prompt, on which members 1, 2, … chose as the letters say."""

    async def battles() -> None:
        async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
            prompts = [Prompt(f"scene {n}", Level.EASY, f"#easy-00{n}") for n in range(1, len(FOUGHT) + 1)]
            for (sides, chosen), prompt in zip([*FOUGHT, FOUGHT[0]], [*prompts, Prompt("my dog")], strict=True):
                request = BattleRequest(prompt, sides, turns=2, guild_id=GUILD)
                battle = await store.battles.add(request, range(len(sides)))
                await store.battles.open_voting(battle.id)
                for member, letter in enumerate(chosen, 1):
                    choice = {"t": Choice.TIE, "x": Choice.ALL_BAD}.get(letter) or Choice(letter)
                    await store.votes.cast(battle.id, Voter(member, MADE, JOINED), choice)
                await store.battles.close(battle.id, early=True)
            await store.conduct.decide(GUILD, STRUCK, Decision.STRUCK, 1)

    asyncio.run(battles())


def test_the_board_from_the_file_is_the_board_from_the_store(data_dir: Path) -> None:
    fight(data_dir)
    result = telephone("export", "votes", "--server", GUILD, "--out", "votes.csv")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == (
        "24 votes of 7 voters in 4 battles; voters go by pseudonyms. "
        "Read it with: telephone leaderboard --votes votes.csv"
    )
    ours = document("board", "leaderboard", "--by", "votes", "--server", GUILD)["pairs"]
    theirs = document("votes", "leaderboard", "--votes", "votes.csv")["pairs"]
    assert len(ours) == 3
    for one, other in zip(ours, theirs, strict=True):
        figures = {name for name in other if isinstance(other[name], float)}
        assert len(figures) == 6
        assert {name: one[name] for name in figures} == pytest.approx({name: other[name] for name in figures}, abs=0.01)
        assert {name: one[name] for name in other if name not in figures} == {
            name: other[name] for name in other if name not in figures
        }


def test_a_file_has_no_member_s_id_and_no_member_s_words(data_dir: Path) -> None:
    fight(data_dir)
    for prompts in ("curated", "free"):
        assert (
            telephone("export", "votes", "--server", GUILD, "--prompts", prompts, "--out", "votes.csv").exit_code == 0
        )
        rows = list(csv.DictReader(Path("votes.csv").read_text().splitlines()))
        assert {len(row["voter"]) for row in rows} == {16}
        assert {row["prompt"] for row in rows} == ({f"#easy-00{n}" for n in range(1, 5)}, {"free 1"})[prompts == "free"]


def test_where_nobody_voted_there_is_no_file() -> None:
    result = telephone("export", "votes", "--out", "votes.csv")
    assert isinstance(result.exception, NotFound)
    assert "No vote of a closed battle is here to export" in result.exception.sentence
    assert not Path("votes.csv").exists()


def test_a_place_that_cannot_be_written_is_said(data_dir: Path) -> None:
    fight(data_dir)
    result = telephone("export", "votes", "--server", GUILD, "--out", "no/such/folder/votes.csv")
    assert isinstance(result.exception, BadInput)
    assert "no/such/folder/votes.csv cannot be written: No such file or directory" in result.exception.sentence
