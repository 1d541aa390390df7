"""The frame of a panel: numbers on its axes, lines of the grid, and the line at its bottom.

Locators and formatters are matplotlib's; what they find is drawn as plain lines and type, since matplotlib's own ticks
make some ten objects for each number and lay all of them out twice.
"""

from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING, Any, Final

from telephone.media.charts.style import DPI, HEIGHT, Ink, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

_BELOW: Final = 9 * DPI / 72
_LEFT: Final = 7 * DPI / 72
"""From the panel to the numbers below it and to the left of it, in pixels."""
_ZORDER: Final = 0.55
"""Lines of the grid lie over shades and below everything else."""
_CLOSE: Final = 1e-9
"""How far outside an axis a number may lie, as a share of its length: what arithmetic with fractions loses."""


def framed(
    figure: "Figure", axes: "Axes", ink: Ink, *, upright: bool = False, left: bool = True, base: bool = True
) -> None:
    """Draws the frame, once limits and locators are set: numbers on both axes, lines of the grid from those of y.

    `upright` is whether there are lines from those of x too, `left` whether numbers stand at the left, `base` whether
    there is a line at the bottom.
    """
    across, up = _ticks(axes.xaxis), _ticks(axes.yaxis)
    box = axes.bbox
    for place, text in across:
        x = float(axes.transData.transform((place, 0))[0])
        write(figure, (x, HEIGHT - box.y0 + _BELOW), text, ink.quiet, align="center", upright="top")
    for place, text in up if left else ():
        y = float(axes.transData.transform((0, place))[1])
        write(figure, (box.x0 - _LEFT, HEIGHT - y), text, ink.quiet, align="right", upright="center_baseline")
    _grid(axes, ink, *_gapped([place for place, _ in up])[::-1], axes.get_yaxis_transform())
    if upright:
        _grid(axes, ink, *_gapped([place for place, _ in across]), axes.get_xaxis_transform())
    if base:
        _line(axes, [0, 1], [0, 0], axes.transAxes, color=ink.quiet, linewidth=0.8, solid_capstyle="projecting",
              clip_on=False, zorder=2.5)  # fmt: skip


def _ticks(axis: "Axis") -> list[tuple[float, str]]:
    """The numbers within an axis, and what is written there, which may be nothing."""
    low, high = sorted(axis.get_view_interval())
    slack = _CLOSE * (high - low)
    places = [float(place) for place in axis.get_majorticklocs()]
    texts = axis.get_major_formatter().format_ticks(places)
    ticks = zip(places, texts, strict=True)
    return [(place, text) for place, text in ticks if low - slack <= place <= high + slack]


def _gapped(places: Sequence[float]) -> tuple[list[float], list[float]]:
    """Lines at these places from one side of the panel to the other, as one line with gaps."""
    return [value for place in places for value in (place, place, nan)], [0.0, 1.0, nan] * len(places)


def _grid(axes: "Axes", ink: Ink, x: Sequence[float], y: Sequence[float], transform: "Transform") -> None:
    _line(axes, x, y, transform, color=ink.grid, linewidth=1, solid_capstyle="projecting", zorder=_ZORDER)


def _line(axes: "Axes", x: Sequence[float], y: Sequence[float], transform: "Transform", **look: Any) -> None:
    from matplotlib.lines import Line2D

    axes.add_artist(Line2D(x, y, transform=transform, **look))
