"""The figures of a running telephone that an operator watches."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """The whole database at a moment: unfinished games by state, and US dollars spent or reserved on this UTC day."""

    games: Mapping[str, int]
    taken_usd: float
    cap_usd: float
