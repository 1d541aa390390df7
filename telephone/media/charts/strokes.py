"""The styles that tell curves apart: markers, dashes and colours that colour-blind readers distinguish too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from telephone.media.charts.style import Ink

Dashes = tuple[float, tuple[float, ...]]
TIMES: Final = " × "
"""The separator between the two models in the name of a pair."""
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
DASHES: Final[tuple[Dashes, ...]] = (
    (0.0, ()),
    (0.0, (4.0, 1.6)),
    (0.0, (1.2, 1.2)),
    (0.0, (6.0, 1.4, 1.2, 1.4)),
)


@dataclass(frozen=True, slots=True)
class Stroke:
    """The look of one curve."""

    colour: str
    marker: str
    dashes: Dashes


def strokes(names: Sequence[str], ink: Ink) -> dict[str, Stroke]:
    """A style for every name, all different up to 35 names: composed from its factors, or else of its own."""
    found = factors(names, ink)
    if found is None:
        return {name: stroke(ink, k, k) for k, name in enumerate(dict.fromkeys(names))}
    t2i, i2t = found
    halves = {name: name.split(TIMES) for name in names}
    return {name: stroke(ink, t2i.index(a), i2t.index(b)) for name, (a, b) in halves.items()}


def factors(names: Sequence[str], ink: Ink) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The T2I, each a colour, and the I2T, each a marker with its dashes, that meet in these names.

    None where they are no pairs, have one model of a kind in common, or have more models than can be told apart.
    """
    halves = [name.split(TIMES) for name in names]
    if any(len(half) != 2 for half in halves):
        return None
    t2i, i2t = (tuple(sorted({half[side] for half in halves})) for side in (0, 1))
    told_apart = 1 < len(t2i) <= len(ink.series) and 1 < len(i2t) <= len(MARKERS)
    return (t2i, i2t) if told_apart else None


def marked(ink: Ink, stroke: Stroke, *, hollow: bool, size: float = 8) -> dict[str, Any]:
    """The marker's drawing options: hollow means provisional."""
    return {
        "markersize": size,
        "markerfacecolor": ink.ground if hollow else stroke.colour,
        "markeredgecolor": stroke.colour if hollow else ink.ground,
        "markeredgewidth": 2 if hollow else 1,
    }


def stroke(ink: Ink, colour: int, marker: int) -> Stroke:
    """The look of this colour and this marker with its dashes, counted from 0, modulo their number."""
    return Stroke(ink.series[colour % len(ink.series)], MARKERS[marker % len(MARKERS)], DASHES[marker % len(DASHES)])
