"""The drift of one pair over prompts: the mean curve with its band, its Mean Cumulative Drift, and when games rest.

Prompts are a sample, so they are what is averaged and what intervals are about: games with one seed are one game,
games of one prompt one row.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import t as student

from telephone.scoring.decay import REST
from telephone.scoring.interval import LEVEL, Floats, Interval
from telephone.yardstick import Rest


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one game, one a turn: distances, or similarities. Games of one prompt and seed are one game."""

    prompt: str
    seed: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Resting:
    """When the games of a pair came to rest. `median` is the turn by which half of them had, None where half had not.

    `cycles` of those `rested` rest in two captions that take turns; `games` counts the censored ones too.
    """

    games: int
    rested: int
    cycles: int
    median: int | None


def usual(lengths: Sequence[int]) -> int:
    """The most common of some lengths, the greatest of equals. Raises ValueError without any."""
    if not lengths:
        raise ValueError("without games there is no usual length")
    counted = Counter(lengths)
    return max(counted, key=lambda length: (counted[length], length))


def by_prompt(lines: Sequence[Line], turns: int) -> tuple[tuple[str, ...], Floats]:
    """The prompts in order and (prompts, turns), each row the mean of its seeds; games that are shorter are left out.

    Raises ValueError where no game is so long.
    """
    seeds: dict[tuple[str, int], list[Floats]] = defaultdict(list)
    for line in lines:
        if len(line.values) >= turns:
            seeds[line.prompt, line.seed].append(np.asarray(line.values[:turns], dtype=np.float64))
    if not seeds:
        raise ValueError(f"no game has {turns} turns")
    rows: dict[str, list[Floats]] = defaultdict(list)
    for (prompt, _), some in seeds.items():
        rows[prompt].append(np.mean(some, axis=0))
    prompts = tuple(sorted(rows))
    return prompts, np.stack([np.mean(rows[prompt], axis=0) for prompt in prompts])


def mean_over(values: Sequence[float] | Floats) -> tuple[float, Interval | None]:
    """The mean of one value a prompt, and its Student's t interval, None for a single prompt."""
    found = np.asarray(values, dtype=np.float64)
    middle = float(found.mean())
    if found.size < 2:
        return middle, None
    reach = float(student.ppf((1 + LEVEL) / 2, found.size - 1)) * float(found.std(ddof=1)) / sqrt(found.size)
    return middle, Interval(middle, middle - reach, middle + reach)


def resting(found: Sequence[Rest]) -> Resting:
    """When games came to rest, the median by Kaplan and Meier (1958, JASA 53), since short games tell less.

    Rest takes three turns to be seen, so a game that had not rested was watched up to its last turn but two.
    """
    watched = sorted((rest.turn or rest.turns - REST + 1, rest.turn is None) for rest in found)
    still, at_risk, median = 1.0, len(watched), None
    for turn in sorted({turn for turn, _ in watched}):
        here = [censored for when, censored in watched if when == turn]
        still *= 1 - (len(here) - sum(here)) / at_risk
        at_risk -= len(here)
        if median is None and still <= 0.5 + 1e-12:
            median = turn
    rested = [rest for rest in found if rest.turn is not None]
    return Resting(len(found), len(rested), sum(rest.cycle for rest in rested), median)
