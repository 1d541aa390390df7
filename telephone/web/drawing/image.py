"""Checks a drawing that a browser hands in, and encodes it again."""

import struct
from typing import Final

from telephone.errors import BadInput, BadOutput
from telephone.media.containers import PNG_HEAD
from telephone.media.images import encode, opened, verify

BYTES_MAX: Final = 8 * 2**20
"""Largest drawing taken, in bytes: twice what our page full of noise takes."""
SIDE_MAX: Final = 2048
"""Longest side of a drawing, in pixels."""

NO_PNG: Final = "That is no PNG; please draw on the page, or hand in a picture with Upload in Discord."
TOO_LARGE: Final = f"A drawing may have {SIDE_MAX} × {SIDE_MAX} pixels at most; please hand in a smaller one."
TOO_HEAVY: Final = f"A drawing may take {BYTES_MAX // 2**20} MB at most; please hand in a simpler one."
DAMAGED: Final = "The drawing arrived damaged or cut short; please hand it in again."
_SPARE: Final = 64 * 1024
"""Bytes of a file beyond its pixels, which take up to eight each: chunks, and blocks that do not get smaller."""
_SIZE: Final = slice(16, 24)
"""Where a PNG says its width and height."""
HEAD: Final = _SIZE.stop
"""Bytes after which a PNG has said its size."""


def bytes_for(begins: bytes) -> int:
    """The most bytes that a drawing can need which begins so: its pixels as they are, and something for the file.

    BYTES_MAX where the beginning does not say how large it is. Raises BadInput for what is no PNG, or too large a one.
    """
    if not begins.startswith(PNG_HEAD[: len(begins)]):
        raise BadInput(NO_PNG)
    if len(begins) < _SIZE.stop:
        return BYTES_MAX
    width, height = struct.unpack(">II", begins[_SIZE])
    if max(width, height) > SIDE_MAX:
        raise BadInput(TOO_LARGE)
    return int(min(BYTES_MAX, _SPARE + height * (8 * width + 1)))


def png_of(data: bytes) -> bytes:
    """The pixels of a PNG as a PNG that we wrote: opaque, 8-bit RGB, and nothing else of what came. Takes CPU.

    Raises BadInput for what is no PNG, is damaged, or has more than 2048 pixels a side.
    """
    if not data.startswith(PNG_HEAD):
        raise BadInput(NO_PNG)
    if len(data) < _SIZE.stop:
        raise BadInput(DAMAGED)
    if max(struct.unpack(">II", data[_SIZE])) > SIDE_MAX:
        raise BadInput(TOO_LARGE)
    try:
        return encode(opened(verify(data)), "PNG").data
    except BadOutput as error:
        raise BadInput(DAMAGED) from error
