"""Whether all pixels of a PNG are there, found out without making a picture of them.

Of the plain PNGs that image models draw, only the compressed rows are unpacked and thrown away: that finds whatever a
full decode would, in a third of its time.
"""

import struct
import zlib
from typing import Final

from zlib_ng import zlib_ng

from telephone.media.containers import Broken, png_chunks

_PLAIN: Final = (8, 2, 0, 0, 0)
"""Eight bits, RGB, deflate, the five filters, not interlaced."""
_PIECE: Final = 1 << 15
"""Compressed bytes that are unpacked at once: 32 MB at most, however they were packed."""
_FILTERS: Final = bytes(range(5))


def size_of_plain(data: bytes, pixels_max: int) -> tuple[int, int] | None:
    """Width and height of a PNG in plain 8-bit RGB, if every pixel of it can be decoded.

    None for a PNG of any other kind, with other chunks, of more pixels, or in which anything is not as it must be:
    whether that is a picture is for a decoder to say. Raises Broken where its last rows are missing, which a decoder
    would let pass.
    """
    try:
        kinds, chunks = zip(*png_chunks(memoryview(data)), strict=True)
    except (Broken, struct.error):
        return None
    if kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or set(kinds[1:-1]) != {b"IDAT"}:
        return None
    width, height, *form = struct.unpack_from(">2I5B", chunks[0], 8)
    sound = zlib.crc32(chunks[0][4:21]) == struct.unpack_from(">I", chunks[0], 21)[0]
    if not sound or tuple(form) != _PLAIN or not 0 < width * height <= pixels_max:
        return None
    return (width, height) if _has_rows([chunk[8:-4] for chunk in chunks[1:-1]], height, 1 + 3 * width) else None


def _has_rows(packed: list[memoryview], rows: int, length: int) -> bool:
    """Whether compressed data has so many rows of `length` bytes, each with a filter that there is, and ends there.

    Raises Broken where it ends earlier, after whole rows.
    """
    unpacker, size = zlib_ng.decompressobj(), 0
    try:
        for body in packed:
            for at in range(0, len(body), _PIECE):
                piece = unpacker.decompress(body[at : at + _PIECE])
                if size + len(piece) > rows * length or piece[-size % length :: length].strip(_FILTERS):
                    return False
                size += len(piece)
    except zlib_ng.error:  # type: ignore[misc]  # its stubs take the class for one of its values
        return False
    if unpacker.eof and size < rows * length and not size % length:
        raise Broken("rows are missing")
    return size == rows * length and unpacker.eof and not unpacker.unused_data
