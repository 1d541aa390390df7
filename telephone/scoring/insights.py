"""The three questions: which T2I is best, which I2T, and which of the two matters more.

Answers hold among the models that played, for prompts like these. Intervals of θ²_T, θ²_I, their difference and their
shares are symmetric bootstrap-t over whole prompts with jackknife standard errors (Hall 1988, Ann. Stat. 16:927-953;
Efron and Tibshirani 1993, An Introduction to the Bootstrap, ch. 11-12): a plain percentile interval covers 74% at 3
prompts and 91% at 10. A best model is declared when it beats each other one over prompts at a level that allows
for having looked for the best (Hsu 1981, Ann. Stat. 9:1026-1034, with Bonferroni's bound for Dunnett's quantile).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final, Literal

import numpy as np
from scipy.special import chdtri, stdtrit

from telephone.game import Pair
from telephone.scoring.crossed import Design, Effect, design, effect_of_models, effect_of_prompts, missing_games, theta2
from telephone.scoring.crossed import without as leave_out
from telephone.scoring.interval import LEVEL, Floats, Interval
from telephone.scoring.ranking import Cell

FEWEST_PROMPTS: Final = 10
"""With fewer prompts nothing is declared and no interval given."""
RESAMPLES: Final = 999
FARTHEST: Final = 1000
"""A verdict that would need more prompts than this is not worth waiting for, and is said to be out of reach."""

Side = Literal["t2i", "i2t"]
Both = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Factor:
    """What the models of one kind do. `effects` are (name, difference from the mean of its kind), best first.

    `interval` is that of θ², `best` a name where one is surely best; each None otherwise, `why` then says why not.
    """

    effect: Effect
    interval: Interval | None
    effects: tuple[tuple[str, Interval], ...]
    best: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Insights:
    """The three answers from n `prompts`; `left_out` prompts could not connect the models.

    `difference` is θ²_T - θ²_I, known as the point `estimate` even where it has no interval; `share` is that of T2I in
    θ²_T + θ²_I. `extent` holds the least and largest difference when each model is left out in turn. `verdict` names
    what matters more, or is None and `why` says why; `more_prompts` is how many it may take then, None where that
    cannot be said, and `missing` which pairs lack how many games towards the fewest prompts.
    """

    prompts: int
    left_out: int
    t2i: Factor
    i2t: Factor
    prompt: Effect
    prompt_interval: Interval | None
    estimate: float
    difference: Interval | None
    share: Interval | None
    extent: tuple[float, float] | None
    verdict: Side | None
    why: str | None
    more_prompts: int | None
    missing: tuple[tuple[Pair, int], ...]


def insights(cells: Sequence[Cell], *, higher_is_better: bool = False, seed: int = 0) -> Insights:
    """The three questions asked of `cells` of one level and turn. Raises ValueError without cells."""
    if not cells:
        raise ValueError("the three questions need at least one measured game")
    found = design(cells)
    count = len(found.prompts)
    prompt = effect_of_prompts(found)
    known = count >= FEWEST_PROMPTS and min(len(found.t2i_names), len(found.i2t_names)) > 1
    difference = _bootstrap(found.t2i, found.i2t, _difference, seed) if known else None
    verdict, why = _verdict(found, difference)
    estimate = float(_difference(found.t2i, found.i2t))
    return Insights(
        prompts=count,
        left_out=found.left_out,
        t2i=_factor(found.t2i_names, found.t2i, higher_is_better, seed),
        i2t=_factor(found.i2t_names, found.i2t, higher_is_better, seed),
        prompt=prompt,
        prompt_interval=_spread_of_prompts(prompt) if count >= FEWEST_PROMPTS else None,
        estimate=estimate,
        difference=difference,
        share=_share(found, seed) if known else None,
        extent=_extent(cells, found),
        verdict=verdict,
        why=why,
        more_prompts=0 if verdict else _more_prompts(found, difference),
        missing=missing_games(cells, FEWEST_PROMPTS),
    )


def agreed(answers: Sequence[Insights]) -> tuple[Side | None, str | None]:
    """The verdict on which all embedders agree, with why there is none otherwise."""
    verdicts = {answer.verdict for answer in answers}
    if len(verdicts) == 1 and None not in verdicts:
        return answers[0].verdict, None
    reasons = [answer.why for answer in answers if answer.why]
    return None, reasons[0] if reasons else "the embedders do not agree on which matters more"


def difficulty(cells: Sequence[Cell]) -> tuple[tuple[str, Interval | None], ...]:
    """The score that every prompt gives an average of these pairs, by prompts; prompts that do not connect are absent.

    The interval tells of repeats and of pair × prompt; None where there are too few games to know these.
    """
    found = design(cells)
    effect = effect_of_prompts(found)
    rows: list[tuple[str, Interval | None]] = []
    for name, level, leverage in zip(found.prompts, found.level, found.leverage, strict=True):
        if effect.error <= 0:
            rows.append((name, None))
            continue
        half = _t(effect.below, LEVEL) * sqrt(effect.error * leverage / float(found.leverage.mean()))
        rows.append((name, Interval(float(level), float(level) - half, float(level) + half)))
    return tuple(rows)


def _factor(names: Sequence[str], effects: Floats, higher_is_better: bool, seed: int) -> Factor:
    count, models = effects.shape
    effect = effect_of_models(effects)
    if models < 2 or count < 2:
        return Factor(effect, None, (), None, "two models and two prompts that they share are the least to compare")
    sign = -1.0 if higher_is_better else 1.0
    order = np.argsort(sign * effects.mean(axis=0), kind="stable")
    listed = tuple((names[k], _over_prompts(effects[:, k])) for k in order)
    if count < FEWEST_PROMPTS:
        return Factor(effect, None, listed, None, f"too early: {count} of {FEWEST_PROMPTS} prompts")
    interval = _bootstrap(effects, effects, lambda one, _: theta2(one), seed)
    behind = sign * (effects - effects[:, order[:1]])[:, order[1:]]
    error = behind.std(axis=0, ddof=1) / sqrt(count)
    sure = behind.mean(axis=0) > _t(count - 1, 1 - 2 * (1 - LEVEL) / (models - 1)) * error
    if bool(np.all(sure)):
        return Factor(effect, interval, listed, names[order[0]], None)
    return Factor(effect, interval, listed, None, "the first and others cannot be told apart on these prompts")


def _verdict(found: Design, difference: Interval | None) -> tuple[Side | None, str | None]:
    count = len(found.prompts)
    if min(len(found.t2i_names), len(found.i2t_names)) < 2:
        return None, "it takes at least two T2I and two I2T models to say which matters more"
    if count < FEWEST_PROMPTS:
        return None, f"too early: {count} of {FEWEST_PROMPTS} prompts on which these models can be compared"
    if difference is None or not difference.excludes(0):
        return None, "the difference could as well be the other way round"
    return ("t2i" if difference.estimate > 0 else "i2t"), None


def _difference(t2i: Floats, i2t: Floats) -> Floats:
    return theta2(t2i) - theta2(i2t)


def _share(found: Design, seed: int) -> Interval | None:
    """θ²_T / (θ²_T + θ²_I), None unless the sum is surely above 0; its bias is removed by the jackknife."""

    def total(t2i: Floats, i2t: Floats) -> Floats:
        return theta2(t2i) + theta2(i2t)

    def ratio(t2i: Floats, i2t: Floats) -> Floats:
        whole = total(t2i, i2t)
        return np.asarray(theta2(t2i) / np.where(np.abs(whole) < np.finfo(float).tiny, np.nan, whole))

    whole = _bootstrap(found.t2i, found.i2t, total, seed)
    if whole is None or whole.low <= 0:
        return None
    return _bootstrap(found.t2i, found.i2t, ratio, seed, plug_in=True)


def _bootstrap(t2i: Floats, i2t: Floats, figure: Both, seed: int, *, plug_in: bool = False) -> Interval | None:
    """Symmetric bootstrap-t of `figure` over whole prompts; None where it or most resamples do not vary.

    Resamples are judged by what is true of the prompts they are drawn from: of θ² that is the squared mean, since a
    prompt drawn twice is no second prompt. `plug_in` says that `figure` is a ratio: then it is also jackknifed.
    """
    count = len(t2i)
    estimate, error = _jackknife(t2i, i2t, figure, correct=plug_in)
    if not error > 0:
        return None
    pick = np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))
    drawn, errors = _jackknife(t2i[pick], i2t[pick], figure, correct=plug_in)
    # Every prompt very many times over: θ² of the empirical distribution itself.
    truth = figure(np.tile(t2i, (200, 1)), np.tile(i2t, (200, 1)))
    with np.errstate(invalid="ignore", divide="ignore"):
        far = np.abs(drawn - truth) / errors
    far = far[np.isfinite(far)]
    if far.size < RESAMPLES / 2:
        return None
    half = float(np.quantile(far, LEVEL)) * float(error)
    return Interval(float(estimate), float(estimate) - half, float(estimate) + half)


def _jackknife(t2i: Floats, i2t: Floats, figure: Both, *, correct: bool) -> tuple[Floats, Floats]:
    """`figure` of (..., n, a) and (..., n, b), with its bias removed where `correct`, and its standard error."""
    count = t2i.shape[-2]
    whole = figure(t2i, i2t)
    keep = [np.delete(np.arange(count), k) for k in range(count)]
    left = np.stack([figure(t2i[..., k, :], i2t[..., k, :]) for k in keep])
    mean = left.mean(axis=0)
    error = np.sqrt((count - 1) / count * np.sum((left - mean) ** 2, axis=0))
    return (count * whole - (count - 1) * mean if correct else whole), np.asarray(error, dtype=np.float64)


def _extent(cells: Sequence[Cell], found: Design) -> tuple[float, float] | None:
    """The least and the largest difference with one model left out, where two of its kind remain."""
    spare = [name for names in (found.t2i_names, found.i2t_names) if len(names) > 2 for name in names]
    parts = [design(leave_out(cells, name)) for name in spare]
    seen = [float(_difference(part.t2i, part.i2t)) for part in parts if len(part.prompts) > 1]
    return (min(seen), max(seen)) if seen else None


def _more_prompts(found: Design, difference: Interval | None) -> int | None:
    """How many more prompts would tell, if the difference is what it seems: the width shrinks as 1 / √n."""
    count = len(found.prompts)
    if min(len(found.t2i_names), len(found.i2t_names)) < 2:
        return None
    if difference is None:
        return max(FEWEST_PROMPTS - count, 0) or None
    half, size = difference.width / 2, abs(difference.estimate)
    if half > size * sqrt(FARTHEST / count):  # asked before dividing: the difference may be next to nothing
        return None
    return ceil(count * (half / size) ** 2) - count if size else None


def _spread_of_prompts(effect: Effect) -> Interval | None:
    """The interval of the variance between prompts, for normal prompts (χ² of their levels)."""
    if effect.f is None:
        return None
    between = effect.theta2 + effect.error
    tail = (1 - LEVEL) / 2
    low, high = (between * effect.above / float(chdtri(effect.above, p)) - effect.error for p in (tail, 1 - tail))
    return Interval(effect.theta2, low, high)


def _over_prompts(values: Floats) -> Interval:
    mean, half = float(values.mean()), float(values.std(ddof=1)) / sqrt(values.size) * _t(values.size - 1, LEVEL)
    return Interval(mean, mean - half, mean + half)


def _t(df: int, level: float) -> float:
    """Student's quantile of a two-sided interval."""
    return float(stdtrit(df, (1 + level) / 2))
