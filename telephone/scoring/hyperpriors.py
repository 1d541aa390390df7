"""What both boards share: the prior of a pair, and averaging over spreads that are not known.

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

from telephone.domain.games import Pair
from telephone.scoring.intervals import LEVEL, Floats, Interval

NODES: Final = 8
"""How many sets of spreads a posterior is averaged over, for each spread that is not known (but three at least)."""
WIDER: Final = 1.4
"""By how much the points spread more than the normal at the mode, since real tails are longer."""
ABSENT: Final = 0.3
"""The prior probability that the doubted spread is absent."""
NOTHING: Final = 1e-2
"""The value of an absent spread, in scales of its prior: too small to move an interval, and no division by zero."""
BOUNDS: Final = (1e-3, 10.0)
"""The least and largest spread, in scales of its prior: beyond them nothing changes but the arithmetic."""
STEP: Final = 0.05
"""How far apart the logarithms of spreads are where slopes are taken."""
FLATTEST: Final = 0.25
"""A direction in which the posterior is flatter counts as one of standard deviation 2."""
NEAR: Final = 0.1
"""Newton's method ends so many standard deviations from the mode; the points around it need no better centre."""
FARTHEST: Final = 2.0
"""The longest step that it takes."""
LONGEST: Final = 12
"""Its steps at most; four or five are usual."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Spreads to average over: `spreads` (m, d), all positive, and `weights` (m,), which sum to 1.

    `evidence` is the log marginal likelihood of the data, averaged over the priors of the spreads.
    """

    spreads: Floats
    weights: Floats
    evidence: float


def pair_covariance(pairs: Sequence[Pair], t2i: float, i2t: float, pair: float) -> Floats:
    """Prior covariance (P, P) of θ = α_t2i + β_i2t + γ_pair, from the three standard deviations.

    A pair that nobody has seen is thereby known from its models, and believed less than one that was seen.
    """
    same_t2i, same_i2t = shared_models(tuple(pairs))
    return t2i**2 * same_t2i + i2t**2 * same_i2t + pair**2 * np.eye(len(pairs))


@lru_cache(maxsize=16)
def shared_models(pairs: tuple[Pair, ...]) -> tuple[Floats, Floats]:
    """Which pairs (P, P) share their T2I, and which their I2T: asked for at every set of spreads."""
    t2i, i2t = np.array([one.t2i for one in pairs]), np.array([one.i2t for one in pairs])
    return (t2i[:, None] == t2i).astype(np.float64), (i2t[:, None] == i2t).astype(np.float64)


Evidence = Callable[[Floats], Floats]
"""The log marginal likelihood (m,) of the data at each set of spreads (m, d)."""


def integrate(evidence: Evidence, scales: Sequence[float], doubted: int | None = None) -> Nodes:
    """Where the posterior of the spreads lies, for half-normal priors with these `scales` (d,).

    `doubted` is the index of the spread that may be absent: it is, with prior probability ABSENT (averaging over models
    that have a term and models that have not: Hoeting et al. 1999, Statistical Science 14:382-417). Deterministic.
    """
    if not scales:
        return Nodes(np.zeros((1, 0)), np.ones(1), float(evidence(np.zeros((1, 0)))[0]))
    wide = np.asarray(scales, dtype=np.float64)
    some, mode = _around_the_mode(evidence, wide, np.log(wide / 2))
    if doubted is None:
        return some

    def without(others: Floats) -> Floats:
        return evidence(np.insert(others, doubted, nothing, axis=1))

    nothing = wide[doubted] * NOTHING
    none, _ = _around_the_mode(without, np.delete(wide, doubted), np.delete(mode, doubted))
    odds = np.exp(none.evidence - some.evidence) * ABSENT / (1 - ABSENT)
    return Nodes(
        np.vstack([some.spreads, np.insert(none.spreads, doubted, nothing, axis=1)]),
        np.r_[some.weights, odds * none.weights] / (1 + odds),
        float(some.evidence + np.log((1 - ABSENT) * (1 + odds))),
    )


