"""The brush strokes of which settings are painted."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[np.float32]
"""An unfinished picture, shape (512, 512, 3), from 0 to 255."""

SIDE: Final = 512
COLUMNS: Final = np.arange(SIDE, dtype=np.float32)


def mix(canvas: Canvas, rows: slice, alpha: NDArray[np.float32], colour: Any) -> None:
    """Blends a colour into some rows, with opacity `alpha`."""
    part = canvas[rows]
    part += alpha[..., None] * (np.asarray(colour, np.float32) - part)


def ridge(canvas: Canvas, tops: NDArray[Any], bottom: int, colour: Any, strength: float = 1.0) -> None:
    """Fills each column from its row in `tops` down to the row `bottom`, with a smooth edge."""
    first = int(max(0, np.floor(tops.min()) - 1))
    if first >= bottom:
        return
    rows = np.arange(first, bottom, dtype=np.float32)[:, None]
    alpha = np.clip(rows - tops[None, :].astype(np.float32) + 0.5, 0, 1) * strength
    mix(canvas, slice(first, bottom), alpha, colour)


def rolling(rng: np.random.Generator, height: float, waves: float) -> NDArray[Any]:
    """A smooth line of hills: heights from 0 to about `height`, one for each column."""
    x = COLUMNS / SIDE * 2 * np.pi
    line = sum(np.sin(x * waves * k + rng.uniform(0, 6.3)) / k for k in (0.5, 1.0, 2.1))
    return np.asarray(height * (0.5 + 0.27 * line))


def glow(canvas: Canvas, x: float, y: float, radius: float, *, colour: Any, strength: float) -> None:
    rows = np.arange(SIDE, dtype=np.float32)[:, None]
    distance = ((COLUMNS[None] - x) ** 2 + (rows - y) ** 2) / radius**2
    mix(canvas, slice(0, SIDE), np.exp(-distance).astype(np.float32) * strength, colour)


def vignette(canvas: Canvas) -> None:
    """Darkens the corners a little."""
    x = (np.arange(SIDE, dtype=np.float32) - SIDE / 2) / (SIDE / 2)
    edge = np.clip(x[None] ** 2 + x[:, None] ** 2 - 0.9, 0, 1)
    canvas *= (1 - 0.13 * edge)[..., None]
