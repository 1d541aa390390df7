"""The key below panels that are too small to name every curve at its end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from telephone.media.charts.labels import SWATCH, fitted, swatch
from telephone.media.charts.scale import DASHES, REDRAWN, UNRELATED
from telephone.media.charts.strokes import Stroke, factors, stroke, strokes
from telephone.media.charts.style import EDGE, SMALL, WIDTH, Ink, length, write
from telephone.media.charts.values import ChartScale

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW: Final = 33
"""From one line of the key to the next, in pixels."""
_WIDEST: Final = 370


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A name after its curve's style, or a heading or remark without one; `after` is the space after it, in pixels."""

    text: str
    look: Stroke | None = None
    after: float = 28

    @property
    def room(self) -> float:
        """Its width, in pixels."""
        return length(self.text, SMALL) + self.after + (0 if self.look is None else SWATCH)


Line = tuple[KeyEntry, ...]


def key(names: Sequence[str], ink: Ink, scale: ChartScale | None, remarks: Sequence[str]) -> tuple[Line, ...]:
    """The lines of the key: the styles of these pairs, the lines of the scale, then remarks.

    Lists T2I and I2T instead of pairs where styles are composed from both.
    """
    found = factors(names, ink)
    if found is None:
        groups = [_group("", strokes(names, ink))]
    else:
        painters = {name: replace(stroke(ink, k, 0), marker="") for k, name in enumerate(found[0])}
        tellers = {name: replace(stroke(ink, 0, k), colour=ink.text) for k, name in enumerate(found[1])}
        groups = [_group("T2I", painters), _group("I2T", tellers)]
    if scale is not None:
        looks = (Stroke(ink.quiet, "", dashes) for dashes in DASHES)
        groups.append(_group("", dict(zip((UNRELATED, REDRAWN), looks, strict=True))))
    return tuple(_lines([*groups, *((KeyEntry(remark),) for remark in remarks)]))


def draw_key(figure: "Figure", ink: Ink, lines: Sequence[Line], top: float) -> None:
    """Draws the lines from `top` down, each ROW high."""
    for k, line in enumerate(lines):
        left, middle = float(EDGE), top + ROW * (k + 0.5)
        for entry in line:
            if entry.look is not None:
                swatch(figure, ink, entry.look, (left, middle))
            at = (left if entry.look is None else left + SWATCH, middle)
            write(figure, at, entry.text, ink.quiet if entry.look is None else ink.text, points=SMALL)
            left += entry.room


def _group(head: str, looks: Mapping[str, Stroke]) -> Line:
    entries = (KeyEntry(fitted(name, _WIDEST, SMALL), look) for name, look in looks.items())
    return (*([KeyEntry(head, after=14)] if head else []), *entries)


def _lines(groups: Sequence[Line]) -> Iterator[Line]:
    """Lays groups out one after another, each on one line if it fits, continued on a new one where it must be."""
    line: Line = ()
    for group in groups:
        if line and _room((*line, *group)) > WIDTH - 2 * EDGE + line[-1].after:
            yield line
            line = ()
        for entry in group:
            if line and _room((*line, entry)) > WIDTH - 2 * EDGE + line[-1].after:
                yield line
                line = ()
            line = (*line, entry)
    yield line


def _room(line: Line) -> float:
    return sum(entry.room for entry in line)
