"""Where the type of a chart stands, in pixels of its canvas, and how it stands out from its ground."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox


@dataclass(frozen=True)
class Set:
    """A piece of type as it was set."""

    text: str
    box: Bbox
    points: float
    colour: str


def type_of(figure: Figure) -> list[Set]:
    """All type that can be seen: headings, labels, numbers."""
    figure.canvas.draw()
    return [
        Set(text.get_text(), text.get_window_extent(), text.get_fontsize(), text.get_color())
        for text in _texts(figure)
        if text.get_visible() and text.get_text().strip()
    ]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def flaws(figure: Figure, slack: float = 1.0) -> list[str]:
    """What a reader on a phone would stumble over: type that overlaps by more than `slack` pixels, leaves the canvas,
    is faint, too small, or read as mark-up."""
    pieces, ground = type_of(figure), figure.get_facecolor()
    width, height = figure.canvas.get_width_height()
    boxes = [(piece.text, piece.box.padded(-slack)) for piece in pieces]
    found = [f"{a!r} lies on {b!r}" for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]
    for piece in pieces:
        box, ratio = piece.box, contrast(piece.colour, ground)
        wrong = {
            "leaves the canvas": min(box.x0, box.y0) < 0 or box.x1 > width or box.y1 > height,
            f"has a contrast of {ratio:.2f}": ratio < 3,
            f"has {piece.points} points": piece.points < 12,
        }
        found += [f"{piece.text!r} {what}" for what, holds in wrong.items() if holds]
    return found + [f"{text.get_text()!r} is read as mark-up" for text in figure.texts if text.get_parse_math()]


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _texts(figure: Figure) -> Iterable[Text]:
    yield from figure.texts
    for axes in figure.axes:
        yield from axes.texts
