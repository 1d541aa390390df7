"""How the likeness to the prompt is lost over the turns of a pair, and when a game has come to rest.

Four shapes compete for the mean curve over prompts by AICc (Hurvich and Tsai 1989, Biometrika 76:297-307): a constant,
a line, a·exp(-b·g) + c and a·g^(-b) + c. For a given b the last two are straight lines in exp(-b·g) or g^(-b), so that
one dimension is searched and two are solved (Golub and Pereyra 1973, SIAM J. Numer. Anal. 10:413-432).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from telephone.domain.calibration import Rest
from telephone.scoring.intervals import LEVEL, Floats, Interval

Shape = Literal["constant", "line", "exponential", "power"]
RATES: Final[Floats] = np.geomspace(0.02, 5.0, 240)
"""The rates b that are tried, per turn for the exponential: half-lives from 35 turns down to a seventh of one.
Between two of them the best is searched."""
ROUNDING: Final = 1e-6
"""What part of a rate is no more than the rounding of its search: likeness is flat about its best."""
FEWEST_PROMPTS: Final = 5
"""With fewer prompts no interval is given: resampling three or four of them covers far less than it says."""
RESAMPLES: Final = 400
GOLDEN: Final = (5**0.5 - 1) / 2
SECTIONS: Final = 32
"""How often a search narrows what lies between two rates: to a part of 2e-7."""
EDGE: Final = 0.05
"""The part of the resamples that may find b at the end of what is tried before b counts as not identified."""
REST: Final = 3
"""A game is at rest when so many last turns in a row, or more, stay under the threshold."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One shape fitted to a mean curve: a·f(g) + c with `rate` b (0 where the shape has none), and its AICc.

    A line is a·g + c, a constant c alone. AICc is infinite where there are too few turns to judge the shape.
    """

    shape: Shape
    a: float
    rate: float
    c: float
    aicc: float


@dataclass(frozen=True, slots=True)
class Decay:
    """The shape that won, all that competed from the best on, and the rate with its interval.

    `rate` is None where b cannot be told, and then `why` says so in one sentence.
    """

    best: Curve
    curves: tuple[Curve, ...]
    prompts: int
    rate: Interval | None
    why: str | None


def fit(curve: ArrayLike) -> tuple[Curve, ...]:
    """The four shapes fitted to a mean curve (turns,), turns counted from 1, the best by AICc first.

    Raises ValueError under four turns or where a value is not finite.
    """
    y = np.asarray(curve, dtype=np.float64)
    if y.ndim != 1 or y.size < 4 or not np.all(np.isfinite(y)):
        raise ValueError("a decay needs the finite values of at least four turns")
    found = [
        Curve("constant", 0.0, 0.0, float(y.mean()), _aicc(float(np.sum((y - y.mean()) ** 2)), y.size, 2)),
        _straight(y),
        _best_rate("exponential", y),
        _best_rate("power", y),
    ]
    return tuple(sorted(found, key=lambda one: one.aicc))


def decay(similarities: ArrayLike, *, seed: int = 0) -> Decay:
    """The decay of one pair from `similarities` (prompts, turns), games of the same prompt averaged beforehand.

    The interval of b comes from resampling whole prompts, the shape held; it is a percentile interval and narrow
    where prompts are few. Raises ValueError as `fit` does.
    """
    rows = np.atleast_2d(np.asarray(similarities, dtype=np.float64))
    curves = fit(rows.mean(axis=0))
    best = curves[0]
    if best.shape in ("constant", "line"):
        why = f"a {best.shape} explains the curve better than any decay, so there is no rate"
        return Decay(best, curves, len(rows), None, why)
    if len(rows) < FEWEST_PROMPTS:
        why = f"{len(rows)} prompts are too few to say how sure the rate is; {FEWEST_PROMPTS} are needed"
        return Decay(best, curves, len(rows), None, why)
    pick = np.random.default_rng(seed).integers(0, len(rows), (RESAMPLES, len(rows)))
    rates = _rates(best.shape, rows[pick].mean(axis=1))
    if np.mean((rates <= RATES[0]) | (rates >= RATES[-1])) > EDGE or best.rate in (RATES[0], RATES[-1]):
        why = "other draws of the prompts give rates without bound, so these turns do not tell the rate"
        return Decay(best, curves, len(rows), None, why)
    low, high = np.quantile(rates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) * np.array([1 - ROUNDING, 1 + ROUNDING])
    rate = Interval(best.rate, min(float(low), best.rate), max(float(high), best.rate))
    return Decay(best, curves, len(rows), rate, None)


def half_life(rate: Interval) -> Interval:
    """In how many turns an exponential decay loses half of what it will lose: ln 2 / b."""
    return Interval(log(2) / rate.estimate, log(2) / rate.high, log(2) / rate.low)


def rest(steps: Sequence[float], threshold: float, over_two: Sequence[float] | None = None) -> Rest:
    """The first turn from which the step distances (turns,) stay under `threshold` to the end, for 3 turns or more.

    `threshold` is by rule the 95th percentile of the distances between captions of redraws of one prompt.
    `over_two` (turns,) are distances to the caption two turns before, NaN where there is none; where they come to rest
    and the steps do not, two captions take turns. Raises ValueError for a threshold that is no distance.
    """
    if not 0 <= threshold <= 2:
        raise ValueError(f"a threshold of {threshold} is no cosine distance")
    turn = _rests(steps, threshold)
    if turn is not None or over_two is None:
        return Rest(turn, len(steps), cycle=False)
    if len(over_two) != len(steps):
        raise ValueError(f"{len(steps)} steps and {len(over_two)} distances over two turns are no game")
    turn = _rests(over_two, threshold)
    return Rest(turn, len(steps), cycle=turn is not None)


def _rests(distances: Sequence[float], threshold: float) -> int | None:
    under = np.asarray(distances, dtype=np.float64) < threshold
    last = int(np.max(np.flatnonzero(~under), initial=-1))
    return last + 2 if len(under) - 1 - last >= REST else None


def _aicc(squares: float, turns: int, parameters: int) -> float:
    """AICc of a normal fit, `parameters` counting the variance; differences under 1e-12 are rounding, not fit."""
    if turns - parameters - 1 <= 0:
        return inf
    correction = 2 * parameters + 2 * parameters * (parameters + 1) / (turns - parameters - 1)
    return turns * log(max(squares / turns, 1e-24)) + correction


def _straight(y: Floats) -> Curve:
    g = np.arange(1.0, y.size + 1)
    a, c = np.polyfit(g, y, 1)
    return Curve("line", float(a), 0.0, float(c), _aicc(float(np.sum((y - a * g - c) ** 2)), y.size, 3))


def _basis(shape: Shape, rates: Floats, turns: int) -> Floats:
    """f(g) for every rate: (rates, turns), each row about its mean and of length 1."""
    g = np.arange(1.0, turns + 1)
    raw = np.exp(-rates[:, None] * (g - 1)) if shape == "exponential" else g ** -rates[:, None]
    centred = raw - raw.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True), dtype=np.float64)


def _rates(shape: Shape, curves: Floats) -> Floats:
    """The rate that fits each of `curves` (n, turns) best: whose basis is most in line with it.

    The best of RATES, and by golden sections what lies between its neighbours; the ends stay what they are.
    """
    best = np.argmax(np.abs(curves @ _basis(shape, RATES, curves.shape[1]).T), axis=1)
    inner = (best > 0) & (best < len(RATES) - 1)
    low, high = (np.log(RATES[np.clip(best + side, 0, len(RATES) - 1)]) for side in (-1, 1))

    def likeness(logs: Floats) -> Floats:
        return np.asarray(np.abs(np.sum(curves * _basis(shape, np.exp(logs), curves.shape[1]), axis=1)))

    for _ in range(SECTIONS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        nearer = likeness(left) > likeness(right)
        low, high = np.where(nearer, low, left), np.where(nearer, right, high)
    return np.asarray(np.where(inner, np.exp((low + high) / 2), RATES[best]), dtype=np.float64)


def _best_rate(shape: Shape, y: Floats) -> Curve:
    rate = float(_rates(shape, y[None, :])[0])
    g = np.arange(1.0, y.size + 1)
    f = np.exp(-rate * g) if shape == "exponential" else g**-rate
    a = float(np.sum((f - f.mean()) * (y - y.mean())) / np.sum((f - f.mean()) ** 2))
    c = float(y.mean() - a * f.mean())
    return Curve(shape, a, rate, c, _aicc(float(np.sum((y - a * f - c) ** 2)), y.size, 4))