def _around_the_mode(evidence: Evidence, wide: Floats, start: Floats) -> tuple[Nodes, Floats]:
    """Quasi-random points around the mode, weighed, and the mode; all in the logarithms of the spreads."""
    low, high = np.log(wide * BOUNDS[0]), np.log(wide * BOUNDS[1])

    def density(logs: Floats) -> Floats:
        inside = np.clip(logs, low, high)
        prior = np.sum(logs - 0.5 * np.exp(2 * inside) / wide**2, axis=1)  # the half-normal, and dσ = σ d log σ
        return np.asarray(evidence(np.exp(inside)) + prior - np.sum(np.log(wide * np.sqrt(np.pi / 2))))

    mode, curvature = _climb(density, start, low, high)
    around = _normals(NODES * max(wide.size, 3) // 2, wide.size)
    around = np.vstack([around, -around])
    axes, left, right = _tails(density, mode, curvature)
    lengths = WIDER * np.where(around < 0, left, right)
    points = mode + (around * lengths) @ axes.T
    logs = density(points)
    logs += np.sum(0.5 * around**2 + np.log(lengths), axis=1) + 0.5 * wide.size * np.log(2 * np.pi)
    weights = np.exp(logs - logs.max())
    total = float(logs.max() + np.log(weights.mean()))
    return Nodes(np.exp(np.clip(points, low, high)), weights / weights.sum(), total), mode


def _climb(density: Evidence, start: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The mode and the curvature there, by Newton's method on central differences.

    These are wide on purpose: a gradient from steps of 1e-8, as minimisers take them, is drowned in rounding.
    """
    at, (height, slope, curvature) = start, _differences(density, start)
    for _ in range(LONGEST):
        values, vectors = np.linalg.eigh(curvature)
        firm = np.maximum(np.abs(values), FLATTEST)
        along = vectors.T @ slope / firm
        if np.sqrt(np.sum(along**2 * firm)) < NEAR:
            break
        step = vectors @ along
        step *= min(1.0, FARTHEST / np.max(np.abs(step)))
        while density(np.clip(at + step, low, high)[None])[0] <= height and np.max(np.abs(step)) > STEP / 10:
            step /= 2
        at = np.clip(at + step, low, high)
        height, slope, curvature = _differences(density, at)
    return at, curvature


def mixture(means: Floats, deviations: Floats, weights: Floats) -> tuple[Interval, ...]:
    """Mean and 95% interval of mixtures of normals: `means` and `deviations` (m, P), `weights` (m,)."""
    tail = (1 - LEVEL) / 2
    estimates = weights @ means
    low, high = (_quantile(means, deviations, weights, level) for level in (tail, 1 - tail))
    return tuple(Interval(float(e), float(a), float(b)) for e, a, b in zip(estimates, low, high, strict=True))


def covariance_of(means: Floats, covariances: Floats, weights: Floats) -> Floats:
    """The covariance (P, P) of a mixture of normals with `means` (m, P) and `covariances` (m, P, P)."""
    apart = means - weights @ means
    return np.asarray(np.einsum("m,mpq->pq", weights, covariances) + (weights[:, None] * apart).T @ apart)


def _quantile(means: Floats, deviations: Floats, weights: Floats, level: float) -> Floats:
    from scipy.special import ndtr

    low = np.min(means - 9 * deviations, axis=0)
    high = np.max(means + 9 * deviations, axis=0)
    for _ in range(60):
        middle = (low + high) / 2
        below = weights @ ndtr((middle - means) / deviations) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2, dtype=np.float64)


def _differences(density: Evidence, at: Floats) -> tuple[float, Floats, Floats]:
    """Height, slope (d,) and minus the second derivatives (d, d), by central differences."""
    moves = STEP * np.eye(at.size)
    one, other = np.tril_indices(at.size, -1)
    both = moves[one] + moves[other]
    seen = density(at + np.vstack([np.zeros((1, at.size)), moves, -moves, both, -both]))
    height, up, down, up_two, down_two = np.split(seen, np.cumsum([1, at.size, at.size, one.size]))
    found = np.diag(2 * height - up - down)
    sides = up + down
    mixed = (sides[one] + sides[other] - 2 * height - up_two - down_two) / 2
    found[one, other] = found[other, one] = mixed
    return float(height[0]), np.asarray((up - down) / (2 * STEP)), np.asarray(found / STEP**2, dtype=np.float64)


def _tails(density: Evidence, mode: Floats, curvature: Floats) -> tuple[Floats, Floats, Floats]:
    """The axes (d, d) of the posterior, in columns of length 1, and how far it reaches to the left and right (d,) of
    each, as standard deviations of two half normals (Martins et al. 2013, Comput. Stat. Data Anal. 67:68-83)."""
    values, axes = np.linalg.eigh(curvature)
    # Which end of an axis is its right one is left open by the decomposition.
    axes *= np.where(axes[np.argmax(np.abs(axes), axis=0), np.arange(len(values))] < 0, -1, 1)
    deviations = 1 / np.sqrt(np.clip(values, FLATTEST, None))
    probes = 2 * deviations[:, None] * axes.T
    height, *seen = density(mode + np.vstack([np.zeros((1, mode.size)), -probes, probes]))
    drops = np.maximum(height - np.array(seen), 1e-9).reshape(2, -1)
    left, right = deviations * np.clip(np.sqrt(2 / drops), 0.5, 2.0)
    return axes, left, right


def _normals(count: int, size: int) -> Floats:
    """Quasi-random standard normals (count, size): an additive recurrence on the generalised golden ratio."""
    from scipy.special import ndtri

    ratio = 2.0
    for _ in range(60):
        ratio = (1 + ratio) ** (1 / (size + 1))
    steps = ratio ** -np.arange(1.0, size + 1)
    return np.asarray(ndtri((0.5 + np.outer(np.arange(1, count + 1), steps)) % 1.0), dtype=np.float64)
