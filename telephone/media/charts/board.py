"""The chart of a board: one row a pair with its interval, in the order given."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from telephone.media.charts.labels import fitted, height_of, largest_type
from telephone.media.charts.strokes import Stroke, marked, strokes
from telephone.media.charts.style import (
    EDGE,
    HEIGHT,
    INKS,
    SMALL,
    TYPE,
    WIDTH,
    Ink,
    Note,
    Theme,
    canvas,
    heading,
    length,
    panel,
    png,
    shortened,
    write,
)
from telephone.media.charts.ticks import framed
from telephone.media.charts.values import Bar
from telephone.media.charts.words import called, counted, form_of, listed, spoken, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Better = Literal["lower", "higher"]

MOST: Final = 12
"""The most rows on one chart."""
_NAMES: Final = 440
_NOTES: Final = 300
"""The greatest width of names and notes, in pixels."""
_ARROWS: Final[dict[Better, str]] = {"lower": "◀ better", "higher": "better ▶"}
_TOP, _BOTTOM, _ROW = 170, 590, 150
"""Top and bottom of the rows, and the greatest height of one, in pixels."""


def board_chart(
    bars: Sequence[Bar], *, title: str, measure: str, better: Better = "lower", theme: Theme = "light"
) -> bytes:
    """A PNG, 1200 × 675: a point and its 95% interval in every row, in the order given, hollow where provisional.

    `measure` says what is measured and by what, as in "Distance, ImageBind". The interval of the best is shaded through
    all rows, to show which others overlap with it. The first 12 are drawn and the number of others is stated. Raises
    ValueError without bars.
    """
    return png(board_figure(bars, title=title, measure=measure, better=better, theme=theme))


def describe_board(bars: Sequence[Bar], *, measure: str, better: Better = "lower") -> str:
    """The chart in words: the best, the worst, which overlap with the best, and how many are provisional."""
    best = _best(bars, better)
    shown = bars[:MOST]
    worst = max(shown, key=lambda bar: bar.span.middle if better == "lower" else -bar.span.middle)
    form = form_of([bar.span for bar in shown])
    near = [bar.name for bar in shown if bar is not best and _overlap(bar, best)]
    unsure, more = sum(bar.provisional for bar in shown), len(bars) - len(shown)
    return told(
        f"Chart of intervals, {counted(len(shown), 'row')}: {called(measure)}, {better} is better.",
        f"Best: {_row(best, form)}.",
        f"Worst: {_row(worst, form)}." if worst is not best else "",
        f"With the best's interval overlaps that of {listed(near)}." if near else "",
        f"{unsure} {'is' if unsure == 1 else 'are'} provisional." if unsure else "",
        f"{more} more {'is' if more == 1 else 'are'} not shown." if more else "",
    )


def board_figure(bars: Sequence[Bar], *, title: str, measure: str, better: Better, theme: Theme) -> "Figure":
    """The figure that `board_chart` saves."""
    best, ink, shown = _best(bars, better), INKS[theme], bars[:MOST]
    figure = canvas(ink)
    height = min(_ROW, (_BOTTOM - _TOP) / len(shown))
    points = largest_type([bar.name for bar in shown], _NAMES, height)
    names = [fitted(bar.name, _NAMES, points) for bar in shown]
    asides = [shortened(bar.note, _NOTES, SMALL) for bar in shown]
    left = EDGE + max(length(name, points) for name in names) + 24
    right = WIDTH - EDGE - max(length(aside, SMALL) for aside in asides) - 20
    axes = panel(figure, ink, (left, _TOP, right, _TOP + height * len(shown)))
    _set_axes(axes, shown)
    framed(figure, axes, ink, upright=True, left=False)
    below = HEIGHT - axes.bbox.y0 + 64
    write(figure, (right, below), _ARROWS[better], ink.quiet, points=SMALL, align="right")
    if len(shown) > 1 and best.span.low < best.span.high:
        axes.axvspan(best.span.low, best.span.high, color=ink.quiet, alpha=0.16, linewidth=0, zorder=0.5)
        write(figure, (EDGE, below), "Shaded: the interval of the best", ink.quiet, points=SMALL)
    looks = strokes([bar.name for bar in shown], ink)
    for row, (bar, name, aside) in enumerate(zip(shown, names, asides, strict=True)):
        _draw_bar(axes, ink, bar, row, looks[bar.name])
        middle = height_of(axes, row)
        write(figure, (EDGE, middle), name, ink.text, points=points)
        write(figure, (WIDTH - EDGE, middle), aside, ink.quiet, points=SMALL, align="right")
    heading(figure, ink, title, f"{measure}. {better.capitalize()} is better.", _notes(ink, bars))
    return figure


def _best(bars: Sequence[Bar], better: Better) -> Bar:
    if not bars:
        raise ValueError("a chart of a board needs at least one row")
    return min(bars[:MOST], key=lambda bar: bar.span.middle if better == "lower" else -bar.span.middle)


def _overlap(one: Bar, other: Bar) -> bool:
    return one.span.low <= other.span.high and other.span.low <= one.span.high


def _row(bar: Bar, form: str) -> str:
    aside = f", {called(bar.note)}" if bar.note else ""
    return f"{called(bar.name)}, {spoken(bar.span, form)}{aside}"


def _notes(ink: Ink, bars: Sequence[Bar]) -> list[Note]:
    more = len(bars) - MOST
    said = {
        "Lines: 95% intervals": True,
        "Hollow: provisional": any(bar.provisional for bar in bars[:MOST]),
        f"{more} more not shown": more > 0,
    }
    return [Note(text, ink.quiet) for text, holds in said.items() if holds]


def _set_axes(axes: "Axes", bars: Sequence[Bar]) -> None:
    """Sets up rows from the top down, and as many numbers below as fit beside each other."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    low, high = min(bar.span.low for bar in bars), max(bar.span.high for bar in bars)
    pad = 0.06 * (high - low) or max(0.05, 0.1 * abs(low))
    axes.set_xlim(low - pad, high + pad)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.yaxis.set_major_locator(FixedLocator(range(len(bars))))
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    for count in range(6, 0, -1):
        axes.xaxis.set_major_locator(MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10]))
        if _apart(axes):
            break


def _apart(axes: "Axes") -> bool:
    """Whether the numbers below the rows do not touch each other."""
    ticks = list(axes.xaxis.get_major_locator()())
    widths = [length(text, TYPE) + 30 for text in axes.xaxis.get_major_formatter().format_ticks(ticks)]
    places = axes.transData.transform([(tick, 0.0) for tick in ticks])[:, 0]
    return all(b - a > (one + other) / 2 for (a, one), (b, other) in pairwise(zip(places, widths, strict=True)))


def _draw_bar(axes: "Axes", ink: Ink, bar: Bar, row: int, look: Stroke) -> None:
    axes.plot([bar.span.low, bar.span.high], [row, row], color=look.colour, linewidth=5, alpha=0.75,
              solid_capstyle="butt", zorder=2)  # fmt: skip
    axes.plot([bar.span.middle], [row], linestyle="none", marker=look.marker, color=look.colour, zorder=3,
              **marked(ink, look, hollow=bar.provisional, size=11))  # fmt: skip
