"""The three questions: which T2I is best, which I2T, and which of the two matters more.

Answers hold among the models that played, for prompts like these. Intervals of θ²_T and θ²_I turn their F tests round
(noncentral.py); those of their difference and of shares are symmetric bootstrap-t over whole prompts (bootstrap.py): a
plain percentile interval covers 74% at 3 prompts and 91% at 10. A best model is declared when it beats each other one
over prompts at a level that allows for having looked for the best (Hsu 1981, Ann. Stat. 9:1026-1034, with Bonferroni's
bound for Dunnett's quantile).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final

import numpy as np

from telephone.domain.games import Pair
from telephone.scoring.bootstrap import Figure, bootstrap
from telephone.scoring.crossed_effects import (
    Design,
    Effect,
    ScoreTable,
    Side,
    absent,
    comparable,
    design,
    effect_of_models,
    effect_of_prompts,
    missing_games,
    theta2,
)
from telephone.scoring.distance_model import Cell
from telephone.scoring.intervals import LEVEL, Floats, Interval
from telephone.scoring.noncentral import interval_of_theta2
from telephone.scoring.sufficient_statistics import Figures, part

FEWEST_PROMPTS: Final = 10
"""With fewer prompts nothing is declared and no interval given."""
FARTHEST: Final = 1000
"""A verdict that would need more prompts than this is not worth waiting for, and is reported as out of reach."""


@dataclass(frozen=True, slots=True)
class Factor:
    """What the `models` of one kind do. `effects` are (name, difference from the mean of its kind), best first.

    `interval` is that of θ², `share` θ² as a part of all variation between games; None where they are not known.
    `best` names the one that is surely best; where it is None, `why` says why not, and `more_prompts` how many it may
    take, None where that cannot be said.
    """

    models: int
    effect: Effect
    interval: Interval | None
    share: Interval | None
    effects: tuple[tuple[str, Interval], ...]
    best: str | None
    why: str | None
    more_prompts: int | None


@dataclass(frozen=True, slots=True)
class Insights:
    """The three answers from `games` on n `prompts`; `left_out` prompts could not connect the models.

    Models that are `absent` have played on too few prompts to be compared with the others.

    `difference` is θ²_T - θ²_I, known as the point `estimate` even where it has no interval; `share` is that of T2I in
    θ²_T + θ²_I. `extent` holds the least and largest difference when each model is left out in turn. `verdict` names
    what matters more, or is None and `why` says why; `more_prompts` is how many it may take then, None where that
    cannot be said, and `missing` which pairs lack how many games towards the fewest prompts.
    """

    games: int
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
    absent: tuple[str, ...] = ()


def insights(cells: Sequence[Cell], *, higher_is_better: bool = False, seed: int = 0) -> Insights:
    """The three questions asked of `cells` of one level and turn. Raises ValueError without cells."""
    if not cells:
        raise ValueError("the three questions need at least one measured game")
    every, cells = cells, comparable(cells, FEWEST_PROMPTS)
    found = design(cells)
    count = len(found.prompts)
    prompt = effect_of_prompts(found)
    known = count >= FEWEST_PROMPTS and min(len(found.t2i_names), len(found.i2t_names)) > 1
    figures = Figures.of(found)
    asked = _Asked(figures.rows(found), figures, higher_is_better, seed)
    difference = asked.interval(figures.difference) if known else None
    verdict, why = _verdict(found, difference)
    return Insights(
        games=sum(cell.games for cell in cells),
        prompts=count,
        left_out=found.left_out,
        t2i=_factor(found.t2i_names, found.t2i, figures.t2i, asked),
        i2t=_factor(found.i2t_names, found.i2t, figures.i2t, asked),
        prompt=prompt,
        prompt_interval=_spread_of_prompts(prompt) if count >= FEWEST_PROMPTS else None,
        estimate=theta2(found.t2i) - theta2(found.i2t),
        difference=difference,
        share=_share(asked) if known else None,
        extent=_extent(cells, found),
        verdict=verdict,
        why=why,
        more_prompts=0 if verdict else _more_prompts(found, difference),
        missing=missing_games(cells, FEWEST_PROMPTS),
        absent=absent(every, cells),
    )


def factors(found: Insights) -> dict[Side, Factor]:
    """Both kinds of models."""
    return {"t2i": found.t2i, "i2t": found.i2t}


def agreed(answers: Sequence[Insights]) -> tuple[Side | None, str | None]:
    """The verdict on which all embedders agree, with why there is none otherwise."""
    verdicts = {answer.verdict for answer in answers}
    if len(verdicts) == 1 and None not in verdicts:
        return answers[0].verdict, None
    reasons = [answer.why for answer in answers if answer.why]
    return None, reasons[0] if reasons else "the embedders do not agree on which matters more"


def difficulty(cells: Sequence[Cell]) -> tuple[tuple[str, Interval | None], ...]:
    """The score that every prompt gives an average of these models, by prompts; prompts that do not connect are absent.

    The interval tells of repeats and of pair × prompt; None where there are too few games to know these.
    """
    if not cells:
        return ()
    found = design(comparable(cells, FEWEST_PROMPTS))
    effect = effect_of_prompts(found)
    rows: list[tuple[str, Interval | None]] = []
    for name, level, leverage in zip(found.prompts, found.level, found.leverage, strict=True):
        if effect.error <= 0:
            rows.append((name, None))
            continue
        half = _t(effect.below, LEVEL) * sqrt(effect.error * leverage / float(found.leverage.mean()))
        rows.append((name, Interval(float(level), float(level) - half, float(level) + half)))
    return tuple(rows)


def unknown(why: str) -> Insights:
    """The answers where there are no games at all, with why."""
    nobody = Factor(0, Effect(0.0, 0.0, None, None, 0, 0), None, None, (), None, why, None)
    return Insights(0, 0, 0, nobody, nobody, nobody.effect, None, 0.0, None, None, None, None, why, None, ())


@dataclass(frozen=True, slots=True)
class _Asked:
    """What intervals are computed from: `rows` of the prompts, the figures of their sums, and the seed."""

    rows: Floats
    figures: Figures
    higher_is_better: bool
    seed: int

    def interval(self, figure: Figure) -> Interval | None:
        return bootstrap(self.rows, figure, self.seed)

    def ratio(self, of: Figure, whole: Figure) -> Interval | None:
        return bootstrap(self.rows, lambda sums, n: part(of(sums, n), whole(sums, n)), self.seed, plug_in=True)


def _factor(names: Sequence[str], effects: Floats, figure: Figure, asked: _Asked) -> Factor:
    count, models = effects.shape
    effect = effect_of_models(effects)
    if models < 2 or count < 2:
        why = "two models and two prompts that they share are the least to compare"
        return Factor(models, effect, None, None, (), None, why, None)
    sign = -1.0 if asked.higher_is_better else 1.0
    order = np.argsort(sign * effects.mean(axis=0), kind="stable")
    listed = tuple((names[k], _over_prompts(effects[:, k])) for k in order)
    if count < FEWEST_PROMPTS:
        why = f"too early, with {count} of {FEWEST_PROMPTS} prompts"
        return Factor(models, effect, None, None, listed, None, why, FEWEST_PROMPTS - count)
    interval, share = interval_of_theta2(effects), asked.ratio(figure, asked.figures.variation)
    more = _prompts_to_the_best(sign * (effects - effects[:, order[:1]])[:, order[1:]])
    if more == 0:
        return Factor(models, effect, interval, share, listed, names[order[0]], None, 0)
    why = "the first and others cannot be told apart on these prompts"
    return Factor(models, effect, interval, share, listed, None, why, more)


def _prompts_to_the_best(behind: Floats) -> int | None:
    """How many prompts more than the n of `behind` (n, others) it takes to be sure of each other's lag.

    0 where it is sure already, None where it is out of reach.
    """
    count, others = len(behind), behind.shape[1]
    lag, spread = behind.mean(axis=0), behind.std(axis=0, ddof=1)
    bound = _t(count - 1, 1 - 2 * (1 - LEVEL) / others) * spread
    if bool(np.all(lag * sqrt(count) > bound)):
        return 0
    if bool(np.any(bound >= lag * sqrt(FARTHEST))):  # asked before dividing: a lag may be next to nothing
        return None
    return max(ceil(float(np.max(bound / lag)) ** 2) - count, 1)


def _verdict(found: Design, difference: Interval | None) -> tuple[Side | None, str | None]:
    count = len(found.prompts)
    if min(len(found.t2i_names), len(found.i2t_names)) < 2:
        return None, "it takes at least two T2I and two I2T models to say which matters more"
    if count < FEWEST_PROMPTS:
        return None, f"too early, with {count} of {FEWEST_PROMPTS} prompts on which these models can be compared"
    if difference is None or not difference.excludes(0):
        return None, "the difference could as well be the other way round"
    return ("t2i" if difference.estimate > 0 else "i2t"), None


def _share(asked: _Asked) -> Interval | None:
    """θ²_T / (θ²_T + θ²_I), None unless the sum is surely above 0; its bias is removed by the jackknife."""
    whole = asked.interval(asked.figures.both)
    return asked.ratio(asked.figures.t2i, asked.figures.both) if whole is not None and whole.low > 0 else None


def _extent(cells: Sequence[Cell], found: Design) -> tuple[float, float] | None:
    """The least and the largest difference with one model left out, where two of its kind remain."""
    kinds: dict[Side, tuple[str, ...]] = {"t2i": found.t2i_names, "i2t": found.i2t_names}
    spare = [(side, name) for side, names in kinds.items() if len(names) > 2 for name in names]
    table = ScoreTable.of(cells)
    parts = [table.without(side, name).design() for side, name in spare]
    seen = [theta2(one.t2i) - theta2(one.i2t) for one in parts if len(one.prompts) > 1]
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
    from scipy.special import chdtri

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
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + level) / 2))
