"""Composes a picture from a scene, as stickers or as doodles, and records what was drawn where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telephone.models.sketch import backdrop, lexicon, ndimage
from telephone.models.sketch.glyphs import glyph
from telephone.models.sketch.hands import Cutout, doodle, sticker
from telephone.models.sketch.layout import GAP, MARGIN, SIDE, arrange
from telephone.models.sketch.parse import Scene, Thing
from telephone.models.sketch.settings import PAPERS, DrawingPaper

MOST_DOODLES: Final = 4


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawn thing: its entry and its box (left, top, right, bottom)."""

    entry: int
    paint: str | None
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """The finished pixels, shape (512, 512, 3), and the things drawn in them."""

    pixels: NDArray[np.uint8]
    drawn: tuple[Drawn, ...]


def stickers(scene: Scene, rng: np.random.Generator) -> Picture:
    """A setting with stickers on it."""
    horizon = int(rng.integers(286, 326))
    canvas = backdrop.paint(scene.sky, scene.ground, horizon, rng)
    drawn: list[Drawn] = []
    for spot in arrange(scene.things, horizon, rng):
        angle = float(np.clip(rng.normal(0, 6), -14, 14))
        cut = sticker(glyph("fluent", spot.thing.entry), round(spot.size), angle, spot.thing.paint)
        foot = spot.foot if spot.over is None or spot.is_in_front else _upon(drawn[spot.over].box)
        drawn.append(_laid(canvas, cut, spot.x, foot, spot.thing))
    return Picture(np.clip(canvas, 0, 255).astype(np.uint8), tuple(drawn))


def _upon(box: tuple[int, int, int, int]) -> float:
    """The row for the foot of a thing that stands on this box: a little below its upper edge."""
    _, top, _, bottom = box
    return top + min(0.24 * (bottom - top), 30.0)


def _laid(canvas: NDArray[np.float32], cut: Cutout, x: float, foot: float, thing: Thing) -> Drawn:
    """Pastes a cutout with its foot at `x` and `foot`, moved wholly inside the picture."""
    pad = cut.margin
    left = int(np.clip(x - cut.width / 2, 4 - pad, SIDE - 4 - cut.width + pad))
    top = int(np.clip(foot - cut.height + pad, 4 - pad, SIDE - 4 - cut.height + pad))
    cut.lay(canvas, left, top)
    return Drawn(thing.entry, thing.paint, (left + pad, top + pad, left + cut.width - pad, top + cut.height - pad))


def doodles(scene: Scene, text: str, rng: np.random.Generator) -> Picture:
    """At most four things in pen and crayon on a sheet of paper, side by side."""
    paper = _paper_for(text)
    canvas = _sheet(paper, rng)
    drawn = []
    things = _few(scene.things)
    for thing, (x, y, size) in zip(things, _places(len(things), rng), strict=True):
        cut = doodle(glyph("noto", thing.entry), round(size), float(np.clip(rng.normal(0, 8), -18, 18)), paper.ink, rng)
        drawn.append(_laid(canvas, cut, x, y + cut.height / 2, replace(thing, paint=None)))
    return Picture(np.clip(canvas, 0, 255).astype(np.uint8), tuple(drawn))


def _few(things: Sequence[Thing]) -> list[Thing]:
    """The first few things in the order of the text, one of each kind before a second of any."""
    kept = sorted(sorted(things, key=lambda t: -t.sure)[:MOST_DOODLES], key=lambda t: t.span)
    counts = [1] * len(kept)
    for i, thing in enumerate(kept):
        while counts[i] < thing.count and sum(counts) < MOST_DOODLES:
            counts[i] += 1
    return [thing for thing, count in zip(kept, counts, strict=True) for _ in range(count)]


def _places(count: int, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """The middle and the size of each drawing: one in the centre, two side by side, three, or two rows."""
    rows = {1: (1,), 2: (2,), 3: (1, 2) if rng.uniform() < 0.5 else (2, 1), 4: (2, 2)}[max(count, 1)]
    places = []
    height = (SIDE - 2 * MARGIN) / len(rows)
    for r, n in enumerate(rows):
        width = (SIDE - 2 * MARGIN) / n
        size = min(width, height, 300) - 4 * GAP
        for c in range(n):
            own = size * rng.uniform(0.82, 0.96)
            x = MARGIN + width * (c + 0.5) + rng.uniform(-1, 1) * 8
            y = MARGIN + height * (r + 0.5) + rng.uniform(-1, 1) * 8
            places.append((x, y, own))
    return places[:count]


def _paper_for(text: str) -> DrawingPaper:
    vector = lexicon.THESAURUS.vector(text)
    return max(PAPERS, key=lambda paper: float(vector @ lexicon.THESAURUS.vector(paper.like)))


def _sheet(paper: DrawingPaper, rng: np.random.Generator) -> NDArray[np.float32]:
    """A sheet of paper with a faint grain, and its lines or squares if it has any."""
    canvas = np.empty((SIDE, SIDE, 3), np.float32)
    canvas[:] = paper.sheet
    offset = int(rng.integers(0, 26))
    if paper.name in ("lined", "squared", "navy"):
        canvas[offset::26] = paper.lines
    if paper.name in ("squared", "navy"):
        canvas[:, offset::26] = paper.lines
    grain = ndimage.zoom(rng.normal(0, 1, (34, 34)), SIDE / 34)[:SIDE, :SIDE]
    return np.asarray(canvas + 1.6 * np.round(grain)[..., None], np.float32)
