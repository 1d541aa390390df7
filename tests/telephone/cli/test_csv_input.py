"""`telephone leaderboard --votes` and `telephone insights --scores`: anybody's data, and what print says of theirs."""

import csv
import io
import json
import math
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from telephone.cli import app
from telephone.errors import TelephoneError
from tests.telephone.scoring.test_factor_effects import REACTION
from tests.telephone.scoring.test_vote_model import PRINTED, WINS

CONTRACTS = Path(__file__).parent.parent.parent / "contracts"
VOTES = ("a_t2i", "a_i2t", "b_t2i", "b_i2t", "outcome", "voter")
SCORES = ("t2i", "i2t", "prompt", "level", "score")


def file(path: Path, heading: Iterable[str], rows: Iterable[Iterable[Any]]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([heading, *rows])
    path.write_text(text.getvalue())
    return path


def telephone(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, [str(one) for one in arguments])


def document(schema: str, *arguments: object) -> dict[str, Any]:
    result = telephone(*arguments, "--json")
    assert result.exit_code == 0, result.output

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    found = json.loads(result.stdout, parse_constant=refuse)
    jsonschema.validate(found, json.loads((CONTRACTS / f"{schema}.schema.json").read_text()))
    return dict(found)


def baseball(*, alphabetical: bool) -> list[list[str]]:
    """One row a game of Agresti's table: sides in the order of the alphabet, or the winner now here, now there."""
    games = [(a, b, n) for a, row in WINS.items() for b, wins in zip(WINS, row, strict=True) for n in range(wins)]
    rows = []
    for winner, loser, n in games:
        turned = winner > loser if alphabetical else n % 2 == 1
        left, right = (loser, winner) if turned else (winner, loser)
        rows.append([left, "x", right, "x", "b" if turned else "a", f"{winner} {loser} {n}"])
    return rows


def reaction(prompts: int = 10) -> list[list[str]]:
    """Maxwell and Delaney's subjects as prompts, noise as T2I, angle as I2T."""
    table = np.array(REACTION.split(), dtype=float).reshape(10, 2, 3)[:prompts]
    return [
        [f"noise {i}", f"angle {j}", f"subject {k}", "easy" if k % 2 else "hard", str(table[k, i, j])]
        for k, i, j in product(*map(range, table.shape))
    ]


@pytest.mark.parametrize("alphabetical", [True, False])
def test_bradley_and_terrys_baseball_comes_out_as_printed(tmp_path: Path, alphabetical: bool) -> None:
    """Turner and Firth 2012, against Baltimore; a side that is a button takes a little of it."""
    votes = file(tmp_path / "votes.csv", VOTES, baseball(alphabetical=alphabetical))
    found = document("votes", "leaderboard", "--votes", votes, "--prior-sd", 1000)
    theta = {pair["t2i"]: pair["theta"] for pair in found["pairs"]}
    assert next(iter(theta)) == "Milwaukee"
    for name, (ability, _) in PRINTED.items():
        assert theta[name] - theta["Baltimore"] == pytest.approx(ability, abs=1e-4 if alphabetical else 0.02)
    assert sum(theta.values()) == pytest.approx(0, abs=1e-9)


def test_rating_and_theta_are_one_thing_in_two_units(tmp_path: Path) -> None:
    votes = file(tmp_path / "votes.csv", VOTES, baseball(alphabetical=False))
    points = 400 / math.log(10)
    for pair in document("votes", "leaderboard", "--votes", votes)["pairs"]:
        assert pair["low"] < pair["theta"] < pair["high"]
        for rating, theta in (("rating", "theta"), ("rating_low", "low"), ("rating_high", "high")):
            assert pair[rating] == pytest.approx(1000 + points * pair[theta])


def test_a_sharp_prior_draws_all_pairs_together(tmp_path: Path) -> None:
    votes = file(tmp_path / "votes.csv", VOTES, baseball(alphabetical=False))

    def spread(prior: float) -> float:
        pairs = document("votes", "leaderboard", "--votes", votes, "--prior-sd", prior)["pairs"]
        return float(pairs[0]["theta"] - pairs[-1]["theta"])

    assert spread(0.05) < 0.1 * spread(1000)


def test_one_vote_is_an_answer_without_a_winner(tmp_path: Path) -> None:
    votes = file(tmp_path / "votes.csv", VOTES, [["a", "x", "b", "y", "a", "ann"]])
    found = document("votes", "leaderboard", "--votes", votes)
    assert (found["winner"], found["pairs"][0]["rank"], found["pairs"][1]["rank"]) == (None, 1, 1)
    assert "cannot tell the first 2 pairs apart" in found["why"]
    shown = telephone("leaderboard", "--votes", votes).stdout
    assert "a × x" in shown
    assert "provisional" in shown
    assert "Nobody has won" in shown


def test_votes_of_one_battle_are_believed_less_than_votes_of_many(tmp_path: Path) -> None:
    cast = [["a", "x", "b", "y", "b" if n % 4 == 0 else "a", f"v{n}"] for n in range(200)]
    many = file(tmp_path / "many.csv", VOTES, cast)
    one = file(tmp_path / "one.csv", (*VOTES, "battle"), [[*vote, "7"] for vote in cast])
    free, shared = (document("votes", "leaderboard", "--votes", path)["pairs"][0] for path in (many, one))
    assert (free["rank"], free["provisional"], free["battles"], free["n"]) == (1, False, 200, 200)
    assert (shared["provisional"], shared["battles"], shared["n"]) == (True, 1, 200)
    assert shared["high"] - shared["low"] > 2 * (free["high"] - free["low"])
    winner = document("votes", "leaderboard", "--votes", many)
    assert (winner["winner"], winner["why"]) == ({"t2i": "a", "i2t": "x"}, None)
    assert "a × x has won." in telephone("leaderboard", "--votes", many).stdout


@pytest.mark.parametrize("prior", ["0", "-1", "nan", "inf", "1e9", "1e7"])
def test_a_prior_that_is_none_is_bad_usage(tmp_path: Path, prior: str) -> None:
    votes = file(tmp_path / "votes.csv", VOTES, [["a", "x", "b", "y", "a", "ann"]])
    result = telephone("leaderboard", "--votes", votes, "--prior-sd", prior)
    assert result.exit_code == 2
    assert "above 0" in result.stderr


def test_maxwell_and_delaneys_table_comes_out_as_printed(tmp_path: Path) -> None:
    """F(1, 9) = 33.77 of noise, F(2, 18) = 40.72 of angle; θ² from the mean squares behind them."""
    scores = file(tmp_path / "scores.csv", SCORES, reaction())
    found = document("insights", "insights", "--scores", scores)
    noise, angle, prompt = (found["effects"][name] for name in ("t2i", "i2t", "prompt"))
    assert (noise["F"], noise["df"]) == (pytest.approx(33.77, abs=0.005), [1, 9])
    assert (angle["F"], angle["df"]) == (pytest.approx(40.72, abs=0.005), [2, 18])
    # SS of noise 285,660 on 1, of noise × subject 76,140 on 9, of angle 289,920 on 2, of angle × subject 64,080 on 18.
    assert noise["theta2"] == pytest.approx((285_660 - 76_140 / 9) / (3 * 10))
    assert angle["theta2"] == pytest.approx((289_920 / 2 - 64_080 / 18) / (2 * 10))
    assert found["effects"]["difference"]["estimate"] == pytest.approx(noise["theta2"] - angle["theta2"])
    assert noise["low"] < noise["theta2"] < noise["high"]
    assert prompt["F"] > 1
    assert found["best"]["t2i"]["name"] == "noise 0"
    assert found["best"]["i2t"]["name"] == "angle 0"
    assert (found["games"], found["prompts"], found["among"]) == (60, 10, {"t2i": 2, "i2t": 3})


def test_similarities_are_better_when_higher(tmp_path: Path) -> None:
    scores = file(tmp_path / "scores.csv", SCORES, reaction())
    found = document("insights", "insights", "--scores", scores, "--higher-is-better")
    assert (found["best"]["t2i"]["name"], found["models"]["i2t"][0]["name"]) == ("noise 1", "angle 2")
    assert "noise 1, " in telephone("insights", "--scores", scores, "--higher-is-better").stdout


def test_too_few_prompts_are_told_with_what_is_missing(tmp_path: Path) -> None:
    scores = file(tmp_path / "scores.csv", SCORES, [row for row in reaction() if row[:2] != ["noise 0", "angle 0"]])
    found = document("insights", "insights", "--scores", scores, "--level", "hard")
    assert (found["verdict"], found["effects"]["difference"]["low"], found["share"]) == (None, None, None)
    assert found["why"] == "too early, with 5 of 10 prompts on which these models can be compared"
    assert found["missing"][0] == {"t2i": "noise 0", "i2t": "angle 0", "games": 10}
    assert found["more_games"] == sum(pair["games"] for pair in found["missing"]) == 10 + 5 * 5
    shown = telephone("insights", "--scores", scores, "--level", "hard").stdout
    assert "Best T2I: too early, with 5 of 10 prompts; noise 0 is ahead so far; about 35 more games." in shown
    assert "Missing: 10 games of noise 0 × angle 0; 5 games each of" in shown


def test_prompts_are_listed_by_measured_difficulty_beside_their_level(tmp_path: Path) -> None:
    found = document("insights", "insights", "--scores", file(tmp_path / "scores.csv", SCORES, reaction()))
    first = found["difficulty"][0]
    assert (first["prompt"], first["level"]) == ("subject 0", "hard")
    assert first["measured"]["low"] < 540 < first["measured"]["high"]


@pytest.mark.parametrize("rows", [[["a", "x", "p", "", "0.5"]], [["a", "x", f"p{k}", "", "0.5"] for k in range(12)]])
def test_scores_that_compare_nothing_are_all_null(tmp_path: Path, rows: list[list[str]]) -> None:
    found = document("insights", "insights", "--scores", file(tmp_path / "scores.csv", SCORES, rows))
    assert {found["effects"][kind]["theta2"] for kind in ("t2i", "i2t", "prompt")} == {None}
    assert (found["effects"]["difference"]["estimate"], found["verdict"]) == (None, None)
    assert "two T2I and two I2T" in found["why"]
    assert telephone("insights", "--scores", tmp_path / "scores.csv").exit_code == 0


def test_what_is_wrong_with_a_file_is_one_sentence(tmp_path: Path) -> None:
    for command, option, heading in (("leaderboard", "--votes", VOTES), ("insights", "--scores", SCORES)):
        result = telephone(command, option, file(tmp_path / "bad.csv", heading, [["only"]]))
        assert isinstance(result.exception, TelephoneError)
        assert result.exception.sentence.startswith("Line 2 has 1 fields")


def test_markup_in_names_is_shown_as_it_was_written(tmp_path: Path) -> None:
    rows = [["[red]a", "x[/]", "b", "y", "a", "ann"]]
    assert "[red]a × x[/]" in telephone("leaderboard", "--votes", file(tmp_path / "v.csv", VOTES, rows)).stdout
    scores = [[f"[red]{row[0]}", *row[1:]] for row in reaction()]
    assert "[red]noise 0" in telephone("insights", "--scores", file(tmp_path / "s.csv", SCORES, scores)).stdout


def test_groups_that_never_met_are_judged_each_by_itself(tmp_path: Path) -> None:
    cast = [["a", "x", "b", "y", "b" if n % 4 == 0 else "a", f"v{n}"] for n in range(400)]
    votes = file(tmp_path / "votes.csv", VOTES, [*cast, ["c", "x", "d", "y", "a", "ann"]])
    found = document("votes", "leaderboard", "--votes", votes)
    assert (found["winner"], found["why"], found["groups"]) == ({"t2i": "a", "i2t": "x"}, None, 2)
    assert [(pair["t2i"], pair["group"], pair["rank"]) for pair in found["pairs"]] == [
        *(("a", 1, 1), ("b", 1, 2)),
        *(("c", 2, 1), ("d", 2, 1)),
    ]
    shown = telephone("leaderboard", "--votes", votes).stdout
    assert "a × x has won in its group." in shown
    assert "2 groups of pairs that never met" in shown
    alone = file(tmp_path / "alone.csv", VOTES, cast)
    assert document("votes", "leaderboard", "--votes", alone)["groups"] == 1
    assert "group" not in telephone("leaderboard", "--votes", alone).stdout


def test_an_arenas_export_makes_a_board(tmp_path: Path) -> None:
    heading = ("question_id", "model_a", "model_b", "winner", "judge", "language")
    votes = file(
        tmp_path / "arena.csv", heading, [[n, "gpt", "koala", "model_a", f"user {n}", "en"] for n in range(40)]
    )
    found = document("votes", "leaderboard", "--votes", votes, "--columns", "arena")
    assert (found["pairs"][0]["t2i"], found["pairs"][0]["i2t"], found["voters"]) == ("gpt", "any", 40)
    result = telephone("leaderboard", "--votes", votes)
    assert isinstance(result.exception, TelephoneError)
    assert "--columns arena" in result.exception.sentence
    scores = file(tmp_path / "s.csv", ("t2i", "i2t", "prompt", "level", "clip"), reaction())
    assert document("insights", "insights", "--scores", scores, "--columns", "score=clip")["games"] == 60
    for command in ("leaderboard", "insights"):
        assert telephone(command, "--columns", "arena").exit_code == 2
