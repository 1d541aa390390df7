"""The measured difficulty of prompts beside their declared level."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import fmean
from typing import TYPE_CHECKING, Final

from telephone.domain.games import Level
from telephone.media.charts.labels import fitted, line_height
from telephone.media.charts.strokes import Stroke, marked, stroke
from telephone.media.charts.style import (
    INKS,
    SMALL,
    Ink,
    Note,
    Theme,
    canvas,
    footing,
    heading,
    length,
    panel,
    png,
    shortened,
    write,
)
from telephone.media.charts.ticks import framed
from telephone.media.charts.values import Span
from telephone.media.charts.words import called, counted, form_of, listed, number, spoken, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[tuple[str, str, Span | None]]

MOST: Final = 40
"""The most prompts that are drawn; the number of others is stated."""
_UPRIGHT: Final = 28
"""The most prompts that are drawn if their names are too long to be set side by side."""
_SHORT: Final = 36
"""The greatest length of a name that fits beside 39 others on two lines, in pixels."""
_MOST_LEVELS: Final = 4
_LEFT, _RIGHT, _TOP, _FOOT, _GAP = 98, 1184, 226, 636, 14
_WIDEST, _NAME, _HEAD = 96, 168, 190
"""The greatest distance between prompts of a level, and length of names of prompts and of levels, in pixels."""


@dataclass(frozen=True, slots=True)
class _Prompt:
    """The measured difficulty of one prompt, and its name below the panel."""

    slug: str
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Group:
    """A level with its prompts, easiest first."""

    level: str
    prompts: tuple[_Prompt, ...]

    @property
    def mean(self) -> float:
        return fmean(prompt.span.middle for prompt in self.prompts)

    def width(self, pitch: float) -> float:
        """Its width with prompts `pitch` pixels apart, in pixels."""
        return max(pitch * len(self.prompts), 8 + length(self.head, SMALL, bold=True))

    @property
    def head(self) -> str:
        return shortened(self.level, _HEAD, SMALL, bold=True)


def difficulty_chart(rows: Rows, *, title: str, embedder: str, theme: Theme = "light") -> bytes:
    """A PNG, 1200 × 675: the measured difficulty of every prompt with its 95% interval, in groups by declared level.

    Rows are (slug, declared level, difficulty as a distance or None where it is not known yet). Levels go from easy to
    impossible, prompts of one from the easiest up; a dashed line is the mean of a level. The first 40 are drawn, and
    the number of others and those not known are stated. Raises ValueError where none is known, or with more
    than 4 levels.
    """
    return png(difficulty_figure(rows, title=title, embedder=embedder, theme=theme))


def describe_difficulty(rows: Rows) -> str:
    """The chart in words: the mean of every level, the easiest and the hardest prompt, and what is not known."""
    groups, more = _groups(rows)
    prompts = sorted((prompt for group in groups for prompt in group.prompts), key=lambda prompt: prompt.span.middle)
    form = form_of([prompt.span for prompt in prompts])
    means = (
        f"{called(each.level)} {number(each.mean, form)} ({counted(len(each.prompts), 'prompt')})" for each in groups
    )
    first, last = (f"{called(prompt.slug)}, {spoken(prompt.span, form)}" for prompt in (prompts[0], prompts[-1]))
    unknown = _unknown(rows)
    return told(
        f"Chart of the measured difficulty of prompts by declared level. Means: {', '.join(means)}.",
        f"Easiest: {first}." if len(prompts) > 1 else f"{first}.",
        f"Hardest: {last}." if len(prompts) > 1 else "",
        f"Not known yet: {listed(unknown)}." if unknown else "",
        f"{counted(more, 'more prompt')} {'is' if more == 1 else 'are'} not shown." if more else "",
    )


def difficulty_figure(rows: Rows, *, title: str, embedder: str, theme: Theme) -> "Figure":
    """The figure that `difficulty_chart` saves."""
    groups, more = _groups(rows)
    ink, pitch = INKS[theme], _pitch(groups)
    prompts = [prompt for group in groups for prompt in group.prompts]
    widest = max(length(prompt.name, SMALL) for prompt in prompts)
    lines = ceil((widest + 8) / pitch)
    depth = lines * line_height(SMALL) if lines <= 2 else widest + 8
    figure = canvas(ink)
    axes = panel(figure, ink, (_LEFT, _TOP, _RIGHT, _FOOT - 14 - depth))
    _set_axes(axes, [prompt.span for prompt in prompts])
    framed(figure, axes, ink)
    left = (_RIGHT - _LEFT - sum(group.width(pitch) + _GAP for group in groups) + _GAP) / 2
    form, places = form_of([prompt.span for prompt in prompts]), []
    for k, group in enumerate(groups):
        middle = left + group.width(pitch) / 2
        own = [middle + pitch * (n - (len(group.prompts) - 1) / 2) for n in range(len(group.prompts))]
        _draw_group(axes, ink, group, own, stroke(ink, k, k))
        write(figure, (_LEFT + middle, _TOP - 48), group.head, ink.text, points=SMALL, bold=True, align="center")
        write(figure, (_LEFT + middle, _TOP - 18), number(group.mean, form), ink.text, points=SMALL, align="center")
        places += own
        left += group.width(pitch) + _GAP
    _name_prompts(figure, ink, prompts, places, top=_FOOT - 4 - depth, lines=lines)
    footing(figure, ink, _small_print(prompts))
    heading(figure, ink, title, f"Distance of an average pair by declared level, {embedder}.", _notes(ink, rows, more))
    return figure


def _groups(rows: Rows) -> tuple[list[_Group], int]:
    """The levels with the prompts that are drawn, and how many others are known."""
    known = [(level, _Prompt(slug, _name(slug, level), span)) for slug, level, span in rows if span is not None]
    if not known:
        raise ValueError("a chart of difficulty needs at least one prompt whose difficulty is known")
    short = all(length(prompt.name, SMALL) <= _SHORT for _, prompt in known[:MOST])
    shown = known[: MOST if short else _UPRIGHT]
    order = {level.value: k for k, level in enumerate(Level)}
    levels = sorted({level for level, _ in shown}, key=lambda level: (order.get(level, len(order)), level))
    if len(levels) > _MOST_LEVELS:
        raise ValueError(f"a chart of difficulty has at most {_MOST_LEVELS} levels, not {len(levels)}")
    own = {level: [prompt for declared, prompt in shown if declared == level] for level in levels}
    groups = [_Group(level, tuple(sorted(own[level], key=lambda prompt: prompt.span.middle))) for level in levels]
    return groups, len(known) - len(shown)


def _pitch(groups: Sequence[_Group]) -> float:
    """The distance between prompts at which all groups fit, in pixels."""
    room = _RIGHT - _LEFT - _GAP * (len(groups) - 1)
    fits = (pitch / 4 for pitch in range(4 * _WIDEST, 0, -1) if sum(group.width(pitch / 4) for group in groups) <= room)
    return next(fits)


def _name(slug: str, level: str) -> str:
    """A slug without the level that its group says: `#easy-007` is 7 among the easy ones, `#ours-007` ours-7."""
    return fitted(re.sub(r"(^|-)0+(?=\d)", r"\1", slug.removeprefix("#").removeprefix(f"{level}-")), _NAME, SMALL)


def _set_axes(axes: "Axes", spans: Sequence[Span]) -> None:
    from matplotlib.ticker import NullLocator

    low, high = min(span.low for span in spans), max(span.high for span in spans)
    pad = 0.08 * (high - low) or 0.05
    axes.set_xlim(0, _RIGHT - _LEFT)
    axes.set_ylim(low - pad if low < 0 else max(0, low - pad), high + pad)
    axes.xaxis.set_major_locator(NullLocator())


def _draw_group(axes: "Axes", ink: Ink, group: _Group, places: Sequence[float], look: Stroke) -> None:
    if len(places) > 1:
        ends = [places[0] - 14, places[-1] + 14]
        axes.plot(ends, [group.mean, group.mean], color=ink.quiet, linewidth=2, linestyle=(0, (4, 2)))
    for x, prompt in zip(places, group.prompts, strict=True):
        axes.plot([x, x], [prompt.span.low, prompt.span.high], color=look.colour, linewidth=3, alpha=0.7, zorder=2)
        axes.plot([x], [prompt.span.middle], linestyle="none", marker=look.marker, color=look.colour, zorder=3,
                  **marked(ink, look, hollow=False, size=9))  # fmt: skip


def _name_prompts(
    figure: "Figure", ink: Ink, prompts: Sequence[_Prompt], places: Sequence[float], *, top: float, lines: int
) -> None:
    """Names below the panel, in turns on one line or two, or upright where that is not enough."""
    for n, (x, prompt) in enumerate(zip(places, prompts, strict=True)):
        row = (n % lines + 0.5) * line_height(SMALL) if lines <= 2 else 0.0
        name = write(figure, (_LEFT + x, top + row), prompt.name, ink.quiet, points=SMALL, align="center")
        if lines > 2:
            name.set(rotation=90, va="top")


def _small_print(prompts: Sequence[_Prompt]) -> str:
    short = next((prompt for prompt in prompts if prompt.name != prompt.slug.removeprefix("#")), None)
    example = f" {short.name} stands for {short.slug}." if short else ""
    return f"Dashed: the mean of a level, written above it.{example}"


def _unknown(rows: Rows) -> list[str]:
    return [slug for slug, _, span in rows if span is None]


def _notes(ink: Ink, rows: Rows, more: int) -> list[Note]:
    unknown = len(_unknown(rows))
    said = {
        "Lines: 95% intervals": True,
        f"{unknown} not known yet": unknown > 0,
        f"{more} more not shown": more > 0,
    }
    return [Note(text, ink.quiet) for text, holds in said.items() if holds]
