"""The parts that settings are made of: clouds, stars, hills, houses, planks and waves.

Every part paints into the canvas it is given. Parts keep clear of the bands in which a spotter reads
the colours of sky and ground, or cover so little of them that the median does not move.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from telephone.models.sketch.settings import Place

Canvas = NDArray[np.float32]
SIDE: Final = 512
_COLUMNS: Final = np.arange(SIDE, dtype=np.float32)


def _mix(canvas: Canvas, rows: slice, alpha: NDArray[np.float32], colour: Any) -> None:
    """Lays a colour over some rows, `alpha` strong."""
    part = canvas[rows]
    part += alpha[..., None] * (np.asarray(colour, np.float32) - part)


def _ridge(canvas: Canvas, tops: NDArray[Any], bottom: int, colour: Any, strength: float = 1.0) -> None:
    """Fills between a line of tops, one for each column, and a row, with a smooth edge."""
    first = int(max(0, np.floor(tops.min()) - 1))
    if first >= bottom:
        return
    rows = np.arange(first, bottom, dtype=np.float32)[:, None]
    alpha = np.clip(rows - tops[None, :].astype(np.float32) + 0.5, 0, 1) * strength
    _mix(canvas, slice(first, bottom), alpha, colour)


def _rolling(rng: np.random.Generator, height: float, waves: float) -> NDArray[Any]:
    """A soft line of hills: heights from 0 to about `height`, one for each column."""
    x = _COLUMNS / SIDE * 2 * np.pi
    line = sum(np.sin(x * waves * k + rng.uniform(0, 6.3)) / k for k in (0.5, 1.0, 2.1))
    return np.asarray(height * (0.5 + 0.27 * line))


def _glow(canvas: Canvas, x: float, y: float, radius: float, *, colour: Any, strength: float) -> None:
    rows = np.arange(SIDE, dtype=np.float32)[:, None]
    distance = ((_COLUMNS[None] - x) ** 2 + (rows - y) ** 2) / radius**2
    _mix(canvas, slice(0, SIDE), np.exp(-distance).astype(np.float32) * strength, colour)


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
    soft = ndimage.zoom(ndimage.gaussian_filter(small, 0.7), 8, order=1)
    _mix(canvas, slice(0, horizon), (soft[:horizon] * strength).astype(np.float32), colour)


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
        _glow(
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
    _glow(canvas, x, horizon - 10, 130, colour=colour, strength=strength)
    _glow(canvas, x, horizon - 4, 46, colour=(255, 244, 214), strength=0.8 * strength)


def rain(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Slanted streaks over the whole sky."""
    veil = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(110):
        x, y, length = rng.integers(8, SIDE - 2), rng.integers(0, horizon - 2), rng.integers(8, 20)
        steps = np.arange(length)
        ys = np.minimum(y + steps, horizon - 1)
        veil[ys, np.maximum(x - steps // 4, 0)] = 0.35
    _mix(canvas, slice(0, horizon), veil[:horizon], (206, 216, 228))


def beams(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Light that falls in slanted beams from above."""
    rows = np.arange(SIDE, dtype=np.float32)[:, None]
    for _ in range(3):
        start, width = rng.uniform(-60, 400), rng.uniform(26, 60)
        edge = np.abs(_COLUMNS[None] - start - 0.55 * rows)
        alpha = np.clip((width - edge) / 12, 0, 1) * 0.22 * np.clip(1.25 - rows / SIDE, 0, 1)
        _mix(canvas, slice(0, SIDE), alpha.astype(np.float32), (255, 240, 190))


def window(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """A window in the wall with the day outside, and its light on the wall."""
    w, h = 112, int(0.5 * horizon)
    x, y = int(rng.choice([34, SIDE - 34 - w])), int(0.15 * horizon)
    _glow(canvas, x + w / 2, y + h / 2, 120, colour=(255, 240, 208), strength=0.5)
    canvas[y - 7 : y + h + 7, x - 7 : x + w + 7] = (166, 122, 84)
    t = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    canvas[y : y + h, x : x + w] = np.array((146, 202, 240)) * (1 - t) + np.array((214, 236, 236)) * t
    canvas[y : y + h, x + w // 2 - 3 : x + w // 2 + 3] = (178, 134, 94)
    canvas[y + h // 2 - 3 : y + h // 2 + 3, x : x + w] = (178, 134, 94)
    canvas[y + h + 7 : y + h + 15, x - 14 : x + w + 14] = (150, 106, 70)


def arches(canvas: Canvas, horizon: int, rng: np.random.Generator) -> None:
    """Columns and pointed arches in the dark, two torches between them."""
    period, offset = 128, rng.uniform(0, 128)
    phase = np.abs(((_COLUMNS + offset) % period) - period / 2) / (period / 2)
    tops = 0.2 * horizon + 0.42 * horizon * np.clip(phase / 0.8, 0, 1) ** 2.4
    inside = np.where(phase < 0.8, tops, horizon)
    _ridge(canvas, inside, horizon, (40, 22, 28), 0.55)
    for x in (np.arange(5) * period + period - offset)[:5]:
        _glow(canvas, float(x), 0.52 * horizon, 30, colour=(255, 176, 84), strength=0.75)


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


def skirting(canvas: Canvas, horizon: int, sky: Place) -> None:
    """The board between a wall and its floor."""
    canvas[horizon - 12 : horizon] = np.array(sky.near, np.float32) * 0.72
    canvas[horizon - 12 : horizon - 10] = np.array(sky.near, np.float32) * 0.9


def vignette(canvas: Canvas) -> None:
    """Corners a little darker, so that the eye stays inside."""
    x = (np.arange(SIDE, dtype=np.float32) - SIDE / 2) / (SIDE / 2)
    edge = np.clip(x[None] ** 2 + x[:, None] ** 2 - 0.9, 0, 1)
    canvas *= (1 - 0.13 * edge)[..., None]


def hills(canvas: Canvas, horizon: int, rng: np.random.Generator, sky: Place, ground: Place) -> None:
    """Two rows of hills, the farther one in the colour of the air."""
    air, near = np.array(sky.near, np.float32), np.array(ground.far, np.float32)
    _ridge(canvas, horizon - 14 - _rolling(rng, 62, 1.3), horizon, 0.55 * air + 0.35 * near)
    _ridge(canvas, horizon - 2 - _rolling(rng, 34, 1.9), horizon, 0.25 * air + 0.66 * near)


def peaks(canvas: Canvas, horizon: int, rng: np.random.Generator, sky: Place, ground: Place) -> None:
    """Sharp mountains; snow lies on those that stand in snow."""
    air, near = np.array(sky.near, np.float32), np.array(ground.near, np.float32)
    for layer, height in ((0.62, 108.0), (0.35, 62.0)):
        corners = np.arange(-40, SIDE + 80, int(rng.integers(46, 66)))
        tops = horizon - rng.uniform(0.25, 1.0, len(corners)) * height
        tops[::2] = horizon - rng.uniform(0.0, 0.2, len(tops[::2])) * height
        line = np.interp(_COLUMNS, corners, tops)
        body = layer * air + (1 - layer) * near * 0.86
        _ridge(canvas, line, horizon, body)
        if ground.name == "snow":
            cap = np.maximum(line, horizon - 0.44 * height + 5 * np.sin(_COLUMNS / 5))
            rows = np.arange(SIDE, dtype=np.float32)[:, None]
            alpha = (np.clip(rows - line + 0.5, 0, 1) * np.clip(cap - rows, 0, 1)).astype(np.float32)
            _mix(canvas, slice(0, SIDE), 0.7 * alpha, (238, 240, 240))


def houses(
    canvas: Canvas, horizon: int, rng: np.random.Generator, sky: Place, ground: Place, *, tall: float, gables: bool
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
            roof = top - np.clip(w / 2 - np.abs(_COLUMNS - x - w / 2), 0, None) * 0.8
            _ridge(canvas, np.where((x <= _COLUMNS) & (x + w > _COLUMNS), roof, top), top, shade * 0.86)
        for wy in range(top + 8, horizon - 10, 15):
            for wx in range(x + 6, x + w - 8, 12):
                if 0 <= wx < SIDE - 6 and rng.uniform() < 0.55:
                    canvas[wy : wy + 7, wx : wx + 5] = light
        x += w + int(rng.integers(0, 5))


def spires(canvas: Canvas, horizon: int, rng: np.random.Generator, sky: Place, ground: Place) -> None:
    """Crystals and needles of stone on the horizon."""
    air, near = np.array(sky.near, np.float32), np.array(ground.far, np.float32)
    for _ in range(9):
        x, w, h = rng.uniform(0, SIDE), rng.uniform(10, 24), rng.uniform(26, 96)
        lean = rng.uniform(-0.25, 0.25) * w
        for side, shade in ((-1, 0.95), (1, 0.7)):
            reach = np.clip(1 - np.abs(_COLUMNS - x - lean) / w, 0, 1) * (np.sign(_COLUMNS - x - lean) == side)
            _ridge(canvas, horizon - h * reach, horizon, (0.5 * air + 0.5 * near) * shade)


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
    _mix(canvas, slice(horizon, SIDE), veil[horizon:], colour)


def perspective(canvas: Canvas, horizon: int, rng: np.random.Generator, across: float, depth: float) -> None:
    """Lines that meet far behind the horizon: planks, or with `across` lines too, tiles."""
    rows = np.arange(horizon, SIDE, dtype=np.float32)[:, None]
    t = (rows - horizon + 40) / (SIDE - horizon + 40)
    place = (_COLUMNS[None] - SIDE / 2) / t
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
        cell = (_COLUMNS[None] + (row % 2) * size) / (2 * size)
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
        d = np.sqrt(((_COLUMNS[None] - x) / r) ** 2 + ((rows - y) / (0.36 * r)) ** 2)
        canvas[horizon:] *= (1 - 0.16 * (d < 0.9) + 0.18 * ((d >= 0.9) & (d < 1.06)))[..., None]


SkyPart = Callable[[Canvas, int, np.random.Generator], None]
SkylinePart = Callable[[Canvas, int, np.random.Generator, Place, Place], None]

SKY: Final[dict[str, tuple[SkyPart, ...]]] = {
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
SKYLINE: Final[dict[str, tuple[SkylinePart, ...]]] = {
    "grass": (hills,),
    "sand": (hills,),
    "snow": (peaks,),
    "street": (partial(houses, tall=118.0, gables=False),),
    "cobbles": (partial(houses, tall=84.0, gables=True),),
    "rock": (spires,),
    "water": (),
}
GROUND: Final[dict[str, tuple[SkyPart, ...]]] = {
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
