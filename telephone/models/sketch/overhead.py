"""Scenery above the horizon: clouds, stars, rain, and the walls of rooms.

Every function paints into the canvas it is given. They keep clear of the bands in which a spotter reads
the colours of sky and ground, or cover so little of them that the median does not move.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from telephone.models.sketch import brush, ndimage
from telephone.models.sketch.brush import SIDE, Canvas
from telephone.models.sketch.settings import Backdrop


def clouds(canvas: Canvas, horizon: int, rng: np.random.Generator, colour: Any, strength: float) -> None:
    """A few soft clouds of small puffs, flat below."""
    small = np.zeros((64, 64), np.float32)
    for _ in range(3):
        x, y = rng.uniform(4, 60), rng.uniform(0.12, 0.72) * horizon / 8
        for _ in range(5):
            dx, r = rng.normal(0, 4.0), rng.uniform(1.4, 2.8)
            rows, cols = np.ogrid[:64, :64]
            puff = np.exp(-(((cols - x - dx) / (1.5 * r)) ** 2 + ((rows - y - rng.uniform(-0.8, 0.4)) / r) ** 2))
            np.maximum(small, puff * (rows < y + 1.6), out=small)
    soft = ndimage.zoom(ndimage.gaussian_filter(small, 0.7), 8)
    brush.mix(canvas, slice(0, horizon), (soft[:horizon] * strength).astype(np.float32), colour)


def stars(canvas: Canvas, horizon: int, rng: np.random.Generator, count: int) -> None:
    """Points of light, a few of them larger."""
    for _ in range(count):
        x, y, r = rng.integers(3, SIDE - 3), rng.integers(3, max(8, horizon - 12)), rng.choice([1, 1, 1, 2])
        light = rng.uniform(0.45, 0.95)
        canvas[y, x] += light * (235 - canvas[y, x])
        if r == 2:
            for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                canvas[y + dy, x + dx] += 0.45 * light * (235 - canvas[y + dy, x + dx])


def nebula(canvas: Canvas, horizon: int, rng: np.random.Generator, colour: Any) -> None:
    """Two wide veils of light, low enough to leave the top dark."""
    for _ in range(2):
        brush.glow(
            canvas,
            rng.uniform(0, SIDE),
            rng.uniform(0.5, 0.8) * horizon,
            rng.uniform(60, 110),
            colour=colour,
            strength=0.4,
        )


def low_sun(canvas: Canvas, horizon: int, rng: np.random.Generator, colour: Any, strength: float) -> None:
    """The glow of a sun behind the horizon."""
    x = rng.uniform(90, SIDE - 90)
    brush.glow(canvas, x, horizon - 10, 130, colour=colour, strength=strength)
    brush.glow(canvas, x, horizon - 4, 46, colour=(255, 244, 214), strength=0.8 * strength)


def rain(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Slanted streaks over the whole sky."""
    veil = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(110):
        x, y, length = rng.integers(8, SIDE - 2), rng.integers(0, horizon - 2), rng.integers(8, 20)
        steps = np.arange(length)
        ys = np.minimum(y + steps, horizon - 1)
        veil[ys, np.maximum(x - steps // 4, 0)] = 0.35
    brush.mix(canvas, slice(0, horizon), veil[:horizon], (206, 216, 228))


def beams(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Light that falls in slanted beams from above."""
    rows = np.arange(SIDE, dtype=np.float32)[:, None]
    for _ in range(3):
        start, width = rng.uniform(-60, 400), rng.uniform(26, 60)
        edge = np.abs(brush.COLUMNS[None] - start - 0.55 * rows)
        alpha = np.clip((width - edge) / 12, 0, 1) * 0.22 * np.clip(1.25 - rows / SIDE, 0, 1)
        brush.mix(canvas, slice(0, SIDE), alpha.astype(np.float32), (255, 240, 190))


def window(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """A window in the wall with the day outside, and its light on the wall."""
    w, h = 112, int(0.5 * horizon)
    x, y = int(rng.choice([34, SIDE - 34 - w])), int(0.15 * horizon)
    brush.glow(canvas, x + w / 2, y + h / 2, 120, colour=(255, 240, 208), strength=0.5)
    canvas[y - 7 : y + h + 7, x - 7 : x + w + 7] = (166, 122, 84)
    t = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    canvas[y : y + h, x : x + w] = np.array((146, 202, 240)) * (1 - t) + np.array((214, 236, 236)) * t
    canvas[y : y + h, x + w // 2 - 3 : x + w // 2 + 3] = (178, 134, 94)
    canvas[y + h // 2 - 3 : y + h // 2 + 3, x : x + w] = (178, 134, 94)
    canvas[y + h + 7 : y + h + 15, x - 14 : x + w + 14] = (150, 106, 70)


def arches(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Columns and pointed arches in the dark, two torches between them."""
    period, offset = 128, rng.uniform(0, 128)
    phase = np.abs(((brush.COLUMNS + offset) % period) - period / 2) / (period / 2)
    tops = 0.2 * horizon + 0.42 * horizon * np.clip(phase / 0.8, 0, 1) ** 2.4
    inside = np.where(phase < 0.8, tops, horizon)
    brush.ridge(canvas, inside, horizon, (40, 22, 28), 0.55)
    for x in (np.arange(5) * period + period - offset)[:5]:
        brush.glow(canvas, float(x), 0.52 * horizon, 30, colour=(255, 176, 84), strength=0.75)


def panels(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Wall panels, and screens with curves on them just above the floor."""
    for x in range(int(rng.integers(30, 90)), SIDE, 96):
        canvas[:horizon, x : x + 2] -= 16
    top = int(0.64 * horizon)
    for x in range(int(rng.integers(14, 40)), SIDE - 90, 124):
        canvas[top : top + 58, x : x + 92] = (64, 96, 116)
        canvas[top + 4 : top + 54, x + 4 : x + 88] = (34, 66, 92)
        line = np.arange(84)
        curve = top + 29 + 15 * np.sin(line / rng.uniform(5, 11) + rng.uniform(0, 6))
        for thick in (0, 1):
            canvas[curve.astype(int) + thick, x + 4 + line] = (120, 232, 222)


def skirting(canvas: Canvas, horizon: int, sky: Backdrop) -> None:
    """The board between a wall and its floor."""
    canvas[horizon - 12 : horizon] = np.array(sky.near, np.float32) * 0.72
    canvas[horizon - 12 : horizon - 10] = np.array(sky.near, np.float32) * 0.9


Part = Callable[[Canvas, int, np.random.Generator], None]

PARTS: Final[dict[str, tuple[Part, ...]]] = {
    "blue": (partial(clouds, colour=(240, 246, 250), strength=0.85),),
    "sunset": (
        partial(low_sun, colour=(255, 196, 110), strength=0.8),
        partial(clouds, colour=(246, 150, 120), strength=0.4),
    ),
    "night": (partial(stars, count=70),),
    "space": (partial(nebula, colour=(92, 40, 120)), partial(stars, count=130)),
    "storm": (partial(clouds, colour=(120, 126, 138), strength=0.8), rain),
    "dawn": (
        partial(low_sun, colour=(255, 228, 200), strength=0.7),
        partial(clouds, colour=(250, 232, 236), strength=0.6),
    ),
    "haze": (beams,),
    "indigo": (partial(nebula, colour=(96, 200, 214)), partial(stars, count=60)),
    "room": (window,),
    "hall": (arches,),
    "lab": (panels,),
}
