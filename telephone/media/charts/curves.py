"""Curves of pairs on one panel: which are drawn, in which style, and the remarks about them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Final

from telephone.media.charts.labels import drawn, height_of
from telephone.media.charts.scale import top_of
from telephone.media.charts.strokes import Stroke, marked
from telephone.media.charts.style import HEIGHT, Ink
from telephone.media.charts.values import ChartCurve, ChartScale
from telephone.media.charts.words import called, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST: Final = 12
"""The most pairs that are drawn; the number of others is stated."""
BANDS: Final = 4
"""The most curves that show their intervals as bands; more bands would merge."""
_APART: Final = 38
"""The least distance between markers of one curve, in pixels; where turns are closer, some have no marker."""
_TICKS: Final = ((12, 1), (15, 2), (30, 5))
"""Pairs of a number of turns and the step between labelled turns up to that number."""


def check(curves: Sequence[ChartCurve]) -> None:
    """Raises ValueError where these curves cannot be drawn."""
    if not curves:
        raise ValueError("a chart of pairs needs at least one curve")
    if len({curve.name for curve in curves}) < len(curves):
        raise ValueError("two curves of one chart have the same name")


def turns_of(curves: Sequence[ChartCurve]) -> int:
    """How many turns the longest curve has."""
    return max(len(curve.middle) for curve in curves)


def banded(curves: Sequence[ChartCurve]) -> bool:
    """Whether the intervals are drawn as bands."""
    return len(curves) <= BANDS


def measured(curves: Sequence[ChartCurve]) -> bool:
    """Whether any of them has intervals."""
    return any(curve.low is not None for curve in curves)


def draw_curves(
    axes: "Axes", ink: Ink, curves: Sequence[ChartCurve], looks: Mapping[str, Stroke], *, bands: bool
) -> None:
    """Draws curves, the first on top, with their intervals if `bands`; hollow markers mean provisional."""
    (first, _), (second, _) = axes.transData.transform([(1, 0), (2, 0)])
    step = ceil(_APART / (second - first))
    size = 8 if banded(curves) else 6
    for curve in reversed(curves):
        look, turns = looks[curve.name], range(1, len(curve.middle) + 1)
        if bands:
            axes.fill_between(turns, *curve.ends, color=look.colour, alpha=0.16, linewidth=0, zorder=1)
        axes.plot(turns, curve.middle, color=look.colour, linewidth=2.4, linestyle=look.dashes, zorder=3)
        axes.plot(turns, curve.middle, linestyle="none", marker=look.marker, color=look.colour, zorder=4,
                  markevery=((len(turns) - 1) % step, step),
                  **marked(ink, look, hollow=curve.provisional, size=size))  # fmt: skip


def draw_bars(
    figure: "Figure", axes: "Axes", ink: Ink, curves: Sequence[ChartCurve], looks: Mapping[str, Stroke], *, pitch: float
) -> dict[str, float]:
    """Draws each last turn's interval beside the panel, the farthest first, `pitch` pixels apart; returns their x."""
    places = {}
    for k, curve in enumerate(sorted(curves, key=lambda curve: -curve.middle[-1])):
        x, last, colour = axes.bbox.x1 + pitch * (k + 0.5), curve.last, looks[curve.name].colour
        low, middle, high = (HEIGHT - height_of(axes, max(0, min(2, y))) for y in (last.low, last.middle, last.high))
        drawn(figure, [x, x], [low, high], color=colour, linewidth=0.24 * pitch, solid_capstyle="butt")
        drawn(figure, [x - 0.6 * pitch, x + 0.6 * pitch], [middle, middle], color=colour, linewidth=0.24 * pitch)
        if len(curve.middle) < turns_of(curves):
            drawn(figure, [end_of(axes, curve), x], [middle, middle], color=ink.quiet, linewidth=1, alpha=0.7)
        places[curve.name] = x
    return places


def end_of(axes: "Axes", curve: ChartCurve) -> float:
    """The x a little to the right of a curve's last point, in pixels."""
    return float(axes.transData.transform((len(curve.middle), 0))[0]) + 10


def set_axes(axes: "Axes", curves: Sequence[ChartCurve], scale: ChartScale | None) -> None:
    """Sets the axes: turns from left to right, distances from 0 up to what curves and scale need, at most 2.06."""
    from matplotlib.ticker import MultipleLocator

    turns = turns_of(curves)
    ends = [end for curve in curves for end in (*curve.middle, *curve.ends[1])]
    axes.set_xlim(0.6, turns + 0.4)
    axes.set_ylim(0, min(2.06, top_of(scale, [1.06 * max(ends)], least=0.25)))
    axes.xaxis.set_major_locator(MultipleLocator(next((step for most, step in _TICKS if turns <= most), 10)))


def remarks(curves: Sequence[ChartCurve], more: int, *, bars: bool) -> list[str]:
    """How intervals are drawn, what hollow markers mean, and how many `more` pairs are not shown."""
    holds = {
        "Bands: 95% intervals": measured(curves) and not bars,
        "Bars: 95% intervals": bars,
        "Hollow: provisional": any(curve.provisional for curve in curves),
        f"{more} more {'pair' if more == 1 else 'pairs'} not shown": more > 0,
    }
    return [remark for remark in holds if holds[remark]]


def jump_in_words(curves: Sequence[ChartCurve]) -> str:
    """A sentence about the biggest rise from one turn to the next; empty where no curve rises."""
    rises = [(b - a, turn, c.name) for c in curves for turn, (a, b) in enumerate(pairwise(c.middle), 2)]
    rise, turn, name = max(rises, default=(0.0, 0, ""))
    return f"Biggest jump: {called(name)}, turn {turn}, {signed(rise)}." if rise > 0 else ""
