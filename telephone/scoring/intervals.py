"""Estimates with their 95% intervals, and the ranks and the winner that follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from telephone.domain.games import Pair

Floats = NDArray[np.float64]
LEVEL: Final = 0.95
"""The probability that every interval states."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between the ends of its 95% interval, all in the unit of the estimate."""

    estimate: float
    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low

    def excludes(self, value: float) -> bool:
        """Whether the whole interval lies on one side of `value`."""
        return self.low > value or self.high < value


class Ranked(Protocol):
    """A row of any board."""

    @property
    def pair(self) -> Pair: ...
    @property
    def rank(self) -> int: ...
    @property
    def provisional(self) -> bool: ...


def winner(rows: Sequence[Ranked]) -> Pair | None:
    """Who has won: the pair that alone has rank 1 and is not provisional. None where there is none, or no other."""
    first = [row for row in rows if row.rank == 1]
    return first[0].pair if len(rows) > len(first) == 1 and not first[0].provisional else None


def ranks(intervals: Sequence[Interval], *, higher_is_better: bool) -> tuple[int, ...]:
    """1 + the number of intervals that lie entirely better than each; what cannot be told apart shares a rank.

    Two intervals may overlap although their difference is sure: this errs towards equal ranks, never towards order.
    """
    lows = np.array([one.low for one in intervals])
    highs = np.array([one.high for one in intervals])
    better = lows[None, :] > highs[:, None] if higher_is_better else highs[None, :] < lows[:, None]
    return tuple(1 + int(count) for count in better.sum(axis=1))
