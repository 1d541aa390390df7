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
    """All type that can be seen: headings, labels, numbers, and the ticks within their axis."""
    figure.canvas.draw()
    return [
        Set(text.get_text(), text.get_window_extent(), text.get_fontsize(), text.get_color())
        for text in _texts(figure)
        if text.get_visible() and text.get_text().strip()
    ]


def collisions(figure: Figure, slack: float = 1.0) -> list[tuple[str, str]]:
    """Pairs of pieces of type that lie on each other by more than `slack` pixels."""
    pieces = [(piece.text, piece.box.padded(-slack)) for piece in type_of(figure)]
    return [(a, b) for (a, one), (b, other) in combinations(pieces, 2) if one.overlaps(other)]


def outside(figure: Figure) -> list[str]:
    """What stands over the edge of the canvas."""
    width, height = figure.canvas.get_width_height()
    return [
        piece.text
        for piece in type_of(figure)
        if piece.box.x0 < 0 or piece.box.y0 < 0 or piece.box.x1 > width or piece.box.y1 > height
    ]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def faint(figure: Figure, least: float = 3.0) -> list[tuple[str, float]]:
    """Type that stands out less than `least` from the ground."""
    ground = figure.get_facecolor()
    seen = [(piece.text, contrast(piece.colour, ground)) for piece in type_of(figure)]
    return [(text, ratio) for text, ratio in seen if ratio < least]


def flaws(figure: Figure) -> list[str]:
    """What a reader on a phone would stumble over: type that overlaps, leaves the canvas, is faint or too small."""
    found = [f"{one!r} lies on {other!r}" for one, other in collisions(figure)]
    found += [f"{text!r} leaves the canvas" for text in outside(figure)]
    found += [f"{text!r} has a contrast of {ratio:.2f}" for text, ratio in faint(figure)]
    return found + [f"{piece.text!r} has {piece.points} points" for piece in type_of(figure) if piece.points < 12]


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _texts(figure: Figure) -> Iterable[Text]:
    yield from figure.texts
    for axes in figure.axes:
        yield from axes.texts
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=False)
            yield from (label for at, label in ticks if low <= at <= high)
