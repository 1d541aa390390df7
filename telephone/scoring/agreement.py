"""Whether votes and distances put the same pairs first: Kendall's rank correlation of two boards, with its interval.

The estimate is τ-b of what the boards say (Kendall 1945, Biometrika 33:239-251). Chance on either board pulls that
towards 0. The interval is of τ between what is true of these very pairs: true distances and utilities are taken as
correlated by a ρ that nobody knows (uniform), each board contributes what its data say beyond its prior, and pairs are
ranked in draws from the joint posterior. So it may lie further from 0 than the estimate, and is then stretched to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from telephone.domain.games import Pair
from telephone.scoring.distance_model import DistanceBoard
from telephone.scoring.hyperpriors import pair_covariance
from telephone.scoring.intervals import LEVEL, Floats, Interval
from telephone.scoring.vote_model import VoteBoard

FEWEST_PAIRS: Final = 4
"""Fewer pairs agree too easily: three come into one order by chance in one case of six."""
DRAWS: Final = 2000
CORRELATIONS: Final[Floats] = np.linspace(-1, 1, 41)[:-1] + 0.025
"""The ρ that are weighed."""
SURE: Final = 1e-6
"""No board is surer than this part of its prior's variance."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two boards agree on the `pairs` that both have: τ from 1, the same order, to -1, the reverse.

    `tau` is None where that cannot be said, and then `why` says why not, in half a sentence.
    """

    pairs: int
    tau: Interval | None
    why: str | None = None


def agreement(distance: DistanceBoard, votes: VoteBoard, *, seed: int = 0) -> Agreement:
    """Kendall's τ-b between less distance and a higher rating. Finite; `seed` is that of the draws."""
    one = {row.pair: k for k, row in enumerate(distance.rows)}
    other = {row.pair: k for k, row in enumerate(votes.rows)}
    # A board orders only pairs of one group: of those that both put together the most count.
    near = [{row.pair for row in group} for group in distance.groups]
    met = [[row.pair for row in group if row.pair in those] for group in votes.groups for those in near]
    most: list[Pair] = max(met, key=len, default=[])
    common = sorted(most, key=lambda pair: (pair.t2i, pair.i2t))
    if len(common) < FEWEST_PAIRS:
        return Agreement(len(common), None, f"{len(common)} pairs are on both boards, and it takes {FEWEST_PAIRS}")
    close = -np.array([distance.rows[one[pair]].distance.estimate for pair in common])
    liked = np.array([votes.rows[other[pair]].theta.estimate for pair in common])
    estimate = float(_tau(close[None, :], liked[None, :])[0])
    if np.isnan(estimate):
        return Agreement(len(common), None, "one of the boards has all pairs level")
    models, pair = votes.spreads
    said = [
        _Said.of(
            close,
            distance.covariance,
            [one[p] for p in common],
            pair_covariance(common, *map(float, distance.spreads[:3])),
        ),
        _Said.of(liked, votes.covariance, [other[p] for p in common], pair_covariance(common, models, models, pair)),
    ]
    low, high = np.quantile(_tau(*_draws(said, seed)), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Agreement(len(common), Interval(estimate, min(float(low), estimate), max(float(high), estimate)))


@dataclass(frozen=True, slots=True)
class _Said:
    """What one board's data say of n pairs beyond its prior, in units of the prior's `root` (n, n - 1) of contrasts:
    `information` (n - 1, n - 1), and that times the values it is of, `pull` (n - 1,)."""

    root: Floats
    information: Floats
    pull: Floats

    @classmethod
    def of(cls, mean: Floats, covariance: Floats, places: Sequence[int], prior: Floats) -> "_Said":
        from scipy.linalg import helmert

        contrasts = helmert(len(mean))
        values, vectors = np.linalg.eigh(contrasts @ prior @ contrasts.T)
        root = (vectors * np.sqrt(values)) @ vectors.T
        back = (vectors / np.sqrt(values)) @ vectors.T @ contrasts
        believed = back @ covariance[np.ix_(places, places)] @ back.T + SURE * np.eye(len(values))
        size, axes = np.linalg.eigh(np.linalg.inv(believed) - np.eye(len(values)))
        # Averaged spreads can leave a board a hair less sure than its prior; but no data say less than none.
        information = (axes * np.maximum(size, 0.0)) @ axes.T
        return cls(contrasts.T @ root, information, (information + np.eye(len(values))) @ back @ mean)


def _draws(said: Sequence[_Said], seed: int) -> list[Floats]:
    """Draws from the joint posterior of what is true by either board, (DRAWS, n) each."""
    from scipy.linalg import solve_triangular

    rng = np.random.default_rng(seed)
    size = len(said[0].pull)
    pull, one = np.concatenate([board.pull for board in said]), np.eye(size)
    information = np.zeros((2 * size, 2 * size))
    information[:size, :size], information[size:, size:] = said[0].information, said[1].information

    def root(r: float) -> Floats:
        """That of the precision, lower triangular."""
        between = np.block([[one, -r * one], [-r * one, one]]) / (1 - r**2)
        return np.asarray(np.linalg.cholesky(information + between), dtype=np.float64)

    roots = [root(float(r)) for r in CORRELATIONS]
    halves = [solve_triangular(one, pull, lower=True) for one in roots]
    logs = np.array([half @ half - 2 * np.sum(np.log(np.diag(one))) for half, one in zip(halves, roots, strict=True)])
    logs = 0.5 * (logs - size * np.log(1 - CORRELATIONS**2))
    chances = np.exp(logs - logs.max())
    drawn = []
    for half, lower, often in zip(halves, roots, rng.multinomial(DRAWS, chances / chances.sum()), strict=True):
        noise = half[:, None] + rng.standard_normal((2 * size, often))
        drawn.append(solve_triangular(lower, noise, lower=True, trans="T").T)
    every = np.concatenate(drawn)
    return [every[:, :size] @ said[0].root.T, every[:, size:] @ said[1].root.T]


def _tau(one: Floats, other: Floats) -> Floats:
    """τ-b (r,) of rows (r, n), NaN where all of one row is level. Pair by pair: all couples at once fill the memory."""
    both, first, second = (np.zeros(len(one)) for _ in range(3))
    for k in range(one.shape[1] - 1):
        a, b = (np.sign(x[:, k + 1 :] - x[:, k : k + 1]) for x in (one, other))
        both += np.einsum("rn,rn->r", a, b)
        first += np.count_nonzero(a, axis=1)
        second += np.count_nonzero(b, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(both / np.sqrt(first * second))
