"""How far two boards agree: against scipy, by recovery, and where nothing can be said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kendalltau, norm

from telephone.domain.games import Pair
from telephone.scoring.agreement import agreement
from telephone.scoring.ballots import BallotVote, tally
from telephone.scoring.distance_likelihood import Spreads
from telephone.scoring.distance_model import Cell, DistanceBoard, DistanceBoardRow, Score, merge, rank_by_distance
from telephone.scoring.hyperpriors import pair_covariance
from telephone.scoring.intervals import Interval
from telephone.scoring.vote_model import VoteBoard, VoteBoardRow, rank_by_votes

Floats = NDArray[np.float64]
PAIRS = [Pair(f"t{t}", f"i{i}") for t in range(3) for i in range(4)]


def boards(far: Floats, liked: Floats, far_spread: Floats, liked_spread: Floats) -> tuple[DistanceBoard, VoteBoard]:
    """Boards of the first so many pairs with these estimates and covariances, in the order of boards."""

    def interval(x: float) -> Interval:
        return Interval(float(x), float(x) - 1, float(x) + 1)

    near, best = np.argsort(far, kind="stable"), np.argsort(-liked, kind="stable")
    rows = tuple(DistanceBoardRow(PAIRS[k], interval(far[k]), 9, 9, False, 1) for k in near)
    votes = tuple(VoteBoardRow(PAIRS[k], interval(liked[k]), interval(liked[k]), 9, 0, 9, 9, False, 1) for k in best)
    return (
        DistanceBoard(
            rows, interval(0), Spreads(1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0), far_spread[np.ix_(near, near)]
        ),
        VoteBoard(votes, 9, (0.0,), None, 0.0, (1.0, 0.5), liked_spread[np.ix_(best, best)]),
    )


def test_the_estimate_is_kendalls_tau_b_of_what_the_boards_say() -> None:
    far, liked = np.array([0.1, 0.2, 0.2, 0.4, 0.5]), np.array([3.0, 1.0, 2.0, 2.0, -1.0])
    found = agreement(*boards(far, liked, 0.01 * np.eye(5), 0.1 * np.eye(5)))
    assert found.tau is not None
    assert found.tau.estimate == pytest.approx(kendalltau(-far, liked).statistic)
    assert (found.pairs, found.why) == (5, None)
    assert found.tau.low < found.tau.estimate < found.tau.high


def test_boards_that_are_sure_agree_or_disagree_surely() -> None:
    order, sure = np.arange(6.0), 1e-4 * np.eye(6)
    same, reverse = agreement(*boards(order, -order, sure, sure)), agreement(*boards(order, order, sure, sure))
    assert same.tau == Interval(1.0, 1.0, 1.0)
    assert reverse.tau == Interval(-1.0, -1.0, -1.0)


def test_three_common_pairs_are_too_few_and_level_boards_have_no_order() -> None:
    order = np.arange(3.0)
    few = agreement(*boards(order, order, np.eye(3), np.eye(3)))
    assert (few.pairs, few.tau) == (3, None)
    assert "it takes 4" in str(few.why)
    level = agreement(*boards(np.zeros(5), np.arange(5.0), np.eye(5), np.eye(5)))
    assert (level.tau, level.why) == (None, "one of the boards has all pairs level")


def test_pairs_that_are_on_one_board_only_do_not_count() -> None:
    far = [Score(pair, f"p{k}", 0, 0.1 * n + 0.01 * k) for n, pair in enumerate(PAIRS[:6]) for k in range(3)]
    cast = [BallotVote((PAIRS[n], PAIRS[n + 1]), 0, f"v{n}", f"b{n}") for n in range(1, 8)]
    found = agreement(rank_by_distance(merge(far)), rank_by_votes(tally(cast)))
    assert found.pairs == 5
    assert found.tau is not None


def test_two_boards_are_compared_on_the_pairs_that_each_puts_in_one_group() -> None:
    cells = [Cell(pair, f"p{k} {n < 6}", 1, 0.1 * n + 0.01 * k, 0.0) for n, pair in enumerate(PAIRS) for k in range(3)]
    board = rank_by_distance(cells)
    assert [len(group) for group in board.groups] == [6, 6]
    cast = [BallotVote((PAIRS[n], PAIRS[n + 1]), 0, f"v{n}", f"b{n}") for n in range(1, 11)]
    assert agreement(board, rank_by_votes(tally(cast))).pairs == 6


def test_intervals_hold_the_true_agreement_as_often_as_they_say() -> None:
    """Truth drawn from the prior of pairs, both boards exact posteriors of it, from far apart to in one order."""
    rng = np.random.default_rng(6)
    prior = pair_covariance(PAIRS, 1.0, 1.0, 0.5)
    root, centring = np.linalg.cholesky(prior), np.eye(12) - 1 / 12
    held = []

    def judged(truth: Floats, noise: float) -> tuple[Floats, Floats]:
        gain = prior @ np.linalg.inv(prior + noise**2 * np.eye(12))
        estimate = gain @ (truth + rng.normal(0, noise, 12))
        return centring @ estimate, centring @ (prior - gain @ prior) @ centring

    for n in range(240):
        shared, own = root @ rng.standard_normal(12), root @ rng.standard_normal(12)
        mixed = (0.0, 0.6, 0.95)[n % 3]
        near, liked = shared, mixed * shared + np.sqrt(1 - mixed**2) * own
        (far, far_spread), (rating, spread) = judged(-near, 0.6), judged(liked, 0.4)
        found = agreement(*boards(far, rating, far_spread, spread), seed=n)
        assert found.tau is not None
        held.append(found.tau.low <= kendalltau(near, liked).statistic <= found.tau.high)
    error = np.sqrt(0.95 * 0.05 / len(held))
    assert 0.95 - norm.ppf(0.999) * error < np.mean(held) <= 0.99


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 2), st.floats(-9, 9)), min_size=4, max_size=12), st.floats(0, 10))
def test_any_boards_have_a_finite_agreement_or_a_reason(values: list[tuple[float, float]], spread: float) -> None:
    far, liked = np.array(values).T
    size = spread * np.eye(len(values))
    found = agreement(*boards(far, liked, size, size))
    if found.tau is None:
        assert found.why
        return
    assert -1 <= found.tau.low <= found.tau.estimate <= found.tau.high <= 1
