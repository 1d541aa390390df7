"""The drift of pairs: the mean distance of each from its prompts, turn by turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from telephone.media.charts.curves import MOST, banded, check, draw_curves, frame_turns, measured, notes, turns_of
from telephone.media.charts.labels import SWATCH, Label, beside, drawn, fitted, height_of, largest_type
from telephone.media.charts.scale import draw_scale, scale_in_words, scale_labels
from telephone.media.charts.strokes import Stroke, strokes
from telephone.media.charts.style import (
    HEIGHT,
    INKS,
    WIDTH,
    Ink,
    Theme,
    canvas,
    footing,
    heading,
    length,
    panel,
    png,
)
from telephone.media.charts.values import Curve, Scale
from telephone.media.charts.words import called, counted, listed, number, signed, spoken, told

_BAR: Final = 10
"""From one bar to the next, in pixels."""
_NAMES: Final = 430
"""The widest that names may grow, in pixels."""
_ROOM: Final = (162.0, 614.0)
"""Where labels may stand, from the top."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A curve with its look, and its name as it fits."""

    curve: Curve
    look: Stroke
    name: str


def pairs_chart(
    curves: Sequence[Curve], *, title: str, embedder: str, scale: Scale | None = None, theme: Theme = "light"
) -> bytes:
    """A PNG, 1200 × 675: distance from the prompt by turn of up to 12 pairs, each named at its end.

    Where several models of both kinds meet, a T2I is a colour and an I2T a marker. The first 12 are drawn and the
    number of others is told. Intervals are bands; with more than 4 pairs that of the last turn is a bar beside the
    panel. Raises ValueError without curves or where two have one name.
    """
    return png(pairs_figure(curves, title=title, embedder=embedder, scale=scale, theme=theme))


def describe_pairs(curves: Sequence[Curve], *, scale: Scale | None = None) -> str:
    """The chart in words: the closest and the farthest pair at the end, the biggest jump, and who overlaps."""
    check(curves)
    shown = sorted(curves[:MOST], key=lambda curve: curve.middle[-1])
    size = f"{counted(len(shown), 'pair')}, {counted(turns_of(shown), 'turn')}"
    alone = len(shown) == 1
    return told(
        f"Line chart of the distance from the prompt by turn, {size}.",
        f"{'' if alone else 'Closest at the end: '}{_course(shown[0])}.",
        "" if alone else f"Farthest: {_course(shown[-1])}.",
        _jump_in_words(shown),
        _overlap_in_words(shown),
        _others_in_words(curves),
        scale_in_words(scale),
    )


def pairs_figure(curves: Sequence[Curve], *, title: str, embedder: str, scale: Scale | None, theme: Theme) -> Figure:
    """What `pairs_chart` draws, before it is a file."""
    check(curves)
    ink, shown = INKS[theme], curves[:MOST]
    height = (_ROOM[1] - _ROOM[0]) / (len(shown) + (0 if scale is None else 3))
    points = largest_type([curve.name for curve in shown], _NAMES, height)
    looks = strokes([curve.name for curve in shown], ink)
    named = [_Named(curve, looks[curve.name], fitted(curve.name, _NAMES, points)) for curve in shown]
    bars = measured(shown) and not banded(shown)
    left = WIDTH - 20 - SWATCH - max(length(each.name, points) for each in named)
    figure = canvas(ink)
    axes = panel(figure, ink, (98, 179, left - 40 - (_BAR * len(shown) if bars else 0), 582))
    frame_turns(axes, shown, scale)
    draw_curves(axes, ink, shown, looks)
    labels = [_label(axes, ink, each) for each in named]
    if bars:
        labels = _draw_bars(figure, axes, ink, named)
    if scale is not None:
        draw_scale(axes, ink, scale)
        labels += scale_labels(ink, scale, axes.bbox.x1 + 4)
        footing(figure, ink, f"Scale: {scale.source}")
    beside(figure, axes, ink, labels, left=left, room=_ROOM, points=points)
    told_below = notes(ink, shown, len(curves) - len(shown), bars=bars)
    heading(figure, ink, title, f"Distance from the prompt by turn, {embedder}. Lower is closer.", told_below)
    return figure


def _label(axes: Axes, ink: Ink, each: _Named, start: float | None = None) -> Label:
    curve = each.curve
    start = start or _end_of(axes, curve)
    return Label((each.name,), curve.middle[-1], ink.text, each.look, hollow=curve.provisional, start=start)


def _draw_bars(figure: Figure, axes: Axes, ink: Ink, named: Sequence[_Named]) -> list[Label]:
    """The interval of each end, side by side from the panel on, the farthest first; gives the labels that follow."""
    labels = []
    for k, each in enumerate(sorted(named, key=lambda each: -each.curve.middle[-1])):
        x, last = axes.bbox.x1 + _BAR * (k + 0.5), each.curve.last
        low, middle, high = (HEIGHT - height_of(axes, max(0, min(2, y))) for y in (last.low, last.middle, last.high))
        drawn(figure, [x, x], [low, high], color=each.look.colour, linewidth=2.4, solid_capstyle="butt")
        drawn(figure, [x - 6, x + 6], [middle, middle], color=each.look.colour, linewidth=2.4)
        if len(each.curve.middle) < turns_of([each.curve for each in named]):
            drawn(figure, [_end_of(axes, each.curve), x], [middle, middle], color=ink.quiet, linewidth=1, alpha=0.7)
        labels.append(_label(axes, ink, each, x))
    return labels


def _end_of(axes: Axes, curve: Curve) -> float:
    """A little to the right of its last point, in pixels."""
    return float(axes.transData.transform((len(curve.middle), 0))[0]) + 10


def _course(curve: Curve) -> str:
    start = f" from {number(curve.middle[0])} at turn 1 to" if len(curve.middle) > 1 else ""
    return f"{called(curve.name)},{start} {spoken(curve.last)}"


def _jump_in_words(curves: Sequence[Curve]) -> str:
    rises = [(b - a, turn, c.name) for c in curves for turn, (a, b) in enumerate(pairwise(c.middle), 2)]
    rise, turn, name = max(rises, default=(0.0, 0, ""))
    return f"Biggest jump: {called(name)}, turn {turn}, {signed(rise)}." if rise > 0 else ""


def _overlap_in_words(curves: Sequence[Curve]) -> str:
    best, *others = curves
    if best.low is None or not others:
        return ""
    near = [curve.name for curve in others if curve.last.low <= best.last.high]
    return (
        f"The closest's interval overlaps with {listed(near)}."
        if near
        else "The closest's interval overlaps with none."
    )


def _others_in_words(curves: Sequence[Curve]) -> str:
    unsure, others = sum(curve.provisional for curve in curves[:MOST]), len(curves) - MOST
    parts = [f"{unsure} {'is' if unsure == 1 else 'are'} provisional"] if unsure else []
    parts += [f"{counted(others, 'more pair')} {'is' if others == 1 else 'are'} not shown"] if others > 0 else []
    return f"{' and '.join(parts)}." if parts else ""
