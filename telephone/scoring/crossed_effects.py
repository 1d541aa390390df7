"""Effects of T2I and I2T in a crossed design, with prompts as the random factor.

Y = μ + a_i + b_j + (ab)_ij + p_k + (ap)_ik + (bp)_jk + (abp)_ijk + e. Every prompt k gives estimates of its own of the
effects, a_ik + noise and b_jk + noise, by least squares on the pairs that played it. Their means over prompts are the
effects, their scatter over prompts is the error (ap), (bp), that a verdict on prompts in general must face. In a
complete design this is the classical analysis of variance to the digit: F_T = MS_T / MS_TP,
θ²_T = (MS_T - MS_TP) / (b·n) (Winer, Brown and Michels 1991, Statistical Principles in Experimental Design, 3rd ed.;
Clark 1973 on why what is fixed must not stand for what is random). In an incomplete one the estimates stay unbiased
where pairs do not interact; a prompt whose pairs do not connect all models tells nothing of some contrast and is
left out, which is counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from telephone.domain.games import Pair
from telephone.scoring.distance_model import Cell
from telephone.scoring.intervals import Floats

Side = Literal["t2i", "i2t"]

ROUNDING: Final = 1e-12
"""What part of the scores is no more than the rounding of numbers."""


@dataclass(frozen=True, slots=True)
class Design:
    """What n prompts say of a T2I and b I2T models: `t2i` (n, a) and `i2t` (n, b) effects, each row of sum 0.

    `level` (n,) is what a prompt gives an average pair, `leverage` (n,) the part of the residual variance in it, and
    `noise` (n,) that in it and in the mean squares of both kinds of effects together. `residuals` (n, a, b) are NaN
    where a pair did not play. `left_out` prompts did not connect the models.
    """

    t2i_names: tuple[str, ...]
    i2t_names: tuple[str, ...]
    prompts: tuple[str, ...]
    t2i: Floats
    i2t: Floats
    level: Floats
    leverage: Floats
    noise: Floats
    residuals: Floats
    left_out: int

    @property
    def missing(self) -> int:
        """How many cells (pair, prompt) of the prompts that count were not played."""
        return int(np.isnan(self.residuals).sum())


@dataclass(frozen=True, slots=True)
class Effect:
    """θ² of one factor (never truncated, so it can be negative), F with its degrees of freedom, and its p-value.

    `error` is what chance alone adds to the variance that θ² is of. F and p are None where there are too few
    prompts or cells for an error term.
    """

    theta2: float
    error: float
    f: float | None
    p: float | None
    above: int
    below: int


def design(cells: Iterable[Cell]) -> Design:
    """The design of all cells; repeats count as their mean. Models and prompts go in the order of their names."""
    kept = list(cells)
    t2i = tuple(sorted({cell.pair.t2i for cell in kept}))
    i2t = tuple(sorted({cell.pair.i2t for cell in kept}))
    prompts = tuple(sorted({cell.prompt for cell in kept}))
    places = [{name: k for k, name in enumerate(names)} for names in (prompts, t2i, i2t)]
    table = np.full((len(prompts), len(t2i), len(i2t)), np.nan)
    for cell in kept:
        at = places[0][cell.prompt], places[1][cell.pair.t2i], places[2][cell.pair.i2t]
        if not np.isnan(table[at]):
            raise ValueError(f"{cell.pair} has two cells for one prompt; merge its games first")
        table[at] = cell.mean
    fit = _Fits.of(table)
    connected = np.flatnonzero(fit.connected)
    return Design(
        t2i_names=t2i,
        i2t_names=i2t,
        prompts=tuple(prompts[k] for k in connected),
        t2i=fit.solved[connected, 1 : 1 + len(t2i)],
        i2t=fit.solved[connected, 1 + len(t2i) :],
        level=fit.solved[connected, 0],
        leverage=fit.leverage[connected, 0],
        noise=fit.leverage[connected].sum(axis=1),
        residuals=fit.residuals[connected],
        left_out=len(prompts) - len(connected),
    )


def without(cells: Iterable[Cell], side: Side, name: str) -> list[Cell]:
    """The cells of all pairs in which this model does not play on this side; a member can play on both."""
    return [cell for cell in cells if getattr(cell.pair, side) != name]


def comparable(cells: Sequence[Cell], fewest: int) -> Sequence[Cell]:
    """The cells of as many models as `fewest` prompts connect; the others are left out.

    Models go in the order of how few prompts they played on, whatever came out, and two of a kind always stay. Where
    no number of prompts is enough, those models stay that the most prompts connect.
    """
    kept, best, most = cells, cells, -1
    while True:
        count = len(design(kept).prompts)
        if count > most:
            best, most = kept, count
        rarest = None if count >= fewest else _rarest(kept)
        if rarest is None:
            return best
        kept = without(kept, *rarest)


def absent(cells: Iterable[Cell], kept: Iterable[Cell]) -> tuple[str, ...]:
    """Models of `cells` that none of the `kept` has on that side, by name."""
    every, there = (
        {(side, getattr(cell.pair, side)) for cell in of for side in ("t2i", "i2t")} for of in (cells, kept)
    )
    return tuple(sorted({name for _, name in every - there}))


def _rarest(cells: Sequence[Cell]) -> tuple[Side, str] | None:
    """The model that played on the fewest prompts, of a kind that has more than two; None where none has."""
    prompts: dict[Side, dict[str, set[str]]] = {"t2i": {}, "i2t": {}}
    for cell in cells:
        for side, of in prompts.items():
            of.setdefault(getattr(cell.pair, side), set()).add(cell.prompt)
    spare = [(len(seen), side, name) for side, of in prompts.items() if len(of) > 2 for name, seen in of.items()]
    return min(spare)[1:] if spare else None


def theta2(effects: Floats) -> float:
    """θ² of effects (n, a): (MS - MS_error) / (n · cells), unbiased.

    It is the mean over all pairs of different prompts of a_k · a_l / (a - 1); 0 where there is one model or prompt.
    """
    return float(theta2_of_sums(effects.sum(axis=0), float(np.sum(effects**2)), len(effects)))


def theta2_of_sums(total: Floats, squares: Floats | float, count: int) -> Floats:
    """θ² (...) of `count` prompts' effects with sum `total` (..., a), and all their squares' sum (...)."""
    models = total.shape[-1]
    if models < 2 or count < 2:
        return np.zeros(total.shape[:-1])
    found = (np.sum(total**2, axis=-1) - squares) / (count * (count - 1) * (models - 1))
    return np.asarray(found, dtype=np.float64)


def effect_of_models(effects: Floats) -> Effect:
    """The F test of effects (n, a) against their scatter over prompts."""
    count, models = effects.shape
    above, below = models - 1, (models - 1) * (count - 1)
    if above < 1 or below < 1:
        return Effect(0.0, 0.0, None, None, max(above, 0), max(below, 0))
    between = count * float(np.sum(effects.mean(axis=0) ** 2)) / above
    error = float(np.sum((effects - effects.mean(axis=0)) ** 2)) / below
    return _effect(theta2(effects), between, error, count, above=above, below=below)


def effect_of_prompts(found: Design) -> Effect:
    """Whether prompts differ: the variance of their levels beyond what (abp) and e explain."""
    count, a, b = found.residuals.shape
    played = ~np.isnan(found.residuals)
    below = int(played.sum()) - count * (a + b - 1) - (a - 1) * (b - 1)
    if count < 2 or below < 1:
        return Effect(0.0, 0.0, None, None, max(count - 1, 0), max(below, 0))
    inner = np.where(played, found.residuals, 0.0)
    pair = inner.sum(axis=0) / np.maximum(played.sum(axis=0), 1)
    residual = float(np.sum(np.where(played, inner - pair, 0.0) ** 2)) / below
    between = float(np.var(found.level, ddof=1))
    error = residual * float(found.leverage.mean())
    return _effect(between - error, between, error, 1, above=count - 1, below=below)


def missing_games(cells: Sequence[Cell], prompts: int) -> tuple[tuple[Pair, int], ...]:
    """For every pair that these models make: on how many more prompts it must play to have played `prompts`.

    Pairs that have are not named; those that need most come first.
    """
    seen: dict[Pair, set[str]] = {
        Pair(t2i, i2t): set()
        for t2i in sorted({cell.pair.t2i for cell in cells})
        for i2t in sorted({cell.pair.i2t for cell in cells})
    }
    for cell in cells:
        seen[cell.pair].add(cell.prompt)
    short = ((pair, prompts - len(played)) for pair, played in seen.items() if len(played) < prompts)
    return tuple(sorted(short, key=lambda one: (-one[1], str(one[0]))))


def _effect(theta: float, between: float, error: float, count: int, *, above: int, below: int) -> Effect:
    from scipy.special import fdtrc

    if error <= 0:
        return Effect(theta, 0.0, None, None, above, below)
    return Effect(theta, error / count, between / error, float(fdtrc(above, below, between / error)), above, below)


@dataclass(frozen=True, slots=True)
class _Fits:
    """Least squares of n prompts: `solved` (n, 1 + a + b) level and effects, `residuals` (n, a, b), NaN in holes.

    `leverage` (n, 3) is the part of the residual variance in the level, and that in the mean square of either kind of
    effect. What is not `connected` (n,) is solved as 0.
    """

    solved: Floats
    leverage: Floats
    residuals: Floats
    connected: NDArray[np.bool_]

    @classmethod
    def of(cls, table: Floats) -> "_Fits":
        """The fits of y (n, a, b) with NaN holes; prompts with the same holes are solved at once."""
        count, a, b = table.shape
        fits = cls(
            np.zeros((count, 1 + a + b)), np.zeros((count, 3)), np.full_like(table, np.nan), np.zeros(count, bool)
        )
        played = ~np.isnan(table)
        patterns, group = np.unique(played.reshape(count, a * b), axis=0, return_inverse=True)
        alike = np.split(np.argsort(group.ravel(), kind="stable"), np.cumsum(np.bincount(group.ravel()))[:-1])
        for pattern, prompts in zip(patterns, alike, strict=True):
            fits._solve(table, pattern.reshape(a, b), prompts)
        return fits

    def _solve(self, table: Floats, pattern: NDArray[np.bool_], prompts: NDArray[np.int64]) -> None:
        a, b = pattern.shape
        rows, columns = np.nonzero(pattern)
        x = np.zeros((len(rows), 1 + a + b))
        at = np.arange(len(rows))
        x[:, 0] = x[at, 1 + rows] = x[at, 1 + a + columns] = 1
        if np.linalg.matrix_rank(x) < a + b - 1:
            return
        # The effects of either kind sum to 0: two rows that the data cannot contradict.
        sums = np.zeros((2, 1 + a + b))
        sums[0, 1 : 1 + a] = sums[1, 1 + a :] = 1
        inverse = np.linalg.inv(x.T @ x + sums.T @ sums)
        y = table[prompts][:, rows, columns]
        # What is no more than rounding is nothing: otherwise equal scores would have effects, and sure ones.
        nothing = ROUNDING * float(np.abs(y).max())
        solved = _cleared(y @ x @ inverse, nothing)
        spread = np.diag(inverse @ x.T @ x @ inverse)
        self.solved[prompts] = solved
        self.leverage[prompts] = (
            spread[0],
            spread[1 : 1 + a].sum() / max(a - 1, 1),
            spread[1 + a :].sum() / max(b - 1, 1),
        )
        self.residuals[prompts[:, None], rows, columns] = _cleared(y - solved @ x.T, nothing)
        self.connected[prompts] = True


def _cleared(values: Floats, nothing: float) -> Floats:
    return np.where(np.abs(values) <= nothing, 0.0, values)
