"""`telephone export scores`: the board and the answers from the file are those from the store, to the digit."""

import asyncio
import csv
import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from telephone.domain.games import NO_GUILD, GameState, Level, Pair, Prompt
from telephone.errors import BadInput, NotFound
from telephone.leaderboards.csv_cells import read_back
from telephone.leaderboards.score_file import COLUMNS
from telephone.models.minilm import MiniLM
from telephone.store import Measurement, Store
from tests.support.played import asked, begun, drifts, finished
from tests.telephone.cli.test_csv_input import SCORES, document, file, telephone

PAIRS = [Pair(t2i, i2t) for t2i in ("doodles", "stickers") for i2t in ("hazy", "sharp")]
PROMPTS = [Prompt(f"scene {n}", level, f"#{level}-00{n}") for n, level in enumerate((*list(Level)[:3], Level.EASY))]
VERSION = MiniLM().version
OLD = "0"
"""A version of the embedder that measured a game once."""


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def play(folder: Path) -> None:
    """Games of every pair on every prompt, two of the last one with equal seeds and one with another; some with long
    captions, one that cannot be read, one that is not measured, and games that failed, were stopped, voided or play."""

    async def games() -> None:
        rng = np.random.default_rng(5)
        async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
            for (n, pair), prompt in product(enumerate(PAIRS), PROMPTS):
                for seed in (1, 1, 2) if (pair, prompt) == (PAIRS[3], PROMPTS[3]) else (1,):
                    request = asked(NO_GUILD, pair, prompt, seed, 3, design="tournament" if n < 2 else None)
                    game = await begun(store, request, GameState.FINISHED)
                    far = drifts(rng, 3, 0.3 + 0.05 * n)
                    rows = [
                        Measurement(turn, d, 0.1, d + 0.3 * (n == 1), approximate=n == 1)
                        for turn, d in enumerate(far, 1)
                    ]
                    await store.distances.put(game.id, "minilm", VERSION, rows)
                    await store.distances.put(game.id, "otherbind", "9", [(1, 0.5, 0.5), (2, 0.5, 0.1), (3, 0.6, 0.1)])
            unread = await begun(store, asked(NO_GUILD, PAIRS[0], PROMPTS[0], 4, 3), GameState.FINISHED)
            await store.distances.put(unread.id, "minilm", VERSION, [(1, 0.3, 0.3), (2, None, None), (3, 0.3, 0.3)])
            await finished(store, asked(NO_GUILD, PAIRS[1], PROMPTS[1], 9, 3), [0.4, 0.4, 0.4], version=OLD)
            for number, state in enumerate((GameState.FAILED, GameState.STOPPED, GameState.PLAYING)):
                await begun(store, asked(NO_GUILD, PAIRS[number], PROMPTS[0], 5, 3), state)
            await finished(
                store, asked(NO_GUILD, PAIRS[2], Prompt("my dog Rex"), 1, 3), [0.2, 0.3, 0.4], version=VERSION
            )
            await finished(store, asked(NO_GUILD, PAIRS[2], Prompt("=my cat"), 1, 2), [0.2, 0.3], version=VERSION)

    asyncio.run(games())


def export(*arguments: object) -> list[dict[str, str]]:
    result = telephone("export", "scores", "--out", "scores.csv", *arguments)
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(Path("scores.csv").read_text().splitlines()))


def same(ours: dict, theirs: dict) -> None:
    """Every field of the one is in the other: words alike, numbers to 9 digits."""
    for name in ours.keys() - {"server"}:
        if isinstance(ours[name], dict) and isinstance(theirs[name], dict):
            same(ours[name], theirs[name])
        elif isinstance(ours[name], list) and ours[name] and isinstance(ours[name][0], dict):
            assert len(ours[name]) == len(theirs[name])
            for one, other in zip(ours[name], theirs[name], strict=True):
                same(one, other)
        else:
            assert theirs[name] == (
                pytest.approx(ours[name], abs=1e-9) if isinstance(ours[name], float) else ours[name]
            )


