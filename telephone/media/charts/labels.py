"""Labels beside a panel, at the height of what they name, moved apart where they would overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from telephone.media.charts.style import DPI, HEIGHT, TYPE, write

_LEADING: Final = 1.2
"""Heights of a line of type, from one baseline to the next."""


@dataclass(frozen=True, slots=True)
class Label:
    """One or more `lines` of type that name what stands at `value` of the y-axis."""

    lines: tuple[str, ...]
    value: float
    colour: str


def beside(figure: Figure, axes: Axes, labels: Sequence[Label], left: float, room: tuple[float, float]) -> None:
    """Sets labels from `left` on, each at its value or as near to it as the others and `room` (top, bottom) allow."""
    height = line_height(TYPE)
    wanted = [height_of(axes, label.value) for label in labels]
    middles = spread(wanted, [height * len(label.lines) for label in labels], *room)
    for label, middle in zip(labels, middles, strict=True):
        first = middle - height * (len(label.lines) - 1) / 2
        for k, line in enumerate(label.lines):
            write(figure, (left, first + k * height), line, label.colour)


def line_height(points: float) -> float:
    """How high a line of type stands, in pixels."""
    return points * DPI / 72 * _LEADING


def height_of(axes: Axes, value: float) -> float:
    """Where a value of the y-axis stands, in pixels from the top of the canvas."""
    return HEIGHT - float(axes.transData.transform((0.0, value))[1])


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> tuple[float, ...]:
    """The middles of labels of these heights that overlap nowhere, as near to the wanted ones as can be.

    They stay between `low` and `high` and in the order of what is wanted, equal ones in the order given (isotonic
    least squares by pooling: Ayer et al. 1955, Ann. Math. Stat. 26:641-647). Labels higher than the room in all run
    over `high`.
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
