"""Pairs ranked by distance, with prompts and pair × prompt as random factors.

Y = μ + θ_pair + p_prompt + (θp)_pair,prompt + e,  θ = α_t2i + β_i2t + γ_pair, every term normal with a spread of its
own. The (θp) term is why a hundred games on one prompt do not make a pair known: what they share is the prompt.
Given the spreads, estimates are the best linear unbiased predictions of Henderson's mixed model equations (Robinson
1991, Statistical Science 6:15-32); the spreads themselves enter through the restricted likelihood (Harville 1977,
J. Am. Stat. Assoc. 72:320-338), averaged as hyperpriors.py tells.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from telephone.domain.games import Pair
from telephone.scoring.hyperpriors import covariance_of, integrate, mixture, pair_covariance
from telephone.scoring.intervals import Floats, Interval, ranks, winner

SCALES: Final = (0.1, 0.1, 1.5, 0.2, 0.1, 0.1)
"""Scales of the half-normal priors, in cosine distance: T2I, I2T, pair as a part of these, prompt, pair × prompt,
repeats."""
_PAIR: Final = 2
SETTLED: Final = 0.10
"""A pair is provisional until its interval is narrower than this, in cosine distance."""
FEWEST_PROMPTS: Final = 3
"""A pair seen on fewer prompts stays provisional, however many games it played."""


@dataclass(frozen=True, slots=True)
class Score:
    """One measured game: `value` is its distance. Prompts go by any name that tells them apart."""

    pair: Pair
    prompt: str
    seed: int
    value: float


@dataclass(frozen=True, slots=True)
class Cell:
    """All games of one pair on one prompt: how many, their mean, and the squares about it summed."""

    pair: Pair
    prompt: str
    games: int
    mean: float
    squares: float


@dataclass(frozen=True, slots=True)
class DistanceBoardRow:
    """One pair on the board. `distance` is what it would have on the board's average prompt.

    Its interval is that of the difference from the board's mean, so that rows can be compared; how well the mean
    itself is known is the board's `mean`, which is also the interval of a pair that is alone on its board.
    """

    pair: Pair
    distance: Interval
    games: int
    prompts: int
    provisional: bool
    rank: int


@dataclass(frozen=True, slots=True)
class DistanceBoard:
    """Rows from the least distance up; `mean` is that of all pairs over prompts like these.

    `spreads` are posterior means of the standard deviations: T2I, I2T, pair, prompt, pair × prompt, repeats.
    `covariance` (P, P) is that of the rows' differences from the mean, in their order.
    """

    rows: tuple[DistanceBoardRow, ...]
    mean: Interval
    spreads: tuple[float, ...]
    covariance: Floats = field(compare=False, repr=False)

    @property
    def winner(self) -> Pair | None:
        """The pair that alone has rank 1 and is not provisional, None where there is none."""
        return winner(self.rows)


def merge(scores: Iterable[Score]) -> tuple[Cell, ...]:
    """Cells in the order of pairs and prompts. Games with the same pair, prompt and seed count once, as their mean.

    Raises ValueError where a distance is not finite.
    """
    same: dict[tuple[str, str, str, int], list[float]] = defaultdict(list)
    for score in scores:
        if not np.isfinite(score.value):
            raise ValueError(f"a distance of {score.value} cannot be ranked")
        same[score.pair.t2i, score.pair.i2t, score.prompt, score.seed].append(score.value)
    cells: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for (t2i, i2t, prompt, _), values in sorted(same.items()):
        cells[t2i, i2t, prompt].append(sum(sorted(values)) / len(values))
    return tuple(_cell(Pair(t2i, i2t), prompt, values) for (t2i, i2t, prompt), values in cells.items())


def rank_by_distance(cells: Sequence[Cell], settled: float = SETTLED) -> DistanceBoard:
    """The board of the pairs in `cells`. Finite from the first game on; raises ValueError without games."""
    if not cells:
        raise ValueError("a board needs at least one measured game")
    table = _Table.of(cells)
    scales = SCALES if table.repeats else SCALES[:-1]
    nodes = integrate(lambda spreads: table.evidence(_absolute(spreads)), scales, doubted=_PAIR)
    known = np.array([_absolute(spreads) for spreads in nodes.spreads])
    fits = [table.fit(spreads) for spreads in known]
    estimates = np.array([fit.contrasts for fit in fits])
    covariances = np.array([fit.covariance for fit in fits])
    contrasts = mixture(estimates, np.sqrt(np.diagonal(covariances, axis1=1, axis2=2)), nodes.weights)
    mean = mixture(np.array([[fit.mean] for fit in fits]), np.array([[fit.mean_sd] for fit in fits]), nodes.weights)[0]
    spreads = tuple(float(x) for x in nodes.weights @ known)
    rows = _rows(table, contrasts, mean, settled)
    order = [table.pairs.index(row.pair) for row in rows]
    covariance = covariance_of(estimates, covariances, nodes.weights)[np.ix_(order, order)]
    return DistanceBoard(rows, mean, (*spreads, 0.0)[: len(SCALES)], covariance)


def _absolute(spreads: Floats) -> Floats:
    """Spreads in cosine distance, from those where the pair's is a part of its models'."""
    found = spreads.copy()
    found[_PAIR] *= np.sqrt((spreads[0] ** 2 + spreads[1] ** 2) / 2)
    return found


def _rows(
    table: "_Table", contrasts: Sequence[Interval], mean: Interval, settled: float
) -> tuple[DistanceBoardRow, ...]:
    centre = mean.estimate
    shown = [Interval(centre + c.estimate, centre + c.low, centre + c.high) for c in contrasts]
    if len(shown) == 1:
        shown = [mean]
    places = ranks(shown, higher_is_better=False)
    rows = []
    for k, pair in enumerate(table.pairs):
        seen = table.counts[k] > 0
        few = int(seen.sum()) < FEWEST_PROMPTS
        unsure = few or shown[k].width >= settled
        rows.append(DistanceBoardRow(pair, shown[k], int(table.counts[k].sum()), int(seen.sum()), unsure, places[k]))
    return tuple(sorted(rows, key=lambda row: (row.distance.estimate, str(row.pair))))


def _cell(pair: Pair, prompt: str, values: Sequence[float]) -> Cell:
    mean = float(np.mean(values))
    return Cell(pair, prompt, len(values), mean, float(np.sum((np.asarray(values) - mean) ** 2)))


@dataclass(frozen=True, slots=True)
class _Fit:
    """At known spreads: contrasts to the mean (P,) with covariance (P, P), the mean and its deviation."""

    contrasts: Floats
    covariance: Floats
    mean: float
    mean_sd: float
    evidence: float


@dataclass(frozen=True, slots=True)
class _Equations:
    """Solved at known spreads, for the mean and the pairs in units of the prior's `root` (P, P)."""

    solved: Floats
    factor: tuple[Floats, bool]
    root: Floats
    evidence: float


