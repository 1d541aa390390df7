"""What voters' tastes add to the board by votes: votes of one voter are one cluster in every difference of pairs."""

import numpy as np
import pytest

from telephone.domain.games import Pair
from telephone.scoring import vote_model
from telephone.scoring.ballots import BallotVote, tally
from telephone.scoring.choice_likelihood import BattleVotes
from telephone.scoring.vote_model import _fit, clusters, rank_by_votes

PAIRS = [Pair(name, "x") for name in "abcd"]
SPREADS = np.array([0.7, 0.3, 0.4])


def cast(rng: np.random.Generator, *, taste: float) -> list[BallotVote]:
    """Sixty battles, voted on by the same fifteen voters, who like a and b together, or c and d."""
    side = rng.normal(0, taste, 15)
    found = []
    for n in range(60):
        one, other = rng.choice(4, 2, replace=False)
        for voter in range(15):
            gap = side[voter] * (int(one < 2) - int(other < 2))
            found.append(
                BallotVote(
                    (PAIRS[one], PAIRS[other]), 0 if rng.random() < 1 / (1 + np.exp(-gap)) else 1, f"v{voter}", f"b{n}"
                )
            )
    return found


def test_the_clusters_are_those_of_each_voters_pull_written_out() -> None:
    ballots = tally(cast(np.random.default_rng(1), taste=1.0))
    battles = BattleVotes.of(ballots)
    fit, size = _fit(ballots.pairs, battles, SPREADS, None), len(ballots.pairs)
    scores = battles.scores(fit)
    pulls = np.zeros((15, len(fit.values)))
    independent = np.zeros((len(fit.values),) * 2)
    for voter, choice, battle, weight in zip(
        ballots.voter, ballots.choice, ballots.battle, ballots.weight, strict=True
    ):
        to = np.zeros((3, len(fit.values)))
        to[[0, 1], ballots.sides[battle]] = 1
        to[[0, 1, 2], size + np.arange(3)] = 1
        pulls[voter] += weight * scores[choice, :, battle] @ to
        for outcome in range(3):
            one = scores[outcome, :, battle] @ to
            independent += weight * fit.chances[outcome, battle] * np.outer(one, one)
    assert battles.clustered(ballots, scores) == pytest.approx(pulls.T @ pulls)
    assert battles.scattered(fit, scores) == pytest.approx(independent)


def test_tastes_go_together_where_voters_like_pairs_together() -> None:
    """a and b rise and fall together with who votes, so tastes make their difference no less sure."""
    ballots = tally(cast(np.random.default_rng(2), taste=1.5))
    battles, centring = BattleVotes.of(ballots), np.eye(4) - 1 / 4
    fit = _fit(ballots.pairs, battles, SPREADS, None)
    added = clusters(ballots, battles, fit, centring)
    assert np.linalg.eigvalsh(added).min() > -1e-12
    assert added[0, 1] > 0.5 * added[0, 0]
    assert added[0, 2] < -0.5 * added[0, 0]
    apart = added[0, 0] + added[1, 1] - 2 * added[0, 1]
    across = added[0, 0] + added[2, 2] - 2 * added[0, 2]
    assert apart < 0.2 * across


def test_the_board_has_what_tastes_add_to_every_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    ballots = tally(cast(np.random.default_rng(3), taste=0.5))

    def covariance(added: np.ndarray) -> np.ndarray:
        monkeypatch.setattr(vote_model, "clusters", lambda *_: added)
        board = rank_by_votes(ballots)
        place = [[row.pair for row in board.rows].index(pair) for pair in PAIRS]
        return np.asarray(board.covariance[np.ix_(place, place)])

    side = np.array([1.0, 1.0, -1.0, -1.0])
    added = 0.02 * np.outer(side, side)
    assert covariance(added) - covariance(np.zeros((4, 4))) == pytest.approx(added, abs=1e-9)
