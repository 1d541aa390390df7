"""The chart of one game, from its drift and its calibration."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from telephone.domain.calibration import Bearings, Calibration
from telephone.domain.games import Drift
from telephone.media import charts

KEPT: Final = 32
"""How many charts are kept: some 2 MB. A game's summary, card, replay and folder ask for the same one."""


@dataclass(frozen=True, slots=True)
class GameChart:
    """The drift of one game beside its calibration, as a chart, where any distance is known, and in words."""

    title: str
    embedder: str
    drift: Drift
    bearings: Bearings

    def chart(self, theme: charts.Theme = "light") -> bytes:
        """The PNG; CPU-bound, drawn once for all messages and files that show it one after the other."""
        return _drawn(self, theme)

    @property
    def alt(self) -> str:
        scale = for_chart(self.bearings.scale)
        return charts.describe_drift(self.drift.distances, self.drift.biggest_jump, scale=scale, rest=self.rest)

    @property
    def rest(self) -> int | None:
        """The turn that is marked as the beginning of rest; None where two captions alternate."""
        found = self.bearings.rest
        return None if found is None or found.cycle else found.turn


@lru_cache(maxsize=KEPT)
def _drawn(one: GameChart, theme: charts.Theme) -> bytes:
    return charts.drift_chart(
        one.drift.distances,
        title=one.title,
        embedder=one.embedder,
        scale=for_chart(one.bearings.scale),
        rest=one.rest,
        theme=theme,
    )


def for_chart(scale: Calibration | None) -> charts.ChartScale | None:
    """A calibration as the scale that charts draw."""
    if scale is None:
        return None
    floor, ceiling = (charts.Span(some.low, some.median, some.high) for some in (scale.floor, scale.ceiling))
    return charts.ChartScale(floor, ceiling, scale.source)
