"""The scale of an embedder: how far apart unrelated prompts are, and captions of redraws of one prompt.

A redraw is the same prompt, T2I and I2T with another seed. The distance between captions of redraws is what no game can
do better than, and the noise that a game at rest still shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from telephone.domain.calibration import Quartiles
from telephone.scoring.intervals import Floats

STILL: Final = 0.95
"""The quantile of redraw distances that a game's steps must stay under to be at rest."""
FEWEST_PROMPTS: Final = 5
FEWEST_DISTANCES: Final = 15
"""Redraws of so many prompts, and so many distances, make the 95th percentile usable: in nine of ten draws it then lies
between 0.59 and 1.33 of what 120 redraws say, 3 to 7% low on average. With five distances it is 12 to 20% low
(bench/scale.py).
"""


@dataclass(frozen=True, slots=True)
class PromptRedraws:
    """The vectors (n, d) of redraws of one prompt by one `pair`, n at least 2, rows L2-normalised."""

    pair: str
    prompt: str
    vectors: Floats


@dataclass(frozen=True, slots=True)
class Spread:
    """How far apart redraws are: quartiles, the 95th percentile, and how many prompts and distances are behind it."""

    quartiles: Quartiles
    still: float
    prompts: int
    distances: int


def unrelated(vectors: ArrayLike) -> Quartiles:
    """The distances between all of some unrelated texts (n, d), n at least 2. Raises ValueError for fewer."""
    distances = apart(vectors)
    return _quartiles(distances, np.ones_like(distances))


def spread(groups: Sequence[PromptRedraws]) -> Spread | None:
    """The distances within groups, each group counting alike; None where they are too few to be a scale.

    Without these weights one prompt that somebody played forty times would be the scale.
    """
    distances = [apart(group.vectors) for group in groups]
    prompts, count = {group.prompt for group in groups}, sum(map(len, distances))
    if len(prompts) < FEWEST_PROMPTS or count < FEWEST_DISTANCES:
        return None
    values, weights = (
        np.concatenate(distances),
        np.concatenate([np.full(len(some), 1 / len(some)) for some in distances]),
    )
    return Spread(_quartiles(values, weights), quantile(values, weights, STILL), len(prompts), count)


def apart(vectors: ArrayLike) -> Floats:
    """The cosine distances between all pairs of rows of (n, d), L2-normalised: n·(n - 1)/2. ValueError under 2 rows."""
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float64))
    if len(rows) < 2 or not np.all(np.isfinite(rows)):
        raise ValueError(f"{len(rows)} finite rows are needed to be apart, and at least two")
    one, other = np.triu_indices(len(rows), 1)
    # Half the squared chord is exact for equal rows, where 1 - a·b would leave rounding.
    return np.asarray(np.clip(np.sum((rows[one] - rows[other]) ** 2, axis=1) / 2, 0, 2), dtype=np.float64)


def quantile(values: ArrayLike, weights: ArrayLike, q: float) -> float:
    """The weighted quantile: Hazen's (1914), each value standing in the middle of its own weight."""
    x, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    order = np.argsort(x, kind="stable")
    places = (np.cumsum(w[order]) - w[order] / 2) / w.sum()
    return float(np.interp(q, places, x[order]))


def _quartiles(values: Floats, weights: Floats) -> Quartiles:
    low, median, high = (quantile(values, weights, q) for q in (0.25, 0.5, 0.75))
    return Quartiles(low, median, high)
