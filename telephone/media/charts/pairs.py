"""The drift of pairs: the mean distance of each from its prompts, turn by turn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from telephone.media.charts.curves import (
    MOST,
    banded,
    check,
    draw_bars,
    draw_curves,
    end_of,
    jump_in_words,
    measured,
    remarks,
    set_axes,
    turns_of,
)
from telephone.media.charts.labels import SWATCH, Label, beside, fitted, largest_type
from telephone.media.charts.scale import draw_scale, scale_in_words, scale_labels
from telephone.media.charts.strokes import strokes
from telephone.media.charts.style import (
    INKS,
    WIDTH,
    Note,
    Theme,
    canvas,
    footing,
    heading,
    length,
    panel,
    png,
)
from telephone.media.charts.ticks import framed
from telephone.media.charts.values import ChartCurve, ChartScale
from telephone.media.charts.words import called, counted, listed, number, spoken, told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BAR: Final = 10
"""The distance between bars, in pixels."""
_NAMES: Final = 430
"""The greatest width of names, in pixels."""
_ROOM: Final = (162.0, 614.0)
"""Top and bottom of the space for labels, in pixels."""


def pairs_chart(
    curves: Sequence[ChartCurve], *, title: str, embedder: str, scale: ChartScale | None = None, theme: Theme = "light"
) -> bytes:
    """A PNG, 1200 × 675: distance from the prompt by turn of up to 12 pairs, each named at its end.

    Where several models of both kinds meet, a T2I is a colour and an I2T a marker. The first 12 are drawn and the
    number of others is stated. Intervals are bands; with more than 4 pairs that of the last turn is a bar beside the
    panel. Raises ValueError without curves or where two have one name.
    """
    return png(pairs_figure(curves, title=title, embedder=embedder, scale=scale, theme=theme))


def describe_pairs(curves: Sequence[ChartCurve], *, scale: ChartScale | None = None) -> str:
    """The chart in words: the closest and the farthest pair at the end, the biggest jump, and which pairs overlap."""
    check(curves)
    shown = sorted(curves[:MOST], key=lambda curve: curve.middle[-1])
    size = f"{counted(len(shown), 'pair')}, {counted(turns_of(shown), 'turn')}"
    alone = len(shown) == 1
    return told(
        f"Line chart of the distance from the prompt by turn, {size}.",
        f"{'' if alone else 'Closest at the end: '}{_course(shown[0])}.",
        "" if alone else f"Farthest: {_course(shown[-1])}.",
        jump_in_words(shown),
        _overlap_in_words(shown),
        _others_in_words(curves),
        scale_in_words(scale),
    )


def pairs_figure(
    curves: Sequence[ChartCurve], *, title: str, embedder: str, scale: ChartScale | None, theme: Theme
) -> "Figure":
    """The figure that `pairs_chart` saves."""
    check(curves)
    ink, shown = INKS[theme], curves[:MOST]
    height = (_ROOM[1] - _ROOM[0]) / (len(shown) + (0 if scale is None else 3))
    points = largest_type([curve.name for curve in shown], _NAMES, height)
    looks = strokes([curve.name for curve in shown], ink)
    names = [fitted(curve.name, _NAMES, points) for curve in shown]
    bars = measured(shown) and not banded(shown)
    left = WIDTH - 20 - SWATCH - max(length(name, points) for name in names)
    figure = canvas(ink)
    axes = panel(figure, ink, (98, 179, left - 40 - (_BAR * len(shown) if bars else 0), 582))
    set_axes(axes, shown, scale)
    framed(figure, axes, ink)
    draw_curves(axes, ink, shown, looks, bands=not bars)
    starts = draw_bars(figure, axes, ink, shown, looks, pitch=_BAR) if bars else {}
    labels = [
        Label((name,), curve.middle[-1], ink.text, looks[curve.name], curve.provisional,
              starts.get(curve.name, end_of(axes, curve)))
        for curve, name in zip(shown, names, strict=True)
    ]  # fmt: skip
    if scale is not None:
        draw_scale(axes, ink, scale)
        labels += scale_labels(ink, scale, axes.bbox.x1 + 4)
        footing(figure, ink, f"Scale: {scale.source}")
    beside(figure, axes, ink, labels, left=left, room=_ROOM, points=points)
    notes = [Note(remark, ink.quiet) for remark in remarks(shown, len(curves) - len(shown), bars=bars)]
    heading(figure, ink, title, f"Distance from the prompt by turn, {embedder}. Lower is closer.", notes)
    return figure


def _course(curve: ChartCurve) -> str:
    start = f" from {number(curve.middle[0])} at turn 1 to" if len(curve.middle) > 1 else ""
    return f"{called(curve.name)},{start} {spoken(curve.last)}"


def _overlap_in_words(curves: Sequence[ChartCurve]) -> str:
    best, *others = curves
    if best.low is None or not others:
        return ""
    near = [curve.name for curve in others if curve.last.low <= best.last.high]
    return (
        f"The closest's interval overlaps with {listed(near)}."
        if near
        else "The closest's interval overlaps with none."
    )


def _others_in_words(curves: Sequence[ChartCurve]) -> str:
    unsure, others = sum(curve.provisional for curve in curves[:MOST]), len(curves) - MOST
    parts = [f"{unsure} {'is' if unsure == 1 else 'are'} provisional"] if unsure else []
    parts += [f"{counted(others, 'more pair')} {'is' if others == 1 else 'are'} not shown"] if others > 0 else []
    return f"{' and '.join(parts)}." if parts else ""
