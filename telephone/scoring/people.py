"""Whether a distance agrees with people: does the side of a battle that is nearer to the prompt win the vote?

All votes of a battle judge the same pictures, so battles are what is sampled. Of each battle counts which part of its
votes, set against every side that was not chosen, went to the nearer one; by chance that is a half, however many sides
there were. Its interval is Student's t over battles; where no battle differs from another, and for battles won, it is
that of Clopper and Pearson (1934, Biometrika 26:404-413).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final, NamedTuple

import numpy as np

from telephone.scoring.intervals import LEVEL, Floats, Interval

FEWEST_BATTLES: Final = 5
"""With fewer no interval is given."""


class JudgedBattle(NamedTuple):
    """The sides of one battle: how far each ended from the prompt, and how many chose it."""

    distances: tuple[float, ...]
    votes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PeopleAgreement:
    """How far people agree with a distance, in `battles` with `votes` for a side.

    `won` is the part of battles in which the nearest side got most votes, level ones by half; `share` the part of votes
    for the nearer of two sides, the mean of battles. Estimates are in [0, 1], 0.5 is chance for two sides and for
    `share` always; None with fewer than FEWEST_BATTLES.
    """

    battles: int
    votes: int
    won: Interval | None
    share: Interval | None


def people_agreement(battles: Sequence[JudgedBattle]) -> PeopleAgreement:
    """The agreement over battles; those without a vote for a side, or with fewer than two sides, tell nothing."""
    told = [one for one in battles if len(one.distances) > 1 and any(one.votes)]
    votes = sum(count for one in told for count in one.votes)
    if len(told) < FEWEST_BATTLES:
        return PeopleAgreement(len(told), votes, None, None)
    won, shares = np.array([_won(one) for one in told]), np.array([_share(one) for one in told])
    return PeopleAgreement(len(told), votes, _binomial(float(won.mean()), len(told)), _mean(shares))


def _won(battle: JudgedBattle) -> float:
    """Whether a nearest side got most votes; the part of the first places that nearest sides hold."""
    far, votes = np.array(battle.distances), np.array(battle.votes)
    first, nearest = votes == votes.max(), far == far.min()
    return float((first & nearest).sum() / first.sum())


def _share(battle: JudgedBattle) -> float:
    far, votes = np.array(battle.distances), np.array(battle.votes)
    nearer = (far[:, None] < far) + 0.5 * (far[:, None] == far)
    np.fill_diagonal(nearer, 0.0)
    return float(votes @ nearer.sum(axis=1) / (votes.sum() * (len(far) - 1)))


def _mean(values: Floats) -> Interval:
    from scipy.special import stdtrit

    count, middle, sd = len(values), float(values.mean()), float(values.std(ddof=1))
    if sd < 1e-12:
        return _binomial(middle, count)
    reach = float(stdtrit(count - 1, (1 + LEVEL) / 2)) * sd / sqrt(count)
    return Interval(middle, max(0.0, middle - reach), min(1.0, middle + reach))


def _binomial(part: float, count: int) -> Interval:
    from scipy.special import betaincinv

    hits, tail = part * count, (1 - LEVEL) / 2
    low = 0.0 if hits <= 0 else float(betaincinv(hits, count - hits + 1, tail))
    high = 1.0 if hits >= count else float(betaincinv(hits + 1, count - hits, 1 - tail))
    return Interval(part, low, high)
