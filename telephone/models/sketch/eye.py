"""The spotters' recogniser: turns cut-outs into features, and scores the vocabulary's entries for them."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telephone import networks
from telephone.models.sketch.segment import Piece, Pixels
from telephone.models.sketch.vocabulary import ASSETS

Sight = Literal["sharp", "hazy"]
Features = NDArray[np.float32]

FIELD: Final = 128
"""The side of the network's square input, in pixels; the thing is fitted into the middle."""
FIT: Final = 112
CELLS: Final = 12
GREY: Final = 128


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a spotter learnt: features minus `mean`, times `axes`, lie near the rows of `marks` of their entry.

    `owners` is the entry of each mark, `colours` (n, 3) the colour of each entry in training.
    """

    mean: Features
    axes: Features
    marks: Features
    owners: NDArray[np.int16]
    colours: Features


_lock = threading.Lock()
_loaded: dict[str, Any] = {}


def _session() -> Any:
    with _lock:
        if "session" not in _loaded:
            _loaded["session"] = networks.load(ASSETS / "eye.onnx")
        return _loaded["session"]


def lesson(sight: Sight) -> Lesson:
    """The lesson of the spotter with this sight; loaded once."""
    with _lock:
        if sight not in _loaded:
            with np.load(ASSETS / f"eye-{sight}.npz") as table:
                mean, axes, marks, tints = (
                    np.asarray(table[name], np.float32) for name in ("mean", "axes", "marks", "colours")
                )
                _loaded[sight] = Lesson(mean, axes, marks, np.asarray(table["owners"]), tints)
        known: Lesson = _loaded[sight]
        return known


def crop(pixels: Pixels, piece: Piece) -> Pixels:
    """A piece alone on grey, fitted into the network's input, shape (128, 128, 3)."""
    top, bottom, left, right = piece.box
    rows, cols = np.flatnonzero(piece.mask.any(axis=1)), np.flatnonzero(piece.mask.any(axis=0))
    field = Image.new("RGB", (FIELD, FIELD), (GREY, GREY, GREY))
    if not len(rows):
        return np.asarray(field)
    own = (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1))
    seen = np.where(piece.mask[own][..., None], pixels[top:bottom, left:right][own], GREY).astype(np.uint8)
    scale = FIT / max(seen.shape[:2])
    size = (max(1, round(seen.shape[1] * scale)), max(1, round(seen.shape[0] * scale)))
    picture = Image.fromarray(seen).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    field.paste(picture, ((FIELD - size[0]) // 2, (FIELD - size[1]) // 2))
    return np.asarray(field)


def features(crops: Sequence[Pixels]) -> Features:
    """The features of each crop: the network's 1,280 numbers and a thumbnail, each scaled to length 1."""
    if not crops:
        return np.zeros((0, 1280 + 3 * CELLS * CELLS), np.float32)
    batch = np.stack(crops).astype(np.float32)
    feed = np.ascontiguousarray(((batch - 127) / 128).transpose(0, 3, 1, 2))
    (deep,) = _session().run(["features"], {"x": feed})
    inner = (FIELD - FIT) // 2
    cells = batch[:, inner:-inner, inner:-inner] - GREY
    step = FIT // CELLS
    cells = cells[:, : step * CELLS, : step * CELLS].reshape(len(crops), CELLS, step, CELLS, step, 3).mean(axis=(2, 4))
    return np.concatenate([unit(deep), unit(cells.reshape(len(crops), -1))], axis=1)


def scores(known: Lesson, seen: Features) -> Features:
    """The likeness of each row of features to each entry, shape (rows, entries), at most 1."""
    near = unit((seen - known.mean) @ known.axes) @ known.marks.T
    entries = int(known.owners.max()) + 1
    best = np.full((len(seen), entries), -1.0, np.float32)
    np.maximum.at(best.T, known.owners, near.T)
    return best


def unit(rows: NDArray[Any]) -> Features:
    """Rows scaled to length 1; a row of zeros stays."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), np.float32)
