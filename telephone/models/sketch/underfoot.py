"""Scenery on the horizon and below it: hills, houses, planks and waves.

Every function paints into the canvas it is given. They keep clear of the bands in which a spotter reads
the colours of sky and ground, or cover so little of them that the median does not move.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from telephone.models.sketch import brush
from telephone.models.sketch.brush import SIDE, Canvas
from telephone.models.sketch.settings import Backdrop


def hills(canvas: Canvas, horizon: int, rng: np.random.Generator, sky: Backdrop, ground: Backdrop) -> None:
    """Two rows of hills, the farther one in the colour of the air."""
    air, near = np.array(sky.near, np.float32), np.array(ground.far, np.float32)
    brush.ridge(canvas, horizon - 14 - brush.rolling(rng, 62, 1.3), horizon, 0.55 * air + 0.35 * near)
    brush.ridge(canvas, horizon - 2 - brush.rolling(rng, 34, 1.9), horizon, 0.25 * air + 0.66 * near)


def peaks(canvas: Canvas, horizon: int, rng: np.random.Generator, sky: Backdrop, ground: Backdrop) -> None:
    """Sharp mountains; snow lies on those that stand in snow."""
    air, near = np.array(sky.near, np.float32), np.array(ground.near, np.float32)
    for layer, height in ((0.62, 108.0), (0.35, 62.0)):
        corners = np.arange(-40, SIDE + 80, int(rng.integers(46, 66)))
        tops = horizon - rng.uniform(0.25, 1.0, len(corners)) * height
        tops[::2] = horizon - rng.uniform(0.0, 0.2, len(tops[::2])) * height
        line = np.interp(brush.COLUMNS, corners, tops)
        body = layer * air + (1 - layer) * near * 0.86
        brush.ridge(canvas, line, horizon, body)
        if ground.name == "snow":
            cap = np.maximum(line, horizon - 0.44 * height + 5 * np.sin(brush.COLUMNS / 5))
            rows = np.arange(SIDE, dtype=np.float32)[:, None]
            alpha = (np.clip(rows - line + 0.5, 0, 1) * np.clip(cap - rows, 0, 1)).astype(np.float32)
            brush.mix(canvas, slice(0, SIDE), 0.7 * alpha, (238, 240, 240))


def houses(
    canvas: Canvas,
    horizon: int,
    rng: np.random.Generator,
    sky: Backdrop,
    ground: Backdrop,
    *,
    tall: float,
    gables: bool,
) -> None:
    """The outline of a town, with light in some of its windows."""
    air = np.array(sky.near, np.float32)
    dark = float(air.mean()) < 120
    body = air * 0.62 + np.array(ground.near, np.float32) * (0.12 if dark else 0.2)
    light = (255, 214, 120) if dark or sky.name == "sunset" else tuple(0.84 * air + 30)
    x = -int(rng.integers(0, 20))
    while x < SIDE:
        w, h = int(rng.integers(30, 58)), int(rng.uniform(0.45, 1.0) * tall)
        left, right, top = max(x, 0), min(x + w, SIDE), horizon - h
        shade = body * rng.uniform(0.84, 1.1)
        canvas[top:horizon, left:right] = shade
        if gables:
            roof = top - np.clip(w / 2 - np.abs(brush.COLUMNS - x - w / 2), 0, None) * 0.8
            brush.ridge(canvas, np.where((x <= brush.COLUMNS) & (x + w > brush.COLUMNS), roof, top), top, shade * 0.86)
        for wy in range(top + 8, horizon - 10, 15):
            for wx in range(x + 6, x + w - 8, 12):
                if 0 <= wx < SIDE - 6 and rng.uniform() < 0.55:
                    canvas[wy : wy + 7, wx : wx + 5] = light
        x += w + int(rng.integers(0, 5))


def spires(canvas: Canvas, horizon: int, rng: np.random.Generator, sky: Backdrop, ground: Backdrop) -> None:
    """Crystals and needles of stone on the horizon."""
    air, near = np.array(sky.near, np.float32), np.array(ground.far, np.float32)
    for _ in range(9):
        x, w, h = rng.uniform(0, SIDE), rng.uniform(10, 24), rng.uniform(26, 96)
        lean = rng.uniform(-0.25, 0.25) * w
        for side, shade in ((-1, 0.95), (1, 0.7)):
            reach = np.clip(1 - np.abs(brush.COLUMNS - x - lean) / w, 0, 1) * (
                np.sign(brush.COLUMNS - x - lean) == side
            )
            brush.ridge(canvas, horizon - h * reach, horizon, (0.5 * air + 0.5 * near) * shade)


def tufts(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Blades of grass and a few small flowers."""
    for _ in range(70):
        x, y, h = int(rng.integers(4, SIDE - 8)), int(rng.integers(horizon + 14, SIDE - 4)), int(rng.integers(5, 10))
        for dx, lean in ((0, -0.4), (2, 0.0), (4, 0.4)):
            steps = np.arange(h)
            canvas[y - steps, np.clip(x + dx + (lean * steps).astype(int), 0, SIDE - 1)] *= 0.84
    for _ in range(16):
        x, y = int(rng.integers(6, SIDE - 6)), int(rng.integers(horizon + 20, SIDE - 6))
        canvas[y - 1 : y + 2, x - 1 : x + 2] = ((236, 232, 214), (250, 214, 92), (238, 150, 178))[int(rng.integers(3))]


