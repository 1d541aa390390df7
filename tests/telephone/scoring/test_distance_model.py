"""The board by distance, against print, against dense linear algebra, and by recovery of simulated pairs."""

import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from telephone.domain.games import Pair
from telephone.scoring import distance_model
from telephone.scoring.distance_likelihood import Spreads
from telephone.scoring.distance_model import Cell, DistanceBoard, Score, merge, rank_by_distance
from telephone.scoring.hyperpriors import pair_covariance
from telephone.scoring.intervals import Interval, ranks

DYESTUFF = {
    "A": (1545, 1440, 1440, 1520, 1580),
    "B": (1540, 1555, 1490, 1560, 1495),
    "C": (1595, 1550, 1605, 1510, 1560),
    "D": (1445, 1440, 1595, 1465, 1545),
    "E": (1595, 1630, 1515, 1635, 1625),
    "F": (1520, 1455, 1450, 1480, 1445),
}
"""Yield of dyestuff by batch: Davies and Goldsmith 1972, Statistical Methods in Research and Production, 4th ed."""

scores = st.builds(
    Score,
    pair=st.builds(Pair, t2i=st.sampled_from("abc"), i2t=st.sampled_from("xyz")),
    prompt=st.sampled_from("pqr"),
    seed=st.integers(0, 2),
    value=st.floats(0, 2),
)


def played(
    rng: np.random.Generator, prompts: int, repeats: int, pair: float
) -> tuple[list[Score], NDArray[np.float64]]:
    """Games of 3 × 4 models with effects of known spread, and the true contrasts of the pairs, in order of names."""
    truth = rng.normal(0, 0.04, 3)[:, None] + rng.normal(0, 0.04, 4) + rng.normal(0, pair, (3, 4))
    hard, both = rng.normal(0, 0.1, prompts), rng.normal(0, 0.07, (3, 4, prompts))
    games = [
        Score(Pair(f"t{t}", f"i{i}"), f"p{k}", s, 0.5 + truth[t, i] + hard[k] + both[t, i, k] + rng.normal(0, 0.07))
        for t, i, k, s in product(range(3), range(4), range(prompts), range(repeats))
    ]
    return games, np.asarray((truth - truth.mean()).ravel(), dtype=np.float64)


def spreads_of(t2i: float = 1e-3, **others: float) -> Spreads:
    names = dict.fromkeys(Spreads._fields, 0.0) | {"t2i": t2i, "i2t": 1e-3, "pair": 1e-3, "both": 1e-3} | others
    return Spreads(**{name: np.array([value]) for name, value in names.items()})


def test_the_spread_of_prompts_is_what_print_says() -> None:
    """Batches as prompts. By hand: (11271.5 - 2451.25) / 5 = 1764.05 = 42.00² between, 2451.25 = 49.51² within."""
    cells = merge(Score(Pair("a", "x"), batch, n, y) for batch, ys in DYESTUFF.items() for n, y in enumerate(ys))
    table, _ = distance_model._table(cells)
    within = [float(table.evidence(spreads_of(repeats=49.5101 + x))[0]) for x in (-0.1, 0, 0.1)]
    assert max(within) == within[1]
    levels = table.levels(spreads_of(repeats=49.5101))
    assert np.var(levels.values, ddof=1) - levels.noise.mean() == pytest.approx(42.0006**2, abs=1)


