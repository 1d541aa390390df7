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
_SIZE: Final = slice(16, 24)
"""Where a PNG says its width and height."""


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