@dataclass(frozen=True, slots=True)
class _Table:
    """Cells as arrays (pairs, prompts): `counts` of games and `means` about `centre`, 0 where none was played."""

    pairs: tuple[Pair, ...]
    counts: Floats
    means: Floats
    centre: float
    repeats: int
    squares: float

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "_Table":
        pairs = tuple(sorted({cell.pair for cell in cells}, key=lambda pair: (pair.t2i, pair.i2t)))
        prompts = sorted({cell.prompt for cell in cells})
        row = {pair: k for k, pair in enumerate(pairs)}
        column = {prompt: k for k, prompt in enumerate(prompts)}
        counts, means = np.zeros((len(pairs), len(prompts))), np.zeros((len(pairs), len(prompts)))
        centre = float(np.mean([cell.mean for cell in cells]))
        for cell in cells:
            at = row[cell.pair], column[cell.prompt]
            if counts[at]:
                raise ValueError(f"{cell.pair} has two cells for one prompt; merge its games first")
            counts[at], means[at] = cell.games, cell.mean - centre
        repeats = sum(cell.games - 1 for cell in cells)
        return cls(pairs, counts, means, centre, repeats, sum(cell.squares for cell in cells))

    def evidence(self, spreads: Floats) -> float:
        return self._equations(spreads).evidence

    def fit(self, spreads: Floats) -> _Fit:
        from scipy.linalg import block_diag, cho_solve

        found = self._equations(spreads)
        back = block_diag(np.eye(1), found.root)
        covariance = back @ cho_solve(found.factor, back.T)
        return self._contrasts(back @ found.solved, np.asarray(covariance), found.evidence)

    def _equations(self, spreads: Floats) -> _Equations:
        """Henderson's, with the prompts eliminated: their block is diagonal.

        In units of the prior's root its precision is 1, so that pairs which hardly differ from what their models
        say need no inverse.
        """
        from scipy.linalg import cho_factor, cho_solve

        t2i, i2t, pair, prompt, both = spreads[:5]
        noise = spreads[5] if self.repeats else 0.0
        played = self.counts > 0
        w = np.where(played, 1 / (both**2 + noise**2 / np.maximum(self.counts, 1)), 0.0)
        d = w.sum(axis=0) + prompt**-2
        wy = w * self.means
        inner = np.diag(w.sum(axis=1)) - (w / d) @ w.T
        right = wy.sum(axis=1) - (w / d) @ wy.sum(axis=0)
        root = np.asarray(np.linalg.cholesky(pair_covariance(self.pairs, t2i, i2t, pair)), dtype=np.float64)
        left = np.vstack([np.ones(len(self.pairs)), root.T])
        full = left @ inner @ left.T
        full[1:, 1:] += np.eye(len(self.pairs))
        factor = cho_factor(full)
        rhs = left @ right
        solved = cho_solve(factor, rhs)
        total = float(np.sum(wy * self.means) - np.sum(wy.sum(axis=0) ** 2 / d) - rhs @ solved)
        logs = -np.sum(np.log(w[played])) + np.sum(np.log(d * prompt**2))
        logs += 2 * np.sum(np.log(np.diag(factor[0]))) + total
        if self.repeats:
            logs += 2 * self.repeats * np.log(noise) + self.squares / noise**2
        return _Equations(np.asarray(solved), factor, root, -0.5 * float(logs))

    def _contrasts(self, solved: Floats, covariance: Floats, evidence: float) -> _Fit:
        size = len(self.pairs)
        centring = np.eye(size) - 1 / size
        average = np.r_[1.0, np.full(size, 1 / size)]
        # A board of one pair has no contrast: a floor keeps its interval a point and not a division by zero.
        spread = centring @ covariance[1:, 1:] @ centring + 1e-18 * np.eye(size)
        mean = self.centre + float(average @ solved)
        return _Fit(centring @ solved[1:], spread, mean, float(np.sqrt(average @ covariance @ average)), evidence)