def test_estimates_and_likelihood_agree_with_dense_algebra() -> None:
    """Error contrasts K'y of the raw games, each prompt a column of its own (Harville 1974)."""
    rng = np.random.default_rng(5)
    games = [g for g in played(rng, 5, 2, 0.03)[0] if rng.random() < 0.5]
    spreads = spreads_of(0.05, i2t=0.03, pair=0.02, both=0.06, repeats=0.08, t2i_prompt=0.04, i2t_prompt=0.07)
    table, _ = distance_model._table(merge(games))
    y = np.array([g.value for g in games])
    prompt = np.array([[a.prompt == b.prompt for b in games] for a in games])
    pair = np.array([[a.pair == b.pair for b in games] for a in games])
    models = pair_covariance([g.pair for g in games], 0.05, 0.03, 0.0) + 0.02**2 * pair
    with_prompt = pair_covariance([g.pair for g in games], 0.04, 0.07, 0.0)
    v = models + prompt * (with_prompt + 0.06**2 * pair) + 0.08**2 * np.eye(len(y))
    x = np.array([[g.prompt == f"p{k}" for k in range(5)] for g in games], dtype=float)

    basis = np.linalg.svd(x.T)[2][5:].T
    inner = basis.T @ v @ basis
    dense = -0.5 * (np.linalg.slogdet(inner)[1] + (basis.T @ y) @ np.linalg.solve(inner, basis.T @ y))
    scaled = -0.5 * (np.linalg.slogdet(1.69 * inner)[1] + (basis.T @ y) @ np.linalg.solve(1.69 * inner, basis.T @ y))
    other = Spreads(*(1.3 * one for one in spreads))
    assert (table.evidence(spreads) - table.evidence(other))[0] == pytest.approx(dense - scaled, abs=1e-8)

    inverse = np.linalg.inv(v)
    left = inverse - inverse @ x @ np.linalg.solve(x.T @ inverse @ x, x.T @ inverse)
    to = np.array([[table_pair == g.pair for g in games] for table_pair in table.pairs])
    prior = pair_covariance(table.pairs, 0.05, 0.03, 0.02)
    cross = prior @ to
    found = table.posterior(spreads)
    assert found.means[0] == pytest.approx(cross @ left @ y, abs=1e-9)
    assert found.covariances[0] == pytest.approx(prior - cross @ left @ cross.T, abs=1e-9)


def test_the_same_pair_prompt_and_seed_count_once() -> None:
    pair = Pair("a", "x")
    cells = merge([Score(pair, "p", 1, 0.2), Score(pair, "p", 1, 0.4), Score(pair, "p", 2, 0.6)])
    assert cells == (Cell(pair, "p", 2, pytest.approx(0.45), pytest.approx(0.045)),)


def test_the_board_knows_neither_order_nor_names() -> None:
    games, _ = played(np.random.default_rng(1), 4, 1, 0.03)
    shuffled = random.Random(3).sample(games, len(games))
    assert rank_by_distance(merge(shuffled)) == rank_by_distance(merge(games))
    turned = {"t0": "z", "t1": "y", "t2": "x"}
    renamed = [Score(Pair(turned[g.pair.t2i], g.pair.i2t), g.prompt, g.seed, g.value) for g in games]
    before = [row.distance.estimate for row in rank_by_distance(merge(games)).rows]
    assert [row.distance.estimate for row in rank_by_distance(merge(renamed)).rows] == pytest.approx(before, abs=2e-5)


def test_intervals_hold_the_true_contrasts_as_often_as_they_say() -> None:
    """900 intervals over 75 boards; 95% within four standard errors of boards, as seeds are fixed."""
    rng = np.random.default_rng(11)
    held = []
    for pair, repeats in ((0.0, 1), (0.02, 1), (0.04, 2)):
        for _ in range(25):
            games, truth = played(rng, 10, repeats, pair)
            board = rank_by_distance(merge(games))
            rows = sorted(board.rows, key=lambda row: (row.pair.t2i, row.pair.i2t))
            mean = board.mean.estimate
            held += [r.distance.low < mean + t < r.distance.high for r, t in zip(rows, truth, strict=True)]
    assert 0.92 < np.mean(held) < 0.98


def test_many_games_on_one_prompt_make_no_pair_known() -> None:
    games = [Score(Pair(t, "x"), "p", seed, 0.3 + 0.1 * (t == "b")) for t in "ab" for seed in range(400)]
    board = rank_by_distance(merge(games))
    assert all(row.provisional for row in board.rows)
    assert [row.rank for row in board.rows] == [1, 1]
    assert [(row.games, row.prompts) for row in board.rows] == [(400, 1), (400, 1)]


