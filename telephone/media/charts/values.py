"""What charts draw, as plain values. Those who measure fill them in; what cannot be drawn raises ValueError here."""

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
class Scale:
    """What distances of one embedder mean, as medians between quartiles.

    `floor` is how far apart unrelated prompts are, `ceiling` how far the captions of redraws of one prompt are;
    `source` tells in a few words what both were measured on. ValueError outside [0, 2].
    """

    floor: Span
    ceiling: Span
    source: str

    def __post_init__(self) -> None:
        for span in (self.floor, self.ceiling):
            if span.low < 0 or span.high > 2:
                raise ValueError(f"distances lie in [0, 2], and a scale of {span.low} to {span.high} does not")