def ripples(canvas: Canvas, horizon: int, rng: np.random.Generator, colour: Any, strength: float) -> None:
    """Short waving lines, wider towards the front."""
    veil = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(60):
        depth = rng.uniform(0.02, 0.99) ** 0.8
        y = horizon + depth * (SIDE - 6 - horizon)
        length, x = int(20 + 60 * depth), int(rng.integers(-30, SIDE))
        steps = np.arange(max(x, 0), min(x + length, SIDE))
        ys = (y + (1 + 2 * depth) * np.sin((steps - x) / (4 + 6 * depth))).astype(int)
        for thick in range(1 + int(2 * depth)):
            veil[np.clip(ys + thick, horizon, SIDE - 1), steps] = strength
    brush.mix(canvas, slice(horizon, SIDE), veil[horizon:], colour)


def perspective(canvas: Canvas, horizon: int, rng: np.random.Generator, across: float, depth: float) -> None:
    """Lines that meet far behind the horizon: planks, or with `across` lines too, tiles."""
    rows = np.arange(horizon, SIDE, dtype=np.float32)[:, None]
    t = (rows - horizon + 40) / (SIDE - horizon + 40)
    place = (brush.COLUMNS[None] - SIDE / 2) / t
    line = np.abs(((place + 31) % 62) - 31) < 1.3 / t
    if across:
        z = 1 / t
        line |= np.abs(((z * 5 + 0.5) % 1) - 0.5) < 0.035 * z
    canvas[horizon:] *= (1 - depth * line)[..., None]
    if not across:
        board = ((place + 31) // 62).astype(int)
        shade = rng.uniform(0.94, 1.05, 512)[board % 512]
        canvas[horizon:] *= shade[..., None]


def stones(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Rounded cobbles in rows."""
    y, size, row = float(horizon + 2), 9.0, 0
    while y < SIDE:
        height = int(min(size, SIDE - y))
        rows = np.arange(height, dtype=np.float32)[:, None] / size - 0.5
        cell = (brush.COLUMNS[None] + (row % 2) * size) / (2 * size)
        shape = (np.abs(cell % 1 - 0.5) * 2) ** 4 + (np.abs(rows) * 2) ** 4
        shade = rng.uniform(0.92, 1.07, 64)[(cell.astype(int) + 7 * row) % 64]
        canvas[int(y) : int(y) + height] *= np.where(shape < 0.8, shade, 0.83)[..., None]
        y, size, row = y + size, size * 1.12, row + 1


def road(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """A kerb along the horizon and the dashes in the middle of the road."""
    canvas[horizon : horizon + 9] = (168, 168, 176)
    canvas[horizon + 9 : horizon + 12] = (70, 72, 82)
    y, offset = int(horizon + 0.52 * (SIDE - horizon)), int(rng.integers(0, 60))
    for x in range(-offset, SIDE, 92):
        canvas[y : y + 7, max(x, 0) : max(x + 52, 0)] = (216, 212, 196)


def border(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """The golden edge of a carpet."""
    for y in (horizon + 10, horizon + 18):
        canvas[y : y + 3] = (226, 178, 84)
    for x in range(int(rng.integers(4, 30)), SIDE, 34):
        canvas[horizon + 24 : horizon + 30, x : x + 6] = (226, 178, 84)


def craters(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Shallow craters with a lit rim."""
    for _ in range(9):
        depth = rng.uniform(0.08, 0.95)
        x, y, r = rng.uniform(0, SIDE), horizon + depth * (SIDE - horizon), 8 + 26 * depth
        rows = np.arange(horizon, SIDE, dtype=np.float32)[:, None]
        d = np.sqrt(((brush.COLUMNS[None] - x) / r) ** 2 + ((rows - y) / (0.36 * r)) ** 2)
        canvas[horizon:] *= (1 - 0.16 * (d < 0.9) + 0.18 * ((d >= 0.9) & (d < 1.06)))[..., None]


Part = Callable[[Canvas, int, np.random.Generator], None]
HorizonPart = Callable[[Canvas, int, np.random.Generator, Backdrop, Backdrop], None]

ON_HORIZON: Final[dict[str, tuple[HorizonPart, ...]]] = {
    "grass": (hills,),
    "sand": (hills,),
    "snow": (peaks,),
    "street": (partial(houses, tall=118.0, gables=False),),
    "cobbles": (partial(houses, tall=84.0, gables=True),),
    "rock": (spires,),
    "water": (),
}
PARTS: Final[dict[str, tuple[Part, ...]]] = {
    "grass": (tufts,),
    "sand": (partial(ripples, colour=(196, 152, 92), strength=0.45),),
    "water": (partial(ripples, colour=(190, 228, 240), strength=0.5),),
    "snow": (partial(ripples, colour=(168, 194, 222), strength=0.5),),
    "street": (road,),
    "cobbles": (stones,),
    "rock": (craters,),
    "wood": (partial(perspective, across=0.0, depth=0.3),),
    "carpet": (border,),
    "tiles": (partial(perspective, across=1.0, depth=0.16),),
}
