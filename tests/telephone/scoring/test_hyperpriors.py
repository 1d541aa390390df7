"""Averaging over unknown spreads, against integrals worked out by quadrature."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from telephone.domain.games import Pair
from telephone.scoring.hyperpriors import ABSENT, NOTHING, covariance_of, integrate, mixture, pair_covariance
from telephone.scoring.intervals import Floats


def posterior_mean(count: int, squares: float, scale: float) -> float:
    """Of the σ of normal values of mean 0: σ^-n exp(-S / 2σ²) under a half-normal prior of this scale."""

    def density(sd: float) -> float:
        return sd**-count * math.exp(-0.5 * squares / sd**2 - 0.5 * (sd / scale) ** 2)

    ends = {"a": 1e-3 * scale, "b": 8 * scale, "limit": 400}
    return quad(lambda sd: sd * density(sd), **ends)[0] / quad(density, **ends)[0]


@pytest.mark.parametrize(("count", "squares"), [(4, 1.0), (30, 2.0), (1, 0.01), (0, 0.0)])
def test_the_posterior_of_a_spread_agrees_with_quadrature(count: int, squares: float) -> None:
    def evidence(spreads: Floats) -> Floats:
        return np.asarray(-count * np.log(spreads[:, 0]) - 0.5 * squares / spreads[:, 0] ** 2)

    nodes = integrate(evidence, [0.5])
    assert nodes.weights.sum() == pytest.approx(1)
    assert nodes.weights @ nodes.spreads[:, 0] == pytest.approx(posterior_mean(count, squares, 0.5), rel=0.05)


def test_two_spreads_are_averaged_apart() -> None:
    def evidence(spreads: Floats) -> Floats:
        return np.asarray(np.sum(-10 * np.log(spreads) - 0.5 * np.array([0.4, 3.6]) / spreads**2, axis=1))

    nodes = integrate(evidence, [1.0, 0.5])
    truth = [posterior_mean(10, 0.4, 1.0), posterior_mean(10, 3.6, 0.5)]
    assert nodes.weights @ nodes.spreads == pytest.approx(truth, rel=0.05)


@pytest.mark.parametrize(("count", "squares"), [(6, 3.0), (6, 12.0), (20, 20.0), (0, 0.0)])
def test_a_doubted_spread_is_absent_as_often_as_quadrature_says(count: int, squares: float) -> None:
    """So many normal values of variance 1 + σ² with these squares; σ is nothing, or half-normal(1)."""

    def likelihood(sd: float) -> float:
        return (1 + sd**2) ** (-count / 2) * math.exp(-0.5 * squares / (1 + sd**2))

    def evidence(spreads: Floats) -> Floats:
        return np.array([math.log(likelihood(float(doubted))) - float(one) ** 2 for one, doubted in spreads])

    nodes = integrate(evidence, [1.0, 1.0], 1)
    there = quad(lambda sd: likelihood(sd) * math.sqrt(2 / math.pi) * math.exp(-0.5 * sd**2), 0, 12)[0]
    odds = likelihood(0) * ABSENT / (there * (1 - ABSENT))
    absent = nodes.weights[nodes.spreads[:, 1] == NOTHING].sum()
    assert absent == pytest.approx(odds / (1 + odds), abs=0.02)
    assert nodes.weights.sum() == pytest.approx(1)
    other = quad(lambda sd: math.exp(-(sd**2)) * math.sqrt(2 / math.pi) * math.exp(-0.5 * sd**2), 0, 12)[0]
    whole = other * (there * (1 - ABSENT) + likelihood(0) * ABSENT)
    assert nodes.evidence == pytest.approx(math.log(whole), abs=0.12)


def test_rounding_in_the_evidence_does_not_hide_the_mode() -> None:
    """Slopes from steps of 1e-8, as minimisers take them, would be those of the rounding."""

    def smooth(spreads: Floats) -> Floats:
        logs = np.array([-4, -30, -60]) * np.log(spreads) - 0.5 * np.array([0.01, 0.3, 0.6]) / spreads**2
        return np.asarray(np.sum(logs, axis=1))

    def rounded(spreads: Floats) -> Floats:
        return np.asarray(smooth(spreads) + 1e-6 * np.sin(1e10 * np.sum(spreads, axis=1)))

    other = integrate(rounded, [0.1] * 3)
    truth = [posterior_mean(n, s, 0.1) for n, s in ((4, 0.01), (30, 0.3), (60, 0.6))]
    assert other.weights @ other.spreads == pytest.approx(truth, rel=0.03)


def test_the_covariance_of_a_mixture_is_that_of_its_draws() -> None:
    means = np.array([[0.0, 1.0], [2.0, 0.0]])
    parts = np.array([[[1.0, 0.5], [0.5, 1.0]], [[0.2, 0.0], [0.0, 0.4]]])
    rng = np.random.default_rng(1)
    which = rng.random(200_000) < 0.3
    drawn = np.where(which[:, None], rng.multivariate_normal(means[1], parts[1], 200_000), 0)
    drawn += np.where(which[:, None], 0, rng.multivariate_normal(means[0], parts[0], 200_000))
    assert covariance_of(means, parts, np.array([0.7, 0.3])) == pytest.approx(np.cov(drawn.T), abs=0.02)


def test_nothing_unknown_is_one_node() -> None:
    nodes = integrate(lambda spreads: np.zeros(len(spreads)), [])
    assert nodes.spreads.shape == (1, 0)
    assert nodes.weights.tolist() == [1]


def test_one_normal_is_its_own_mixture() -> None:
    (interval,) = mixture(np.array([[2.0]]), np.array([[3.0]]), np.array([1.0]))
    assert (interval.estimate, interval.low, interval.high) == pytest.approx((2, 2 - 5.8799, 2 + 5.8799), abs=1e-3)


def test_quantiles_of_a_mixture_leave_a_fortieth_on_either_side() -> None:
    means, deviations, weights = np.array([[0.0], [2.0]]), np.array([[1.0], [0.3]]), np.array([0.7, 0.3])
    (interval,) = mixture(means, deviations, weights)
    for end, below in ((interval.low, 0.025), (interval.high, 0.975)):
        assert weights @ norm.cdf(end, means[:, 0], deviations[:, 0]) == pytest.approx(below, abs=1e-6)


def test_pairs_are_akin_through_their_models() -> None:
    pairs = [Pair("a", "x"), Pair("a", "y"), Pair("b", "y")]
    assert pair_covariance(pairs, 2, 3, 1).tolist() == [[14, 4, 0], [4, 14, 9], [0, 9, 14]]
