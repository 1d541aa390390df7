"""Intervals over whole prompts, for figures that are functions of sums over prompts.

Symmetric bootstrap-t with jackknife standard errors (Hall 1988, Ann. Stat. 16:927-953; Efron and Tibshirani 1993, An
Introduction to the Bootstrap, ch. 11-12). Since a figure needs sums alone, leaving a prompt out is a subtraction, and
a thousand prompts are resampled in a second.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from telephone.scoring.intervals import LEVEL, Floats, Interval

RESAMPLES: Final = (999, 399)
"""How often the prompts are resampled, and how often where there are more than MANY."""
MANY: Final = 100
ENOUGH: Final = 500
"""With more prompts the resamples say what Student's t says, and take their time."""
NOTHING: Final = 1e-9
"""A part of a figure that is no more than the rounding of numbers."""
_AT_ONCE: Final = 4_000_000
"""Numbers held at once while prompts are left out of resamples."""
_VERY_MANY: Final = 200

Figure = Callable[[Floats, int], Floats]
"""From sums (..., m) over a number of prompts to a figure (...)."""


def bootstrap(rows: Floats, figure: Figure, seed: int, *, plug_in: bool = False) -> Interval | None:
    """The interval of `figure` over prompts that give `rows` (n, m), a point where all prompts say the same.

    None where it is not known, or most resamples do not vary.

    Resamples are judged by what is true of the prompts they are drawn from: of θ² that is the squared mean, since a
    prompt drawn twice is no second prompt. `plug_in` says that `figure` is a ratio: then it is also jackknifed.
    """
    count = len(rows)
    sums = rows.sum(axis=0)
    estimate, error = (float(x[0]) for x in _jackknife(rows, np.ones((1, count)), figure, correct=plug_in))
    if not np.isfinite(error):
        return None
    if error <= NOTHING * abs(estimate):
        return Interval(estimate, estimate, estimate)
    if count > ENOUGH:
        from scipy.special import stdtrit

        half = float(stdtrit(count - 1, (1 + LEVEL) / 2)) * error
        return Interval(estimate, estimate - half, estimate + half)
    often = RESAMPLES[count > MANY]
    pick = np.random.default_rng(seed).integers(0, count, (often, count))
    drawn = np.zeros((often, count))
    np.add.at(drawn, (np.arange(often)[:, None], pick), 1.0)
    size = max(1, _AT_ONCE // rows.size)
    parts = [_jackknife(rows, drawn[k : k + size], figure, correct=plug_in) for k in range(0, often, size)]
    found, errors = (np.concatenate(part) for part in zip(*parts, strict=True))
    # Every prompt very many times over: the figure of the empirical distribution itself.
    truth = figure(_VERY_MANY * sums, _VERY_MANY * count)
    with np.errstate(invalid="ignore", divide="ignore"):
        far = np.abs(found - truth) / errors
    far = far[np.isfinite(far)]
    if far.size < often / 2:
        return None
    half = float(np.quantile(far, LEVEL)) * error
    return Interval(estimate, estimate - half, estimate + half)


def _jackknife(rows: Floats, drawn: Floats, figure: Figure, *, correct: bool) -> tuple[Floats, Floats]:
    """`figure` of samples that hold every prompt `drawn` (r, n) times, and its standard error, both (r,).

    Its bias is removed where `correct`.
    """
    count = len(rows)
    sums = drawn @ rows
    whole = figure(sums, count)
    left = figure(sums[:, None, :] - rows, count - 1)
    left = np.where(drawn > 0, left, 0.0)
    mean = np.sum(drawn * left, axis=1) / count
    error = np.sqrt((count - 1) / count * np.sum(drawn * (left - mean[:, None]) ** 2, axis=1))
    return (count * whole - (count - 1) * mean if correct else whole), np.asarray(error, dtype=np.float64)