CHOICES = [
    (),
    ("--level", "easy"),
    ("--turns", 2),
    ("--games", "designed"),
    ("--embedder", "otherbind", "--turns", 3),
    ("--level", "impossible"),
]


def test_the_board_from_the_file_is_the_board_from_the_store_to_the_digit(data_dir: Path) -> None:
    play(data_dir)
    export()
    for choice in CHOICES:
        ours, theirs = (
            document(kind, "leaderboard", *more, *choice)
            for kind, more in (("board", ()), ("scores", ("--scores", "scores.csv")))
        )
        same(ours, theirs)
        assert (theirs["server"], theirs["file"]["intact"]) == (None, True)
        said = [telephone("leaderboard", *more, *choice).stdout for more in ((), ("--scores", "scores.csv"))]
        assert said[0] == said[1] or "No game" in said[0]
    board = document("board", "leaderboard")
    assert (board["unmeasured"], board["unread"], board["heads_differ"]) == (1, 1, True)
    assert [pair["n"] for pair in board["pairs"]] == [4, 4, 4, 5]


def test_the_three_answers_from_the_file_are_those_from_the_store(data_dir: Path) -> None:
    play(data_dir)
    export()
    ours = json.loads(telephone("insights", "--json").stdout)
    theirs = json.loads(telephone("insights", "--scores", "scores.csv", "--json").stdout)
    same(ours, theirs)
    assert len(ours["difficulty"]) == 4


def test_a_row_is_a_game_a_turn_and_an_embedder_and_has_no_member_s_words(data_dir: Path) -> None:
    play(data_dir)
    rows = export()
    assert tuple(rows[0]) == COLUMNS
    first = [row for row in rows if row["game"] == "1" and row["embedder"] == "minilm"]
    assert [(row["turn"], row["judge"], row["version"], row["state"]) for row in first] == [
        (str(turn), "1", VERSION, "finished") for turn in (1, 2, 3)
    ]
    assert first[0]["flags"] == "counted designed"
    assert {row["flags"] for row in rows if row["i2t"] == "sharp" and row["t2i"] == "doodles" and row["turn"]} >= {
        "counted designed approximate"
    }
    states = {row["state"]: row["turn"] for row in rows if row["state"] != "finished"}
    assert states == {"failed": "", "stopped": "", "playing": ""}
    free = export("--prompts", "free")
    assert {row["prompt"] for row in free} == {"free 1", "free 2"}
    assert {row["flags"] for row in free} == {"counted free"}
    assert "Rex" not in Path("scores.csv").read_text()
    assert document("scores", "leaderboard", "--scores", "scores.csv")["why"].startswith("free prompts decide nothing")


