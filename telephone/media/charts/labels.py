"""Labels beside a panel, each at the height of its value, moved apart where they would overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

from telephone.media.charts.strokes import TIMES, Stroke, marked
from telephone.media.charts.style import DPI, HEIGHT, SMALL, TYPE, Ink, length, write
from telephone.media.typography import ELLIPSIS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SWATCH: Final = 66
"""The width of the piece of curve before a name, in pixels."""

_LEADING: Final = 1.2
"""The distance between baselines, as a multiple of the type's height."""


@dataclass(frozen=True, slots=True)
class Label:
    """One or more `lines` of type that name the curve or line at `value` of the y-axis.

    A curve's label repeats its `stroke`, hollow or not. A line leads to it from `start`, in pixels from the left.
    """

    lines: tuple[str, ...]
    value: float
    colour: str
    stroke: Stroke | None = None
    hollow: bool = False
    start: float | None = None


def beside(
    figure: "Figure",
    axes: "Axes",
    ink: Ink,
    labels: Sequence[Label],
    *,
    left: float,
    room: tuple[float, float],
    points: float = TYPE,
) -> None:
    """Draws labels from `left` on, each at its value or as near to it as the others and `room` (top, bottom) allow."""
    height = line_height(points)
    wanted = [height_of(axes, label.value) for label in labels]
    middles = spread(wanted, [height * len(label.lines) for label in labels], *room)
    for label, middle in zip(labels, middles, strict=True):
        if label.start is not None:
            lead = [label.start, left - 6], [HEIGHT - height_of(axes, label.value), HEIGHT - middle]
            drawn(figure, *lead, color=ink.quiet, linewidth=1, alpha=0.7)
        if label.stroke is not None:
            swatch(figure, ink, label.stroke, (left, middle), hollow=label.hollow)
        first = middle - height * (len(label.lines) - 1) / 2
        for k, line in enumerate(label.lines):
            at = (left if label.stroke is None else left + SWATCH, first + k * height)
            write(figure, at, line, label.colour, points=points)


def swatch(figure: "Figure", ink: Ink, stroke: Stroke, at: tuple[float, float], *, hollow: bool = False) -> None:
    """Draws a short piece of a curve, from `at` to the right."""
    left, middle = at[0], HEIGHT - at[1]
    drawn(figure, [left, left + SWATCH - 14], [middle, middle], color=stroke.colour, linewidth=2.4,
          linestyle=stroke.dashes)  # fmt: skip
    drawn(figure, [left + (SWATCH - 14) / 2], [middle], linestyle="none", marker=stroke.marker, color=stroke.colour,
          **marked(ink, stroke, hollow=hollow))  # fmt: skip


def drawn(figure: "Figure", x: Sequence[float], y: Sequence[float], **look: Any) -> None:
    """Draws a line through points of the canvas, in pixels from its bottom left corner."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import IdentityTransform

    figure.add_artist(Line2D(x, y, transform=IdentityTransform(), **look))


def line_height(points: float) -> float:
    """The height of a line of type, in pixels."""
    return points * DPI / 72 * _LEADING


def height_of(axes: "Axes", value: float) -> float:
    """The position of a value of the y-axis, in pixels from the top of the canvas."""
    return HEIGHT - float(axes.transData.transform((0.0, value))[1])


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> tuple[float, ...]:
    """The middles of labels of these heights that overlap nowhere, as near to the wanted ones as possible.

    They stay between `low` and `high` and in the order of `wanted`, equal ones in the order given (isotonic
    least squares by pooling: Ayer et al. 1955, Ann. Math. Stat. 26:641-647). Labels that are higher
    together than the space run over `high`.
    """
    order = sorted(range(len(wanted)), key=lambda k: wanted[k])
    sizes = [heights[k] for k in order]
    offsets = list(accumulate(((a + b) / 2 for a, b in pairwise(sizes)), initial=0.0))
    level = _isotonic([wanted[k] - offset for k, offset in zip(order, offsets, strict=True)])
    middles = [0.0] * len(order)
    for k, z, offset in zip(order, level, offsets, strict=True):
        middles[k] = max(low + sizes[0] / 2, min(z, high - sizes[-1] / 2 - offsets[-1])) + offset
    return tuple(middles)


def _isotonic(values: Sequence[float]) -> list[float]:
    """The nondecreasing numbers nearest to `values`: neighbours out of order share their mean."""
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            before, n = pools.pop()
            mean, count = (mean * count + before * n) / (count + n), count + n
        pools.append((mean, count))
    return [mean for mean, count in pools for _ in range(count)]


def largest_type(names: Sequence[str], room: float, height: float) -> int:
    """The largest type in which every name fits into `room` and a line into `height`; the smallest where none does."""
    fits = (
        points
        for points in (TYPE, 13)
        if line_height(points) <= height and all(length(name, points) <= room for name in names)
    )
    return next(fits, SMALL)


def fitted(name: str, room: float, points: float) -> str:
    """A pair's name on one line of at most `room`: the longer model loses letters from its middle first."""
    halves = name.split(TIMES)
    kept = [len(half) for half in halves]
    while length(TIMES.join(map(_middle_out, halves, kept)), points) > room and max(kept) > 1:
        kept[kept.index(max(kept))] -= 1
    return TIMES.join(map(_middle_out, halves, kept))


def _middle_out(text: str, letters: int) -> str:
    """`text` with so many of its letters, and an ellipsis in place of the others."""
    if letters >= len(text):
        return text
    return text[: -(-letters // 2)] + ELLIPSIS + text[len(text) - letters // 2 :]
