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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from telephone.domain.games import Pair
from telephone.scoring.distance_model import Cell
from telephone.scoring.intervals import Floats

Side = Literal["t2i", "i2t"]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

ROUNDING: Final = 1e-12
"""What part of the scores is no more than the rounding of numbers."""
AT_ONCE: Final = 2_000_000
"""Numbers held at once while prompts are solved."""


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


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Scores of pairs by prompt: `y` (n, a, b), NaN where a pair did not play. Names go in their order."""

    t2i: tuple[str, ...]
    i2t: tuple[str, ...]
    prompts: tuple[str, ...]
    y: Floats

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> "ScoreTable":
        """All cells; repeats count as their mean. Raises ValueError where a pair has two cells for a prompt."""
        kept = list(cells)
        t2i = tuple(sorted({cell.pair.t2i for cell in kept}))
        i2t = tuple(sorted({cell.pair.i2t for cell in kept}))
        prompts = tuple(sorted({cell.prompt for cell in kept}))
        n, a, b = ({name: k for k, name in enumerate(names)} for names in (prompts, t2i, i2t))
        at = np.array([(n[one.prompt], a[one.pair.t2i], b[one.pair.i2t]) for one in kept]).reshape(-1, 3).T
        flat = np.ravel_multi_index(tuple(at), (len(n), len(a), len(b)))
        again = np.flatnonzero(np.bincount(flat) > 1)
        if again.size:
            pair = kept[int(np.flatnonzero(flat == again[0])[0])].pair
            raise ValueError(f"{pair} has two cells for one prompt; merge its games first")
        y = np.full((len(n), len(a), len(b)), np.nan)
        y[tuple(at)] = [cell.mean for cell in kept]
        return cls(t2i, i2t, prompts, y)

    def without(self, side: Side, name: str) -> "ScoreTable":
        """The scores of all pairs in which this model does not play on this side; a member can play on both."""
        names, axis = (self.t2i, 1) if side == "t2i" else (self.i2t, 2)
        y = np.delete(self.y, names.index(name), axis)
        played = ~np.all(np.isnan(y), axis=(1, 2))
        left = tuple(one for one in names if one != name)
        t2i, i2t = (left, self.i2t) if side == "t2i" else (self.t2i, left)
        return ScoreTable(t2i, i2t, tuple(np.array(self.prompts)[played].tolist()), y[played])

    def design(self) -> Design:
        """The design of all these scores."""
        fit, a = _Fits.of(self.y), len(self.t2i)
        connected = np.flatnonzero(fit.connected)
        return Design(
            t2i_names=self.t2i,
            i2t_names=self.i2t,
            prompts=tuple(self.prompts[k] for k in connected),
            t2i=fit.solved[connected, 1 : 1 + a],
            i2t=fit.solved[connected, 1 + a :],
            level=fit.solved[connected, 0],
            leverage=fit.leverage[connected, 0],
            noise=fit.leverage[connected].sum(axis=1),
            residuals=fit.residuals[connected],
            left_out=len(self.prompts) - len(connected),
        )


def design(cells: Iterable[Cell]) -> Design:
    """The design of all cells; repeats count as their mean. Models and prompts go in the order of their names."""
    return ScoreTable.of(cells).design()


def comparable(cells: Sequence[Cell], fewest: int) -> Sequence[Cell]:
    """The cells of as many models as `fewest` prompts connect; the others are left out.

    Models go in the order of how few prompts they played on, whatever came out, and two of a kind always stay. Where
    no number of prompts is enough, those models stay that the most prompts connect.
    """
    table = ScoreTable.of(cells)
    names, played = {"t2i": list(table.t2i), "i2t": list(table.i2t)}, ~np.isnan(table.y)
    best, most = {side: set(of) for side, of in names.items()}, -1
    while True:
        count = int(_connected(played).sum())
        if count > most:
            best, most = {side: set(of) for side, of in names.items()}, count
        rarest = None if count >= fewest else _rarest(names, played)
        if rarest is None:
            return [cell for cell in cells if cell.pair.t2i in best["t2i"] and cell.pair.i2t in best["i2t"]]
        side, place = rarest
        del names[side][place]
        played = np.delete(played, place, 1 if side == "t2i" else 2)


def absent(cells: Iterable[Cell], kept: Iterable[Cell]) -> tuple[str, ...]:
    """Models of `cells` that none of the `kept` has on that side, by name."""
    every, there = (
        {(side, getattr(cell.pair, side)) for cell in of for side in ("t2i", "i2t")} for of in (cells, kept)
    )
    return tuple(sorted({name for _, name in every - there}))


def _rarest(names: Mapping[str, Sequence[str]], played: Mask) -> tuple[str, int] | None:
    """The place of the model that played on the fewest prompts, of a kind that has more than two; None where none has.

    Models without any game among those that are left go first.
    """
    prompts = {"t2i": played.any(axis=2).sum(axis=0), "i2t": played.any(axis=1).sum(axis=0)}
    spare = [
        (int(prompts[side][k]), side, name, k) for side, of in names.items() if len(of) > 2 for k, name in enumerate(of)
    ]
    return (min(spare)[1], min(spare)[3]) if spare else None


def _connected(played: Mask) -> Mask:
    """On which prompts (n,) the pairs that played (n, a, b) connect all models, step by step from each T2I."""
    a, b = played.shape[1:]
    found = (
        (played.sum(axis=(1, 2)) >= a + b - 1)
        & np.all(np.any(played, axis=2), axis=1)
        & np.all(np.any(played, axis=1), axis=1)
    )
    asked = np.flatnonzero(found)
    for some in np.array_split(asked, max(1, asked.size * a * max(a, b) // AT_ONCE)):
        here = played[some].astype(np.float32)
        reach = np.minimum(here @ np.swapaxes(here, 1, 2), 1)
        for _ in range(int(a).bit_length()):
            reach = np.minimum(reach @ reach, 1)
        found[some] = np.all(reach > 0, axis=(1, 2))
    return np.asarray(found, dtype=np.bool_)


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
    if min(a, b) == 1:
        return _effect_of_prompts_alone(found)
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


def _effect_of_prompts_alone(found: Design) -> Effect:
    """The same with one T2I, or one I2T: what the others' effects scatter over prompts is the error."""
    effects = found.t2i if len(found.t2i_names) > 1 else found.i2t
    count, models = effects.shape
    below = (models - 1) * (count - 1)
    if below < 1:
        return Effect(0.0, 0.0, None, None, max(count - 1, 0), 0)
    residual = float(np.sum((effects - effects.mean(axis=0)) ** 2)) / below
    between, error = float(np.var(found.level, ddof=1)), residual * float(found.leverage.mean())
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
    connected: Mask

    @classmethod
    def of(cls, table: Floats) -> "_Fits":
        """The fits of y (n, a, b) with NaN holes."""
        count, a, b = table.shape
        played = ~np.isnan(table)
        fits = cls(np.zeros((count, 1 + a + b)), np.zeros((count, 3)), np.full_like(table, np.nan), _connected(played))
        prompts = np.flatnonzero(fits.connected)
        # What is no more than rounding is nothing: otherwise equal scores would have effects, and sure ones.
        nothing = ROUNDING * float(np.max(np.abs(table[prompts]), where=played[prompts], initial=0.0))
        holes = np.packbits(played[prompts].reshape(len(prompts), a * b), axis=1)
        _, first, pattern = np.unique(holes, axis=0, return_index=True, return_inverse=True)
        size = max(1, AT_ONCE // (1 + a + b) ** 2)
        for start in range(0, len(first), size):
            here = np.flatnonzero((pattern.ravel() >= start) & (pattern.ravel() < start + size))
            fits._solve(
                table, prompts[here], prompts[first[start : start + size]], pattern.ravel()[here] - start, nothing
            )
        return fits

    def _solve(self, table: Floats, prompts: Ints, patterns: Ints, pattern: Ints, nothing: float) -> None:
        """Solves `prompts`, whose holes are those of `patterns[pattern]`; both are places in the table."""
        _, a, b = table.shape
        t2i, i2t = slice(1, 1 + a), slice(1 + a, 1 + a + b)
        there = (~np.isnan(table[patterns])).astype(np.float64)
        normal = np.zeros((len(patterns), 1 + a + b, 1 + a + b))
        normal[:, 0, 0] = there.sum(axis=(1, 2))
        normal[:, 0, t2i] = normal[:, t2i, 0] = there.sum(axis=2)
        normal[:, 0, i2t] = normal[:, i2t, 0] = there.sum(axis=1)
        normal[:, t2i, i2t], normal[:, i2t, t2i] = there, np.swapaxes(there, 1, 2)
        place = np.arange(1, 1 + a + b)
        normal[:, place, place] = normal[:, 0, 1:]
        # The effects of either kind sum to 0: two rows that the data cannot contradict.
        sums = np.zeros((2, 1 + a + b))
        sums[0, t2i] = sums[1, i2t] = 1
        inverse = np.linalg.inv(normal + sums.T @ sums)
        spread = np.sum((inverse @ normal) * inverse, axis=2)
        y = np.nan_to_num(table[prompts])
        right = np.concatenate([y.sum(axis=(1, 2))[:, None], y.sum(axis=2), y.sum(axis=1)], axis=1)
        solved = _cleared(np.einsum("nij,nj->ni", inverse[pattern], right), nothing)
        self.solved[prompts] = solved
        self.leverage[prompts] = np.column_stack(
            [spread[:, 0], spread[:, t2i].sum(axis=1) / max(a - 1, 1), spread[:, i2t].sum(axis=1) / max(b - 1, 1)]
        )[pattern]
        fitted = solved[:, :1, None] + solved[:, t2i, None] + solved[:, None, i2t]
        self.residuals[prompts] = _cleared(table[prompts] - fitted, nothing)


def _cleared(values: Floats, nothing: float) -> Floats:
    return np.where(np.abs(values) <= nothing, 0.0, values)