def test_a_file_that_was_changed_is_told(data_dir: Path) -> None:
    play(data_dir)
    rows = export()
    heading, *lines = Path("scores.csv").read_text().splitlines()
    Path("scores.csv").write_text("\n".join([heading, *reversed(lines)]) + "\n")
    assert document("scores", "leaderboard", "--scores", "scores.csv")["file"]["intact"]
    Path("scores.csv").write_text("\n".join([heading, *lines[1:]]) + "\n")
    found = document("scores", "leaderboard", "--scores", "scores.csv")["file"]
    assert (found["intact"], found["stated"]) == (False, read_back(rows[0]["file"]))
    said = " ".join(telephone("leaderboard", "--scores", "scores.csv").stdout.split())
    assert f"The file is not as it was exported: its rows say that its hash is {found['stated']}" in said


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("distance", "2.5", "Line 2: the field distance is “2.5”; write a distance from 0 to 2"),
        ("turn", "0", "Line 2: the field turn is “0”; write a whole number from 1 on."),
        ("state", "lost", "Line 2: the state is “lost”; write finished, stopped"),
        ("level", "odd", "Line 2: the level is “odd”; write easy, medium"),
        ("flags", "counted twice", "Line 2: “counted twice” is no list of flags"),
        ("t2i", "", "Line 2: the field t2i is empty"),
        ("seed", "x", "Line 2: the field seed is “x”"),
        ("judge", "7", "Line 3: judge 1 is"),
        ("file", "0123", "Line 3 is of another file than those above it"),
        ("turn", "2", "Line 3 says again what line 2 says of a turn"),
        ("prompt", "#easy-009", "Line 3: game “1” is another one on line 2"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_line(data_dir: Path, column: str, value: str, said: str) -> None:
    play(data_dir)
    rows = [row for row in export() if row["embedder"] == "minilm" and row["turn"]]
    if column == "judge":
        rows[1] |= {"judge": "1", "version": "8"}
    rows[0][column] = value if column != "judge" else "1"
    path = file(Path("bad.csv"), COLUMNS, [row.values() for row in rows])
    refused = telephone("leaderboard", "--scores", path).exception
    assert isinstance(refused, BadInput)
    assert refused.sentence.startswith(said)


def test_where_nothing_was_played_there_is_no_file() -> None:
    refused = telephone("export", "scores", "--out", "scores.csv", "--prompts", "free").exception
    assert isinstance(refused, NotFound)
    assert refused.sentence == "No game on a free prompt was begun here yet; /telephone start begins one."
    assert telephone("export", "scores", "--out", "x.csv", "--flagged", "exclude").exit_code == 2


def plain(path: Path, sign: int = 1) -> Path:
    """Scores of four pairs on six prompts; with -1 the same as similarities."""
    rng = np.random.default_rng(3)
    rows = []
    for (n, pair), k in product(enumerate(PAIRS), range(6)):
        value = 0.3 + 0.1 * n + 0.02 * k + rng.normal(0, 0.01)
        rows.append((pair.t2i, pair.i2t, f"p{k}", "easy" if k < 3 else "hard", value if sign > 0 else 1 - value))
    return file(path, SCORES, rows)


def test_anybody_s_scores_are_ranked_too(tmp_path: Path) -> None:
    found = document("scores", "leaderboard", "--scores", plain(tmp_path / "plain.csv"))
    assert [pair["rank"] for pair in found["pairs"]] == [1, 2, 3, 4]
    assert [pair["n"] for pair in found["pairs"]] == [6, 6, 6, 6]
    assert found["winner"] == {"t2i": "doodles", "i2t": "hazy"}
    alike = document("scores", "leaderboard", "--scores", plain(tmp_path / "like.csv", -1), "--higher-is-better")
    for one, other in zip(found["pairs"], alike["pairs"], strict=True):
        assert [one[name] for name in ("distance", "low", "high")] == pytest.approx(
            [other[name] for name in ("distance", "low", "high")], abs=1e-9
        )
    easy = document("scores", "leaderboard", "--scores", "plain.csv", "--level", "easy")
    assert (easy["level"], [pair["prompts"] for pair in easy["pairs"]]) == ("easy", [3, 3, 3, 3])
    lines = telephone("leaderboard", "--scores", "plain.csv").stdout.splitlines()
    assert lines[-1] == "doodles × hazy has won."


def test_a_score_that_is_no_distance_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path / "big.csv", SCORES, [("a", "b", "p", "", 0.5), ("c", "b", "p", "", 7)])
    refused = telephone("leaderboard", "--scores", path).exception
    assert isinstance(refused, BadInput)
    assert refused.sentence.startswith("Line 3: the score is “7”, and a board ranks cosine distances")


@pytest.mark.parametrize(
    "more",
    [
        ("--server", 7),
        ("--by", "both"),
        ("--votes", "x.csv"),
        ("--turns", 3),
        ("--embedder", "minilm"),
        ("--games", "open"),
    ],
)
def test_options_that_a_file_cannot_answer_are_refused(tmp_path: Path, more: tuple[object, ...]) -> None:
    assert telephone("leaderboard", "--scores", plain(tmp_path / "plain.csv"), *more).exit_code == 2
