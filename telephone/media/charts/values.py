"""The values that charts draw, checked: a value that cannot be drawn raises ValueError."""

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Span:
    """An estimate between the ends of its interval, in any one unit. ValueError unless finite and in this order."""

    low: float
    middle: float
    high: float

    def __post_init__(self) -> None:
        if not all(isfinite(end) for end in (self.low, self.middle, self.high)):
            raise ValueError(f"an interval needs finite ends, not {self.low}, {self.middle}, {self.high}")
        if not self.low <= self.middle <= self.high:
            raise ValueError(f"{self.middle} does not lie between {self.low} and {self.high}")


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a board: a pair as in `t2i × i2t` or any other name, its value with a 95% interval, and a note.

    `note` is a few words for the right edge, such as "42 games".
    """

    name: str
    span: Span
    provisional: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChartCurve:
    """The distance of a pair from its prompts by turn, from turn 1 on, with the ends of its 95% intervals if known.

    `name` is the pair's as in `t2i × i2t`, or any other. ValueError unless there is a turn, every `middle` lies in
    [0, 2], and the ends are finite, as many, and around it.
    """

    name: str
    middle: tuple[float, ...]
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None
    provisional: bool = False

    def __post_init__(self) -> None:
        if not self.middle or not all(0 <= value <= 2 for value in self.middle):
            raise ValueError(f"{self.name!r} needs the distance of at least one turn, and distances lie in [0, 2]")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name!r} has but one end of its intervals")
        if not len(self.middle) == len(self.ends[0]) == len(self.ends[1]):
            raise ValueError(f"{self.name!r} has {len(self.middle)} turns and another number of intervals")
        for low, middle, high in zip(self.ends[0], self.middle, self.ends[1], strict=True):
            Span(low, middle, high)

    @property
    def ends(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The lower and the upper ends of its intervals, its own middle where they are not known."""
        return (self.middle, self.middle) if self.low is None or self.high is None else (self.low, self.high)

    @property
    def last(self) -> Span:
        """The value and interval at the last turn."""
        return Span(self.ends[0][-1], self.middle[-1], self.ends[1][-1])


@dataclass(frozen=True, slots=True)
class ChartScale:
    """The calibration of one embedder's distances, as medians between quartiles.

    `floor` is how far apart unrelated prompts are, `ceiling` how far the captions of redraws of one prompt are;
    `source` says in a few words what both were measured on. ValueError outside [0, 2].
    """

    floor: Span
    ceiling: Span
    source: str

    def __post_init__(self) -> None:
        for span in (self.floor, self.ceiling):
            if span.low < 0 or span.high > 2:
                raise ValueError(f"distances lie in [0, 2], and a scale of {span.low} to {span.high} does not")
