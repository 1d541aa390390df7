"""The board by distance where models like some prompts more than others, and where pairs chose their own prompts."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from telephone.domain.games import Pair
from telephone.scoring.distance_likelihood import Spreads
from telephone.scoring.distance_model import Cell, DistanceBoard, _table, rank_by_distance

Floats = NDArray[np.float64]
NORMAL = 1.959964


@dataclass(frozen=True)
class Design:
    """a T2I × b I2T on all of n prompts, with these spreads of what models do on a prompt, and of the rest."""

    a: int
    b: int
    prompts: int
    t2i_prompt: float
    i2t_prompt: float
    rest: float
    models: float = 0.04

    def board(self, rng: np.random.Generator) -> tuple[DistanceBoard, Floats]:
        """A board, and what is true of its rows, about their mean."""
        a, b, n = self.a, self.b, self.prompts
        theta = rng.normal(0, self.models, a)[:, None] + rng.normal(0, self.models, b)
        y = 0.5 + theta + rng.normal(0, 0.1, (n, 1, 1)) + rng.normal(0, self.t2i_prompt, (n, a, 1))
        y = y + rng.normal(0, self.i2t_prompt, (n, 1, b)) + rng.normal(0, self.rest, (n, a, b))
        found = rank_by_distance(cells_of(y))
        true = {Pair(f"t{t}", f"i{i}"): theta[t, i] - theta.mean() for t, i in np.ndindex(a, b)}
        return found, np.array([true[row.pair] for row in found.rows])


def cells_of(y: Floats, level: str | None = None) -> list[Cell]:
    """A cell of one game for each distance (prompts, T2I, I2T)."""
    return [
        Cell(Pair(f"t{t}", f"i{i}"), f"{level}{k:02}", 1, float(one), 0.0, level)
        for (k, t, i), one in np.ndenumerate(y)
    ]


def test_intervals_hold_where_models_like_some_prompts_more_than_others() -> None:
    """480 intervals over 30 boards; without what models do on a prompt they hold 83%."""
    rng, design, held = np.random.default_rng(1), Design(4, 4, 12, 0.06, 0.06, 0.03), []
    for _ in range(30):
        board, truth = design.board(rng)
        held += [
            r.distance.low <= board.mean.estimate + t <= r.distance.high for r, t in zip(board.rows, truth, strict=True)
        ]
    assert 0.92 <= np.mean(held) <= 0.99


def test_differences_between_t2i_are_believed_only_as_far_as_prompts_reach() -> None:
    """120 intervals of T2I's contrasts over 40 boards; without T2I × prompt they hold 55%."""
    rng, design, held = np.random.default_rng(2), Design(3, 8, 20, 0.08, 0.0, 0.03), []
    for _ in range(40):
        board, truth = design.board(rng)
        of = np.array([[row.pair.t2i == f"t{t}" for row in board.rows] for t in range(3)]) / 8
        apart = of @ (np.array([row.distance.estimate for row in board.rows]) - board.mean.estimate) - of @ truth
        held += list(np.abs(apart) <= NORMAL * np.sqrt(np.diag(of @ board.covariance @ of.T)))
    assert np.mean(held) >= 0.9


def test_equal_pairs_are_put_in_no_order() -> None:
    """On 56% of such boards an order was shown."""
    rng, design = np.random.default_rng(3), Design(4, 4, 12, 0.06, 0.06, 0.03, models=0.0)
    boards = [design.board(rng)[0] for _ in range(40)]
    assert sum(any(row.rank > 1 for row in board.rows) for board in boards) <= 4
    assert not any(board.winner for board in boards)


def better_on_eight_worse_on_four() -> Floats:
    """Two T2I and six I2T on twelve prompts: the first T2I is .10 better on eight and .20 worse on four."""
    y = 0.5 + np.random.default_rng(4).normal(0, 0.03, (12, 2, 6))
    y[:8, 0] -= 0.10
    y[8:, 0] += 0.20
    return y


def test_a_t2i_that_wins_often_and_loses_much_has_not_won() -> None:
    y = better_on_eight_worse_on_four()
    board = rank_by_distance(cells_of(y))
    assert board.winner is None
    assert {row.rank for row in board.rows} == {1}
    of = np.array([1.0 if row.pair.t2i == "t0" else -1.0 for row in board.rows]) / 6
    assert 0.024 < np.sqrt(of @ board.covariance @ of) < 0.045, "without T2I × prompt .010 is said"


