"""The drift of one pair: its mean curve with a band, its Mean Cumulative Drift, its decay, and when its games rest.

Prompts are a sample, so they are what is averaged and what intervals are about: games with one seed are one game,
games of one prompt one row.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from telephone.domain.calibration import Calibration, Rest
from telephone.domain.games import Level, Pair
from telephone.scoring.attribution import Shares
from telephone.scoring.decay import REST, Decay, decay
from telephone.scoring.distance_model import FEWEST_PROMPTS, SETTLED
from telephone.scoring.intervals import LEVEL, Floats, Interval

FEWEST_TURNS: Final = 4
"""With fewer turns no decay can be fitted."""


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one game, one a turn: distances, or similarities. Games of one prompt and seed are one game."""

    prompt: str
    seed: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over prompts; `interval` is None for a single prompt."""

    value: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Resting:
    """When the games of a pair came to rest. `median` is the turn by which half of them had, None where half had not.

    `cycles` of those `rested` rest in two captions that take turns; `games` counts the censored ones too.
    """

    games: int
    rested: int
    cycles: int
    median: int | None


@dataclass(frozen=True, slots=True)
class PairCourse:
    """How a pair drifts over its prompts: `curve` holds the distance by turn, from turn 1 on.

    `captions` and `pictures` are its Mean Cumulative Drift, the mean SIMILARITY to the prompt over the turns: higher is
    less drift; `pictures` is None where the embedder sees none. `decay` is None where there are too few turns.
    """

    prompts: int
    curve: tuple[Estimate, ...]
    captions: Estimate
    pictures: Estimate | None
    decay: Decay | None

    @property
    def turns(self) -> int:
        return len(self.curve)

    @property
    def provisional(self) -> bool:
        """Whether its end is not settled yet, as on a board: on few prompts, or with a wide interval."""
        end = self.curve[-1].interval
        return self.prompts < FEWEST_PROMPTS or end is None or end.width >= SETTLED


@dataclass(frozen=True, slots=True)
class PairDrift:
    """What is known of one pair on a server, by one embedder, on curated prompts or on free ones.

    `games` count on it, equal seeds once; `shorter` ones did not get as far as its curve, `unmeasured` ones the
    embedder has not measured, and of `unread` ones it cannot read the words; `latest` says that there are older ones
    which were not looked at. `course` is None without games, `resting` without a scale, `shares` before anybody looked
    for what lost the prompt. `kin` names those of the pair's models that are kin of the embedder.
    """

    pair: Pair
    embedder: str
    label: str
    level: Level | None = None
    free: bool = False
    games: int = 0
    shorter: int = 0
    unmeasured: int = 0
    unread: int = 0
    latest: bool = False
    course: PairCourse | None = None
    resting: Resting | None = None
    scale: Calibration | None = None
    shares: Shares | None = None
    kin: tuple[str, ...] = ()


def course(lines: Sequence[Line], pictures: Sequence[Line], turns: int) -> PairCourse:
    """The course of a pair from the distances of its games, and of its pictures where there are any.

    Raises ValueError where no game has so many turns.
    """
    prompts, rows = by_prompt(lines, turns)
    seen = by_prompt(pictures, turns)[1] if any(len(line.values) >= turns for line in pictures) else None
    return PairCourse(
        prompts=len(prompts),
        curve=tuple(mean_over(column) for column in rows.T),
        captions=mean_over(1 - rows.mean(axis=1)),
        pictures=None if seen is None else mean_over(1 - seen.mean(axis=1)),
        decay=decay(1 - rows) if turns >= FEWEST_TURNS else None,
    )


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


def mean_over(values: Sequence[float] | Floats) -> Estimate:
    """The mean of one value a prompt, with Student's t interval."""
    from scipy.special import stdtrit

    found = np.asarray(values, dtype=np.float64)
    middle = float(found.mean())
    if found.size < 2:
        return Estimate(middle, None)
    reach = float(stdtrit(found.size - 1, (1 + LEVEL) / 2)) * float(found.std(ddof=1)) / sqrt(found.size)
    return Estimate(middle, Interval(middle, middle - reach, middle + reach))


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
