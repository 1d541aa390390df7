"""The style of every chart: one canvas, two themes, type that is readable on a phone.

Colours are Okabe and Ito's; a marker, a line style or a label says again what a colour says. Figures are drawn
through matplotlib's objects, without pyplot, so that threads share no state. Lengths are pixels from the top left
corner, sizes of type are points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from PIL import Image as pil

from telephone.media.png_writer import png_of
from telephone.media.typography import families_of, font, setable, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

Theme = Literal["light", "dark"]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""

WIDTH, HEIGHT, DPI = 1200, 675, 150
TITLE, LARGE, TYPE, SMALL = 18, 16, 14, 12
EDGE: Final = 48
"""The margin of type at the left and right edge."""


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of one theme, as #RRGGBB."""

    ground: str
    text: str
    quiet: str
    grid: str
    line: str
    jump: str
    rest: str
    series: tuple[str, ...]
    """Colours for things of one kind, each at a contrast of 3 or more to the ground."""


@dataclass(frozen=True, slots=True)
class Note:
    """A few words of the line under the heading, in the colour of the part of the chart that they are about."""

    text: str
    colour: str
    bold: bool = False


INKS: Final[dict[Theme, Ink]] = {
    "light": Ink(
        "#FFFFFF",
        "#1F2328",
        "#57606A",
        "#DDE1E6",
        "#0072B2",
        "#D55E00",
        "#009E73",
        ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#1F2328"),
    ),
    "dark": Ink(
        "#1E1F22",
        "#F2F3F5",
        "#B5BAC1",
        "#3A3C42",
        "#56B4E9",
        "#E69F00",
        "#009E73",
        ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F2F3F5"),
    ),
}


def canvas(ink: Ink) -> "Figure":
    """An empty figure of the common size in the theme's background colour."""
    from matplotlib.figure import Figure

    from telephone.media.charts.rendering import Canvas

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor=ink.ground)
    Canvas(figure)
    return figure


def panel(figure: "Figure", ink: Ink, box: Box) -> "Axes":
    """Axes in a box, with few and round numbers up the y-axis.

    Nothing of the frame is drawn until `framed` of `ticks.py` draws it: the ticks of matplotlib take most of the time
    of a chart.
    """
    from matplotlib.ticker import MaxNLocator

    left, top, right, bottom = box
    place = (left / WIDTH, 1 - bottom / HEIGHT, (right - left) / WIDTH, (bottom - top) / HEIGHT)
    axes = figure.add_axes(place, facecolor=ink.ground)
    axes.set_axis_off()
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    return axes


def heading(figure: "Figure", ink: Ink, title: str, below: str, notes: Sequence[Note] = ()) -> None:
    """Writes the title, how it is measured, and notes on what to look at; one line each, shortened where needed."""
    room = WIDTH - 2 * EDGE - 4
    write(figure, (EDGE, 37), shortened(title, room, TITLE, bold=True), ink.text, points=TITLE, bold=True)
    write(figure, (EDGE, 86), shortened(below, room, TYPE), ink.quiet)
    left = float(EDGE)
    for note in notes:
        text = shortened(note.text, WIDTH - EDGE - left, TYPE, bold=note.bold)
        write(figure, (left, 135), text, note.colour, bold=note.bold)
        left += length(text, TYPE, bold=note.bold) + 40


def footing(figure: "Figure", ink: Ink, text: str) -> None:
    """Writes the small print under the chart: the source of its scale and intervals."""
    write(figure, (EDGE, 652), shortened(text, WIDTH - 2 * EDGE, SMALL), ink.quiet, points=SMALL)


def write(
    figure: "Figure",
    at: tuple[float, float],
    text: str,
    colour: str,
    *,
    points: float = TYPE,
    bold: bool = False,
    align: Literal["left", "center", "right"] = "left",
    upright: Literal["center", "top", "bottom", "center_baseline"] = "center",
) -> "Text":
    """Writes a line of type, never as mark-up. `at` is the x where it begins, is centred or ends, and its middle y.

    `upright` says that y is its top or bottom instead, or the middle without what reaches below the line.
    """
    said = setable(text)
    return figure.text(
        at[0] / WIDTH,
        1 - at[1] / HEIGHT,
        said,
        color=colour,
        fontfamily=families_of(said, bold=bold),
        fontsize=points,
        fontweight="bold" if bold else "normal",
        ha=align,
        va=upright,
        parse_math=False,
    )


def length(text: str, points: float, *, bold: bool = False) -> float:
    """The width of one line of type, in pixels."""
    return font(_pixels(points), bold=bold).getlength(text)


def shortened(text: str, room: float, points: float, *, bold: bool = False) -> str:
    """`text` on one line of at most `room`, ended by an ellipsis where more was said."""
    return (wrap(text, font(_pixels(points), bold=bold), int(room), 1) or ("",))[0]


def png(figure: "Figure") -> bytes:
    """The figure as a PNG file; the same figure gives the same bytes. It is drawn once: its pixels are let go."""
    canvas: FigureCanvasAgg = figure.canvas  # type: ignore[assignment]
    canvas.draw()
    drawn = pil.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    file = png_of(np.asarray(drawn))
    # The parts of a figure name each other in circles, and each its renderer: 3 MB until the collector comes.
    vars(canvas.get_renderer()).clear()
    return file


def _pixels(points: float) -> int:
    return -(-round(points * DPI) // 72)