def test_pairs_far_apart_on_many_prompts_get_different_ranks() -> None:
    rng = np.random.default_rng(2)
    games = [
        Score(Pair(t, "x"), f"p{k}", 0, far + 0.01 * rng.normal())
        for k in range(20)
        for t, far in (("a", 0.2), ("b", 0.5), ("c", 0.5))
    ]
    rows = rank_by_distance(merge(games)).rows
    assert [row.rank for row in rows] == [1, 2, 2]
    assert rows[0].pair == Pair("a", "x")
    assert not any(row.provisional for row in rows)


def test_one_game_is_an_answer_and_provisional() -> None:
    board = rank_by_distance(merge([Score(Pair("a", "x"), "p", 1, 0.42)]))
    row = board.rows[0]
    assert row.provisional
    assert row.distance.estimate == pytest.approx(0.42)
    assert row.distance.low < 0.42 < row.distance.high
    assert row.distance.width > 0.2


@settings(max_examples=25, deadline=None)
@given(st.lists(scores, min_size=1, max_size=12))
def test_any_games_give_finite_rows_in_order(games: list[Score]) -> None:
    board = rank_by_distance(merge(games))
    values = [(r.distance.low, r.distance.estimate, r.distance.high) for r in board.rows]
    assert np.all(np.isfinite(values))
    assert all(low <= mid <= high for low, mid, high in values)
    assert np.all((np.array(values) >= 0) & (np.array(values) <= 2))
    places = [(row.group, row.distance.estimate) for row in board.rows]
    assert places == sorted(places)


def test_ranks_count_only_who_is_surely_better() -> None:
    intervals = [Interval(1, 0, 2), Interval(3, 1.5, 4), Interval(6, 5, 7)]
    assert ranks(intervals, higher_is_better=False) == (1, 1, 3)
    assert ranks(intervals, higher_is_better=True) == (2, 2, 1)


def test_who_alone_is_first_and_settled_has_won() -> None:
    def board(*far: float, prompts: int = 20) -> DistanceBoard:
        rng = np.random.default_rng(2)
        pairs = [Pair(name, "x") for name in "abc"[: len(far)]]
        return rank_by_distance(
            merge(
                Score(p, f"p{k}", 0, d + 0.01 * rng.normal())
                for k in range(prompts)
                for p, d in zip(pairs, far, strict=True)
            )
        )

    assert board(0.2, 0.5, 0.5).winner == Pair("a", "x")
    assert board(0.2, 0.2, 0.5).winner is None
    few = board(0.2, 0.5, 0.5, prompts=2)
    assert ([row.rank for row in few.rows], few.winner) == ([1, 2, 2], None)
    alone = board(0.2)
    assert (alone.rows[0].rank, alone.rows[0].provisional, alone.winner) == (1, False, None)


def test_what_cannot_be_ranked_is_an_error() -> None:
    with pytest.raises(ValueError, match="nan"):
        merge([Score(Pair("a", "x"), "p", 1, float("nan"))])
    with pytest.raises(ValueError, match="at least one"):
        rank_by_distance([])
    cell = Cell(Pair("a", "x"), "p", 1, 0.1, 0.0)
    with pytest.raises(ValueError, match="merge"):
        rank_by_distance([cell, cell])


@pytest.mark.parametrize(("models", "prompts", "games"), [((4, 6), 4, 1), ((7, 7), 12, 25)])
def test_many_pairs_that_are_just_what_their_models_say_are_ranked(models, prompts, games) -> None:
    pairs = [Pair(f"t{n:02}", f"i{m:02}") for n, m in product(range(models[0]), range(models[1]))]
    board = rank_by_distance(
        [Cell(pair, f"p{k}", games, 0.2 + 0.005 * n, 0.0) for n, pair in enumerate(pairs) for k in range(prompts)]
    )
    assert [row.pair for row in board.rows] == pairs
    assert all(np.isfinite([row.distance.low, row.distance.high]).all() for row in board.rows)
