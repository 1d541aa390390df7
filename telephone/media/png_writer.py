"""Pixels as a PNG file, for pictures that are drawn here: Pillow takes ten times as long and makes larger files."""

import struct
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zlib_ng import zlib_ng

from telephone.media.containers import PNG_HEAD

_RGB: Final = (8, 2, 0, 0, 0)
"""Eight bits, RGB, deflate, the five filters, not interlaced."""
_LEVEL: Final = 3
"""Of zlib-ng; higher ones take longer and save little."""


def png_of(pixels: NDArray[np.uint8]) -> bytes:
    """Rows of RGB pixels, height × width × 3, as a PNG file; the same pixels give the same bytes.

    No row is filtered, which suits areas of one colour: it halves the file of a chart, and would double a photograph's.
    """
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = pixels.reshape(height, 3 * width)
    packed = zlib_ng.compress(rows, _LEVEL)
    return PNG_HEAD + b"".join(
        _chunk(kind, body)
        for kind, body in ((b"IHDR", struct.pack(">2I5B", width, height, *_RGB)), (b"IDAT", packed), (b"IEND", b""))
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
