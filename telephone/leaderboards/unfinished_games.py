"""Whether games that were not played to the end could have decided the order of two pairs.

Whoever stops the games that lose most leaves those that flatter. Nothing tells how the others would have ended, so
the bounds are those of anything (Manski 1990, Am. Econ. Rev. 80:319-323): each between no drift at all and texts that
have nothing to do with each other. An order stands only where it would at both ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telephone.leaderboards.board import PairRow

NEAREST: Final = 0.0
FARTHEST: Final = 1.0
"""Between these lies what a game that was not finished would have ended at: cosine distances of the same text, and of
texts that share nothing."""


@dataclass(frozen=True, slots=True)
class DoubtfulOrder:
    """The first order on a board that unfinished games could have decided, and how many `others` they could."""

    ahead: PairRow
    behind: PairRow
    others: int


def could_have_decided(rows: Sequence[PairRow]) -> DoubtfulOrder | None:
    """The orders that a board shows, and that might not stand with all games played to the end; None for none."""
    placed = [row for row in rows if row.distance is not None]
    found = [(one, other) for one in placed for other in placed if _ahead(one, other) and not _stands(one, other)]
    return DoubtfulOrder(*found[0], others=len(found) - 1) if found else None


def _ahead(one: PairRow, other: PairRow) -> bool:
    """Whether the board says that one is surely better."""
    a, b = one.distance, other.distance
    return a is not None and b is not None and a.group == b.group and a.distance.high < b.distance.low


def _stands(one: PairRow, other: PairRow) -> bool:
    return _with_all(one, FARTHEST) < _with_all(other, NEAREST)


def _with_all(row: PairRow, end: float) -> float:
    """The distance of a pair if all of its unfinished games had ended there."""
    assert row.distance is not None
    missing, finished = row.completion.unfinished, max(row.completion.finished, 1)
    return (row.distance.distance.estimate * finished + end * missing) / (finished + missing)
