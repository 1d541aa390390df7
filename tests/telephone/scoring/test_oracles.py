"""Scoring against statsmodels, which knows nothing of ours: the same numbers by another road."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.anova import AnovaRM

from telephone.domain.games import Pair
from telephone.scoring import distance_model
from telephone.scoring import vote_model as board
from telephone.scoring.ballots import BallotVote, tally
from telephone.scoring.choice_likelihood import BattleVotes
from telephone.scoring.crossed_effects import design, effect_of_models
from telephone.scoring.distance_likelihood import Spreads
from telephone.scoring.distance_model import Cell, Score, merge

FLAT = 1000.0


def scores(rng: np.random.Generator, prompts: int) -> list[Score]:
    """One game of each of 2 × 3 pairs on each prompt, with effects of pairs and prompts."""
    pair, prompt = rng.normal(0, 0.1, (2, 3)), rng.normal(0, 0.1, prompts)
    return [
        Score(Pair(f"t{t}", f"i{i}"), f"p{k:02}", 0, 0.5 + pair[t, i] + prompt[k] + rng.normal(0, 0.05))
        for t, i, k in product(range(2), range(3), range(prompts))
    ]


def test_ratings_are_those_of_a_logistic_regression_on_differences() -> None:
    rng = np.random.default_rng(3)
    pairs = [Pair(name, "x") for name in "abcde"]
    strength = rng.normal(0, 1, 5)
    votes, rows = [], []
    for n in range(300):
        one, other = sorted(rng.choice(5, 2, replace=False))
        won = rng.random() < 1 / (1 + math.exp(strength[other] - strength[one]))
        votes.append(BallotVote((pairs[one], pairs[other]), 0 if won else 1, f"v{n}"))
        rows.append((won, *np.eye(5)[one] - np.eye(5)[other]))
    table = np.array(rows, dtype=np.float64)
    # The last pair is the reference; its column would be the others' sum.
    oracle = sm.GLM(table[:, 0], table[:, 1:5], family=sm.families.Binomial()).fit(tol=1e-12)
    ballots = tally(votes)
    fit = board._fit(ballots.pairs, BattleVotes.of(ballots), np.zeros(0), FLAT, position=0)
    against = np.hstack([np.eye(4), -np.ones((4, 1))])
    assert against @ fit.values[:5] == pytest.approx(oracle.params, abs=1e-4)
    errors = np.sqrt(np.diag(against @ fit.covariance[:5, :5] @ against.T))
    assert errors == pytest.approx(oracle.bse, rel=1e-4)


def test_effects_have_the_f_of_a_repeated_measures_analysis() -> None:
    games = scores(np.random.default_rng(4), 8)
    frame = pd.DataFrame({"t2i": g.pair.t2i, "i2t": g.pair.i2t, "prompt": g.prompt, "y": g.value} for g in games)
    oracle = AnovaRM(frame, "y", "prompt", within=["t2i", "i2t"]).fit().anova_table
    found = design(merge(games))
    for name, effects in (("t2i", found.t2i), ("i2t", found.i2t)):
        effect = effect_of_models(effects)
        assert effect.f == pytest.approx(oracle.loc[name, "F Value"])
        assert effect.p == pytest.approx(oracle.loc[name, "Pr > F"])
        assert (effect.above, effect.below) == (oracle.loc[name, "Num DF"], oracle.loc[name, "Den DF"])


def test_distances_have_the_spread_and_differences_of_least_squares() -> None:
    """With pairs that may be anything, and prompts that are, the board is least squares on pairs and prompts."""
    games = [game for game in scores(np.random.default_rng(5), 12) if game.value > 0.35]
    assert len(games) < 72, "holes are what makes it hard"
    cells = merge(games)
    table, _ = distance_model._table(cells)
    names = [pair.t2i + pair.i2t for pair in table.pairs]
    which = np.eye(6)[[names.index(cell.pair.t2i + cell.pair.i2t) for cell in cells]]
    prompts = sorted({cell.prompt for cell in cells})
    on = np.eye(len(prompts))[[prompts.index(cell.prompt) for cell in cells]]
    oracle = sm.OLS(np.array([cell.mean for cell in cells]), np.hstack([which, on[:, 1:]])).fit()
    noise = math.sqrt(oracle.scale)

    def spreads(noise: float) -> Spreads:
        return Spreads(*(np.array([one]) for one in (1e-3, 1e-3, 30.0, 0.0, noise, 0.0, 0.0, 0.0)))

    peak = table.evidence(spreads(noise))
    assert all(table.evidence(spreads(noise * x)) < peak for x in (0.95, 1.05))
    fit, centring = table.posterior(spreads(noise)), np.eye(6) - 1 / 6
    assert centring @ fit.means[0] == pytest.approx(centring @ oracle.params[:6], abs=1e-6)
    covariance = centring @ oracle.cov_params()[:6, :6] @ centring
    assert centring @ fit.covariances[0] @ centring == pytest.approx(covariance, abs=1e-9)


def test_a_cell_is_the_mean_of_its_games() -> None:
    games = [Score(Pair("a", "x"), "p", seed, value) for seed, value in enumerate((0.1, 0.2, 0.6))]
    (cell,) = merge(games)
    assert cell == Cell(Pair("a", "x"), "p", 3, pytest.approx(0.3), pytest.approx(pd.Series([0.1, 0.2, 0.6]).var() * 2))
