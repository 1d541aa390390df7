"""The drift of pairs on easy to impossible prompts: a panel a level, as in the article's figure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from telephone.media.charts.curves import (
    MOST,
    banded,
    check,
    draw_bars,
    draw_curves,
    jump_in_words,
    measured,
    remarks,
    set_axes,
    turns_of,
)
from telephone.media.charts.key import ROW, draw_key, key
from telephone.media.charts.scale import draw_scale, scale_in_words
from telephone.media.charts.strokes import strokes
from telephone.media.charts.style import (
    INKS,
    TYPE,
    Theme,
    canvas,
    footing,
    heading,
    panel,
    png,
    shortened,
    write,
)
from telephone.media.charts.ticks import framed
from telephone.media.charts.values import ChartCurve, ChartScale
from telephone.media.charts.words import called, counted, number, told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Levels = Sequence[tuple[str, Sequence[ChartCurve]]]

_MOST_LEVELS: Final = 4
_LEFT, _RIGHT, _GAP, _BELOW = 98, 1176, 22, 54
_BAR: Final = 6
"""The distance between bars, in pixels."""


def levels_chart(
    levels: Levels, *, title: str, embedder: str, scale: ChartScale | None = None, theme: Theme = "light"
) -> bytes:
    """A PNG, 1200 × 675: one panel a level, side by side on one y-axis, with the curves of its pairs by turn.

    A pair looks the same in every panel; a level without curves says so. The first 12 pairs are drawn and the number
    of others is stated. Raises ValueError without curves, with more than 4 levels, or where two curves of a level have
    one name.
    """
    return png(levels_figure(levels, title=title, embedder=embedder, scale=scale, theme=theme))


def describe_levels(levels: Levels, *, scale: ChartScale | None = None) -> str:
    """The chart in words: for every level the closest and the farthest pair at the end, and the biggest jump."""
    shown, names, _ = _shown(levels)
    return told(
        f"Line charts of the distance from the prompt by turn, one a level, {counted(len(names), 'pair')}.",
        *(_level_in_words(level, curves) for level, curves in shown),
        jump_in_words([replace(curve, name=f"{curve.name}, {level}") for level, curves in shown for curve in curves]),
        scale_in_words(scale),
    )


def levels_figure(levels: Levels, *, title: str, embedder: str, scale: ChartScale | None, theme: Theme) -> "Figure":
    """The figure that `levels_chart` saves."""
    from matplotlib.ticker import FixedLocator

    shown, names, more = _shown(levels)
    ink, looks = INKS[theme], strokes(names, INKS[theme])
    together = [curve for _, curves in shown for curve in curves]
    bars = measured(together) and not all(banded(curves) for _, curves in shown)
    lines = key(names, ink, scale, remarks(together, more, bars=bars))
    top, bottom = 164, (664 if scale is None else 632) - ROW * len(lines) - _BELOW
    figure = canvas(ink)
    strip = _BAR * max(len(curves) for _, curves in shown) if bars else 0
    width = (_RIGHT - _LEFT + _GAP) / len(shown) - strip - _GAP
    for k, (level, curves) in enumerate(shown):
        left = _LEFT + k * (width + strip + _GAP)
        axes = panel(figure, ink, (left, top, left + width, bottom))
        set_axes(axes, together, scale)
        axes.xaxis.set_major_locator(FixedLocator(_ticks(turns_of(together))))
        framed(figure, axes, ink, left=k == 0)
        if scale is not None:
            draw_scale(axes, ink, scale)
        if curves:
            draw_curves(axes, ink, curves, looks, bands=not bars)
        else:
            write(figure, (left + width / 2, (top + bottom) / 2), "no games yet", ink.quiet, align="center")
        if bars:
            draw_bars(figure, axes, ink, curves, looks, pitch=_BAR)
        write(figure, (left, top - 22), shortened(level, width + strip, TYPE, bold=True), ink.text, bold=True)
    draw_key(figure, ink, lines, bottom + _BELOW)
    if scale is not None:
        footing(figure, ink, f"Scale: {scale.source}")
    heading(figure, ink, title, f"Distance from the prompt by turn, {embedder}. Lower is closer.")
    return figure


def _shown(levels: Levels) -> tuple[list[tuple[str, list[ChartCurve]]], list[str], int]:
    """The levels with the curves that are drawn, the names of these, and how many others there are."""
    if not 1 <= len(levels) <= _MOST_LEVELS:
        raise ValueError(f"a chart of levels has 1 to {_MOST_LEVELS} of them, not {len(levels)}")
    for _, curves in levels:
        if curves:
            check(curves)
    names = list(dict.fromkeys(curve.name for _, curves in levels for curve in curves))
    if not names:
        raise ValueError("a chart of levels needs at least one curve")
    kept = frozenset(names[:MOST])
    shown = [(level, [curve for curve in curves if curve.name in kept]) for level, curves in levels]
    return shown, names[:MOST], len(names) - len(kept)


def _ticks(turns: int) -> list[int]:
    """The labelled turns: all, or the first and every 5th or 10th where all do not fit."""
    step = next(step for most, step in ((5, 1), (15, 5), (turns, 10)) if turns <= most)
    return [1, *range(step if step > 1 else 2, turns + 1, step)]


def _level_in_words(level: str, curves: Sequence[ChartCurve]) -> str:
    if not curves:
        return f"{called(level)}: no games yet."
    ends = sorted(curves, key=lambda curve: curve.middle[-1])
    near, far = (f"{called(curve.name)} {number(curve.middle[-1])}" for curve in (ends[0], ends[-1]))
    return f"{called(level)}: {near}{'' if len(ends) == 1 else f' to {far}'} at the end."
