"""The scale beside a curve: how far apart unrelated prompts are, and how near captions of redraws come."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from telephone.media.charts.labels import Label
from telephone.media.charts.strokes import Dashes
from telephone.media.charts.style import Ink
from telephone.media.charts.values import ChartScale, Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNRELATED: Final = "unrelated"
REDRAWN: Final = "as near as a redraw"
HEADROOM: Final = 1.06
"""How much of the y-axis stays free above the scale's upper end."""

DASHES: Final[tuple[Dashes, Dashes]] = ((0, (4, 2)), (0, (1, 1.6)))
"""The dashes of the line for unrelated prompts, and of the line for redraws."""


def draw_scale(axes: "Axes", ink: Ink, scale: ChartScale) -> None:
    """Draws both medians as lines, dashed for unrelated and dotted for redrawn, on bands from quartile to quartile."""
    for span, dashes in zip(_spans(scale), DASHES, strict=True):
        axes.axhspan(span.low, span.high, color=ink.quiet, alpha=0.13, linewidth=0, zorder=0.6)
        axes.axhline(span.middle, color=ink.quiet, linewidth=2, linestyle=dashes, zorder=0.7)


def scale_labels(ink: Ink, scale: ChartScale, start: float | None = None) -> tuple[Label, ...]:
    """The labels of the two medians, with a line from `start` where that is not near."""
    return (
        Label((UNRELATED,), scale.floor.middle, ink.quiet, start=start),
        Label(("as near as", "a redraw"), scale.ceiling.middle, ink.quiet, start=start),
    )


def scale_in_words(scale: ChartScale | None) -> str:
    """A sentence that states the scale; empty without one."""
    if scale is None:
        return ""
    far, near = (f"{span.middle:.2f} ({span.low:.2f} to {span.high:.2f})" for span in _spans(scale))
    return f"Unrelated prompts are {far} apart, captions of redraws {near}."


def top_of(scale: ChartScale | None, values: Sequence[float], least: float) -> float:
    """The upper end of a y-axis that holds these values and the scale."""
    return max(least, *values, *([] if scale is None else [HEADROOM * span.high for span in _spans(scale)]))


def _spans(scale: ChartScale) -> tuple[Span, Span]:
    return scale.floor, scale.ceiling
