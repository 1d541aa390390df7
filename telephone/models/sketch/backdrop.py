"""Paints a setting: a sky above a horizon, a ground below it, and the scenery between them."""

from typing import Final

import numpy as np

from telephone.models.sketch import overhead, underfoot
from telephone.models.sketch.brush import SIDE, Canvas, vignette
from telephone.models.sketch.settings import Backdrop

BRIGHTEST: Final = 240
"""The brightest value of a backdrop: white is reserved for the outlines of stickers."""


def paint(sky: Backdrop, ground: Backdrop, horizon: int, rng: np.random.Generator) -> Canvas:
    """The empty setting. `horizon` is a row; `rng` places clouds, hills and stars."""
    canvas = np.empty((SIDE, SIDE, 3), np.float32)
    canvas[:horizon] = _gradient(sky.far, sky.near, horizon) + rng.normal(0, 4, 3)
    canvas[horizon:] = sky.near
    for add in overhead.PARTS.get(sky.name, ()):
        add(canvas, horizon, rng)
    if sky.indoors:
        overhead.skirting(canvas, horizon, sky)
    else:
        for stand in underfoot.ON_HORIZON.get(ground.name, ()):
            stand(canvas, horizon, rng, sky, ground)
    canvas[horizon:] = _gradient(ground.far, ground.near, SIDE - horizon) + rng.normal(0, 4, 3)
    for add in underfoot.PARTS.get(ground.name, ()):
        add(canvas, horizon, rng)
    canvas[horizon:] *= np.array(sky.light, np.float32)
    vignette(canvas)
    return np.clip(canvas, 0, BRIGHTEST, out=canvas)


def _gradient(first: tuple[int, int, int], last: tuple[int, int, int], rows: int) -> Canvas:
    t = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None]
    return np.asarray(np.array(first, np.float32) * (1 - t) + np.array(last, np.float32) * t, np.float32)
