"""Averaging over unknown spreads, against integrals worked out by quadrature."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from telephone.game import Pair
from telephone.scoring.interval import Floats
from telephone.scoring.posterior import integrate, mixture, pair_covariance


def posterior_mean(count: int, squares: float, scale: float) -> float:
    """Of the σ of normal values of mean 0: σ^-n exp(-S / 2σ²) under a half-normal prior of this scale."""

    def density(sd: float) -> float:
        return sd**-count * math.exp(-0.5 * squares / sd**2 - 0.5 * (sd / scale) ** 2)

    ends = {"a": 1e-3 * scale, "b": 8 * scale, "limit": 400}
    return quad(lambda sd: sd * density(sd), **ends)[0] / quad(density, **ends)[0]


@pytest.mark.parametrize(("count", "squares"), [(4, 1.0), (30, 2.0), (1, 0.01), (0, 0.0)])
def test_the_posterior_of_a_spread_agrees_with_quadrature(count: int, squares: float) -> None:
    def evidence(spreads: Floats) -> float:
        return -count * math.log(spreads[0]) - 0.5 * squares / float(spreads[0]) ** 2

    nodes = integrate(evidence, [0.5])
    assert nodes.weights.sum() == pytest.approx(1)
    assert nodes.weights @ nodes.spreads[:, 0] == pytest.approx(posterior_mean(count, squares, 0.5), rel=0.05)


def test_two_spreads_are_averaged_apart() -> None:
    def evidence(spreads: Floats) -> float:
        return float(np.sum(-10 * np.log(spreads) - 0.5 * np.array([0.4, 3.6]) / spreads**2))

    nodes = integrate(evidence, [1.0, 0.5])
    truth = [posterior_mean(10, 0.4, 1.0), posterior_mean(10, 3.6, 0.5)]
    assert nodes.weights @ nodes.spreads == pytest.approx(truth, rel=0.05)


def test_nothing_unknown_is_one_node() -> None:
    nodes = integrate(lambda spreads: 0.0, [])
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
