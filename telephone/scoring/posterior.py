"""What both boards share: the prior of a pair, and averaging over spreads that nobody knows.

A board knows the spread of its models no better than the models themselves. Plugging in one estimate gives
intervals that are too narrow where data are few, so the posterior is averaged over a few dozen spreads instead,
each weighted by how well it explains the data (an integrated nested Laplace approximation: Rue, Martino and
Chopin 2009, J. R. Stat. Soc. B 71:319-392). Spreads have half-normal priors (Gelman 2006, Bayesian Analysis
1:515-534): flat towards zero, so that an absent effect can vanish, and proper, so that one game is enough.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri

from telephone.game import Pair
from telephone.scoring.interval import LEVEL, Floats, Interval

NODES: Final = 8
"""How many sets of spreads a posterior is averaged over, for each spread that is not known (but three at least)."""
WIDER: Final = 1.4
"""By how much the points spread more than the normal at the mode, since real tails are longer."""
BOUNDS: Final = (1e-3, 10.0)
"""The least and largest spread, in scales of its prior: beyond them nothing changes but the arithmetic."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Spreads to average over: `spreads` (m, d), all positive, and `weights` (m,), which sum to 1."""

    spreads: Floats
    weights: Floats


def pair_covariance(pairs: Sequence[Pair], t2i: float, i2t: float, pair: float) -> Floats:
    """Prior covariance (P, P) of θ = α_t2i + β_i2t + γ_pair, from the three standard deviations.

    A pair that nobody has seen is thereby known from its models, and believed less than one that was seen.
    """
    same_t2i, same_i2t = _shared(tuple(pairs))
    return t2i**2 * same_t2i + i2t**2 * same_i2t + pair**2 * np.eye(len(pairs))


@lru_cache(maxsize=16)
def _shared(pairs: tuple[Pair, ...]) -> tuple[Floats, Floats]:
    """Which pairs (P, P) share their T2I, and which their I2T: asked for at every set of spreads."""
    t2i, i2t = np.array([one.t2i for one in pairs]), np.array([one.i2t for one in pairs])
    return (t2i[:, None] == t2i).astype(np.float64), (i2t[:, None] == i2t).astype(np.float64)


def integrate(evidence: Callable[[Floats], float], scales: Sequence[float]) -> Nodes:
    """Where the posterior of the spreads lies, for half-normal priors with these `scales` (d,).

    `evidence` is the log marginal likelihood of the data at spreads (d,). Works on the logarithms of the spreads:
    finds the mode and curvature, and weighs quasi-random points around it. Deterministic.
    """
    wide = np.asarray(scales, dtype=np.float64)
    if wide.size == 0:
        return Nodes(np.zeros((1, 0)), np.ones(1))

    low, high = np.log(wide * BOUNDS[0]), np.log(wide * BOUNDS[1])

    def density(logs: Floats) -> float:
        inside = np.clip(logs, low, high)
        prior = float(np.sum(logs - 0.5 * np.exp(2 * inside) / wide**2))  # the half-normal, and dσ = σ d log σ
        return evidence(np.exp(inside)) + prior

    def surprise(logs: Floats) -> float:
        return -density(logs)

    start: list[float] = np.log(wide / 2).tolist()
    found = minimize(surprise, start, method="L-BFGS-B", bounds=list(zip(low.tolist(), high.tolist(), strict=True)))
    mode = np.asarray(found.x, dtype=np.float64)
    around = _normals(NODES * max(wide.size, 3) // 2, wide.size)
    around = np.vstack([around, -around])
    points = mode + WIDER * around @ _root(_curvature(density, mode)).T
    logs = np.array([density(point) for point in points]) + 0.5 * np.sum(around**2, axis=1)
    weights = np.exp(logs - logs.max())
    return Nodes(np.exp(np.clip(points, low, high)), weights / weights.sum())


def mixture(means: Floats, deviations: Floats, weights: Floats) -> tuple[Interval, ...]:
    """Mean and 95% interval of mixtures of normals: `means` and `deviations` (m, P), `weights` (m,)."""
    tail = (1 - LEVEL) / 2
    estimates = weights @ means
    low, high = (_quantile(means, deviations, weights, level) for level in (tail, 1 - tail))
    return tuple(Interval(float(e), float(a), float(b)) for e, a, b in zip(estimates, low, high, strict=True))


def _quantile(means: Floats, deviations: Floats, weights: Floats, level: float) -> Floats:
    low = np.min(means - 9 * deviations, axis=0)
    high = np.max(means + 9 * deviations, axis=0)
    for _ in range(60):
        middle = (low + high) / 2
        below = weights @ ndtr((middle - means) / deviations) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2, dtype=np.float64)


def _curvature(density: Callable[[Floats], float], mode: Floats, step: float = 0.05) -> Floats:
    """Minus the second derivatives (d, d) at the mode, by central differences."""
    size = mode.size
    moves = step * np.eye(size)
    at = density(mode)
    up = np.array([density(mode + move) for move in moves])
    down = np.array([density(mode - move) for move in moves])
    found = np.diag(2 * at - up - down)
    for i in range(size):
        for j in range(i):
            both = density(mode + moves[i] + moves[j]) + density(mode - moves[i] - moves[j])
            cross = (both - up[i] - up[j] - down[i] - down[j] + 2 * at) / 2
            found[i, j] = found[j, i] = -cross
    return np.asarray(found / step**2, dtype=np.float64)


def _root(curvature: Floats) -> Floats:
    """The Cholesky root of the inverse, where a flat direction counts as one of deviation 2."""
    values, vectors = np.linalg.eigh(curvature)
    return np.asarray(np.linalg.cholesky((vectors / np.clip(values, 0.25, None)) @ vectors.T), dtype=np.float64)


def _normals(count: int, size: int) -> Floats:
    """Quasi-random standard normals (count, size): an additive recurrence on the generalised golden ratio."""
    ratio = 2.0
    for _ in range(60):
        ratio = (1 + ratio) ** (1 / (size + 1))
    steps = ratio ** -np.arange(1.0, size + 1)
    return np.asarray(ndtri((0.5 + np.outer(np.arange(1, count + 1), steps)) % 1.0), dtype=np.float64)
