"""Curves of pairs on one panel: who is shown, in what look, and what is said about them."""

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from telephone.media.charts.scale import top_of
from telephone.media.charts.strokes import Stroke, marked
from telephone.media.charts.style import Ink, Note
from telephone.media.charts.values import Curve, Scale

MOST: Final = 12
"""So many pairs at most are drawn; how many more there are is said."""
BANDS: Final = 4
"""Up to so many curves have their intervals as bands; of more, bands would be one cloud."""
_TICKS: Final = ((12, 1), (15, 2), (30, 5))
"""Up to so many turns, every how many carry their number."""


def check(curves: Sequence[Curve]) -> None:
    """Raises ValueError where these curves make no chart."""
    if not curves:
        raise ValueError("a chart of pairs needs at least one curve")
    if len({curve.name for curve in curves}) < len(curves):
        raise ValueError("two curves of one chart have the same name")


def turns_of(curves: Sequence[Curve]) -> int:
    """How many turns the longest curve has."""
    return max(len(curve.middle) for curve in curves)


def banded(curves: Sequence[Curve]) -> bool:
    """Whether all intervals can be seen as bands."""
    return len(curves) <= BANDS


def measured(curves: Sequence[Curve]) -> bool:
    """Whether any of them has intervals."""
    return any(curve.low is not None for curve in curves)


def draw_curves(axes: Axes, ink: Ink, curves: Sequence[Curve], looks: Mapping[str, Stroke]) -> None:
    """The curves, the first on top, with bands where these can be told apart; hollow markers say provisional."""
    for curve in reversed(curves):
        look, turns = looks[curve.name], range(1, len(curve.middle) + 1)
        if banded(curves):
            axes.fill_between(turns, *curve.ends, color=look.colour, alpha=0.16, linewidth=0, zorder=1)
        axes.plot(turns, curve.middle, color=look.colour, linewidth=2.4, linestyle=look.dashes, zorder=3)
        axes.plot(turns, curve.middle, linestyle="none", marker=look.marker, color=look.colour, zorder=4,
                  **marked(ink, look, hollow=curve.provisional, size=8 if banded(curves) else 6))  # fmt: skip


def frame_turns(axes: Axes, curves: Sequence[Curve], scale: Scale | None) -> None:
    """Turns from left to right, distances from 0 up to what curves and scale need and 2 at most."""
    turns = turns_of(curves)
    ends = [end for curve in curves for end in (*curve.middle, *curve.ends[1])]
    axes.set_xlim(0.6, turns + 0.4)
    axes.set_ylim(0, min(2.06, top_of(scale, [1.06 * max(ends)], least=0.25)))
    axes.xaxis.set_major_locator(MultipleLocator(next((step for most, step in _TICKS if turns <= most), 10)))


def notes(ink: Ink, curves: Sequence[Curve], more: int, *, bars: bool) -> list[Note]:
    """How intervals are drawn, what hollow markers mean, and how many `more` pairs are not shown."""
    told = {
        "Bands: 95% intervals": measured(curves) and banded(curves),
        "Bars: 95% intervals": measured(curves) and not banded(curves) and bars,
        "Hollow: provisional": any(curve.provisional for curve in curves),
        f"{more} more {'pair' if more == 1 else 'pairs'} not shown": more > 0,
    }
    return [Note(text, ink.quiet) for text, holds in told.items() if holds]
