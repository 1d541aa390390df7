"""The rows that a bench of load prints: a figure, and its goal if it has one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. A goal that is counted must hold; one that is timed is printed beside what was measured."""

    what: str
    measured: float
    goal: float | None = None
    counted: bool = False

    @property
    def missed(self) -> bool:
        return self.goal is not None and self.measured > self.goal

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"≤ {self.goal:<5g} {'MISSED' if self.missed else 'ok'}"
        return f"{self.what:<84} {self.measured:>9.2f}  {goal}".rstrip()


@dataclass(slots=True)
class Found:
    """What a part measured, and what was not as it must be."""

    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, what: str, measured: float, goal: float | None = None, *, counted: bool = False) -> None:
        """One more row."""
        self.rows.append(Row(what, measured, goal, counted))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that is no smaller than this share of them; 0 for none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
