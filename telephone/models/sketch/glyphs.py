"""The glyphs that the artists draw with, unpacked at first use."""

import io
import threading
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telephone.models.sketch.vocabulary import ASSETS

Glyph = NDArray[np.uint8]
"""A square cut-out with channels red, green, blue and alpha."""

KEPT: Final = 160
"""How many unpacked glyphs are cached: some 20 MB."""

_lock = threading.Lock()
_packs: dict[str, Any] = {}


def _pack(style: str) -> Any:
    with _lock:
        if style not in _packs:
            with np.load(ASSETS / f"glyphs-{style}.npz") as pack:
                _packs[style] = (pack["data"], pack["ends"])
        return _packs[style]


@lru_cache(maxsize=KEPT)
def glyph(style: str, entry: int) -> Glyph:
    """The picture of one entry in a style (`fluent` or `noto`); read-only."""
    data, ends = _pack(style)
    first = int(ends[entry - 1]) if entry else 0
    with Image.open(io.BytesIO(data[first : int(ends[entry])].tobytes())) as picture:
        pixels = np.asarray(picture.convert("RGBA")).copy()
    pixels.flags.writeable = False
    return pixels
