"""The chart of one game, from its drift and its calibration."""

from dataclasses import dataclass

from telephone.domain.calibration import Bearings, Calibration
from telephone.domain.games import Drift
from telephone.media import charts


@dataclass(frozen=True, slots=True)
class GameChart:
    """The drift of one game beside its calibration, as a chart, where any distance is known, and in words."""

    title: str
    embedder: str
    drift: Drift
    bearings: Bearings

    def chart(self, theme: charts.Theme = "light") -> bytes:
        """The PNG; CPU-bound."""
        return charts.drift_chart(
            self.drift.distances,
            title=self.title,
            embedder=self.embedder,
            scale=for_chart(self.bearings.scale),
            rest=self._rest,
            theme=theme,
        )

    @property
    def alt(self) -> str:
        scale = for_chart(self.bearings.scale)
        return charts.describe_drift(self.drift.distances, self.drift.biggest_jump, scale=scale, rest=self._rest)

    @property
    def _rest(self) -> int | None:
        """The turn that is marked as the beginning of rest; None where two captions alternate."""
        found = self.bearings.rest
        return None if found is None or found.cycle else found.turn


def for_chart(scale: Calibration | None) -> charts.ChartScale | None:
    """A calibration as the scale that charts draw."""
    if scale is None:
        return None
    floor, ceiling = (charts.Span(some.low, some.median, some.high) for some in (scale.floor, scale.ceiling))
    return charts.ChartScale(floor, ceiling, scale.source)