def test_without_a_prior_the_error_is_that_of_the_scatter_over_prompts() -> None:
    y = better_on_eight_worse_on_four()
    table, _ = _table(cells_of(y))
    flat = rank_by_distance(cells_of(y)).spreads._replace(t2i=30.0, i2t=30.0, pair=30.0)
    fit = table.posterior(Spreads(*(np.array([one]) for one in flat)))
    of = np.array([1.0 if pair.t2i == "t0" else -1.0 for pair in table.pairs]) / 6
    over_prompts = np.diff(y.mean(axis=2), axis=1)[:, 0]
    right = over_prompts.std(ddof=1) / np.sqrt(12)
    assert right == pytest.approx(0.0435, abs=0.002)
    assert np.sqrt(of @ fit.covariances[0] @ of) == pytest.approx(right, rel=0.15)


def chosen(rng: np.random.Generator, pair: Pair, level: str, prompts: list[int], skill: float = 0.0) -> list[Cell]:
    middle = {"easy": 0.3, "hard": 0.6}[level]
    return [Cell(pair, f"{level} {k}", 1, float(rng.normal(middle + skill, 0.06)), 0.0, level) for k in prompts]


def test_pairs_that_no_prompt_joins_are_not_ranked_against_each_other() -> None:
    """Equal skill, easy prompts for one and hard ones for the other: on 40 of 40 boards one of them had won."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        easy = chosen(rng, Pair("a", "x"), "easy", list(range(15)))
        board = rank_by_distance(easy + chosen(rng, Pair("b", "y"), "hard", list(range(15))))
        assert [(row.rank, row.group) for row in board.rows] == [(1, 1), (1, 2)]
        assert board.winner is None
        assert all(
            row.distance.low < middle < row.distance.high for row, middle in zip(board.rows, (0.3, 0.6), strict=True)
        )


@pytest.mark.parametrize("told", [True, False])
def test_whoever_chooses_easy_prompts_gains_nothing(told: bool) -> None:
    """Six equal pairs on eight prompts each, half of them on easy ones alone; whether levels are known or not."""
    rng, held = np.random.default_rng(6), []
    for _ in range(25):
        cells = []
        for n in range(6):
            pool = [("easy", k) for k in range(10)] + ([("hard", k) for k in range(10)] if n >= 3 else [])
            for k in rng.permutation(len(pool))[:8]:
                level, number = pool[k]
                (cell,) = chosen(rng, Pair(f"t{n}", "x"), level, [number])
                cells.append(cell if told else Cell(cell.pair, cell.prompt, 1, cell.mean, 0.0))
        board = rank_by_distance(cells)
        assert len(board.groups) == 1
        centre = np.mean([row.distance.estimate for row in board.rows])
        held += [row.distance.low <= centre <= row.distance.high for row in board.rows]
    assert np.mean(held) >= 0.93


def test_two_groups_have_their_own_means_ranks_and_winner() -> None:
    rng = np.random.default_rng(7)
    cells = []
    for pair, skill in ((Pair("a", "x"), -0.1), (Pair("b", "x"), 0.1)):
        cells += chosen(rng, pair, "easy", list(range(20)), skill)
    for pair in (Pair("c", "y"), Pair("d", "y")):
        cells += chosen(rng, pair, "hard", list(range(12)))
    board = rank_by_distance(cells)
    assert [str(row.pair) for row in board.groups[0]] == ["a × x", "b × x"]
    assert [[row.rank for row in group] for group in board.groups] == [[1, 2], [1, 1]]
    assert board.winner == Pair("a", "x")
    assert [np.mean([row.distance.estimate for row in group]) for group in board.groups] == pytest.approx(
        [0.3, 0.6], abs=0.03
    )


def test_the_mean_is_over_prompts_about_their_level() -> None:
    """Half easy, half hard: what levels differ by is no doubt about the mean of prompts like these."""
    rng = np.random.default_rng(8)
    cells = [
        cell
        for pair in (Pair("a", "x"), Pair("b", "x"))
        for level in ("easy", "hard")
        for cell in chosen(rng, pair, level, list(range(10)))
    ]
    told = rank_by_distance(cells)
    untold = rank_by_distance([Cell(cell.pair, cell.prompt, 1, cell.mean, 0.0) for cell in cells])
    assert told.mean.estimate == pytest.approx(0.45, abs=0.04)
    assert told.mean.width < untold.mean.width / 2
    assert told.spreads.prompt < 0.06 < 0.1 < untold.spreads.prompt


def test_no_interval_of_a_distance_leaves_what_a_distance_can_be() -> None:
    cells = [Cell(Pair("a", "x"), "p", 1, 0.05, 0.0), Cell(Pair("b", "x"), "p", 1, 0.3, 0.0)]
    (near, far) = rank_by_distance(cells).rows
    assert near.distance.low == 0.0
    assert 0 < near.distance.estimate < far.distance.estimate < far.distance.high <= 2
    anything = rank_by_distance(cells, span=(-np.inf, np.inf)).rows
    assert anything[0].distance.low < 0
