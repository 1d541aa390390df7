"""What the chunks of a PNG say of its colours: cICP before iCCP, sRGB, and then gAMA with cHRM (PNG, third edition)."""

import struct
import zlib
from collections.abc import Mapping
from typing import Final

from telephone.media.colour import (
    DISPLAY_P3,
    REC2020,
    SRGB,
    SRGB_CURVE,
    Curve,
    Primaries,
    power,
    profile_of,
)

PNG_COLOURS: Final = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
PROFILE_MAX: Final = 8 * 2**20
"""The longest profile that is read, in bytes; those of printers take up to 3 MB."""

_PRIMARIES: Final = {1: SRGB, 9: REC2020, 12: DISPLAY_P3}
_REC709: Final[Curve] = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_CURVES: Final = {
    1: _REC709,
    4: power(2.2),
    5: power(2.8),
    6: _REC709,
    8: power(1.0),
    13: SRGB_CURVE,
    14: _REC709,
    15: _REC709,
}
"""Primaries and curves by their numbers in ITU-T H.273; those of high dynamic range are left out."""
_SCREEN: Final = 1 / 2.2
_NEAR: Final = 0.02
"""A gamma within a fiftieth of 1 / 2.2 means sRGB: that is how sRGB was written before it had a chunk."""


def png_profile(chunks: Mapping[bytes, bytes]) -> bytes | None:
    """The ICC profile of a PNG by the contents of its chunks; None where it is sRGB, or nothing can be read."""
    try:
        coded = _by_code(chunks.get(b"cICP", b""))
        if coded is not None:
            return None if coded == (SRGB, SRGB_CURVE) else profile_of(*coded)
        if b"iCCP" in chunks:
            return _unpacked(chunks[b"iCCP"])
        if b"sRGB" in chunks or not {b"gAMA", b"cHRM"} & chunks.keys():
            return None
        return _measured(chunks)
    except (struct.error, zlib.error, ValueError, IndexError):
        return None


def _by_code(chunk: bytes) -> tuple[Primaries, Curve] | None:
    """Primaries and curve by code points of full-range RGB; None for any that are not known here."""
    if len(chunk) != 4 or chunk[2:] != b"\x00\x01" or chunk[0] not in _PRIMARIES or chunk[1] not in _CURVES:
        return None
    return _PRIMARIES[chunk[0]], _CURVES[chunk[1]]


def _unpacked(chunk: bytes) -> bytes | None:
    """The profile in an iCCP chunk: a name, a zero, the method 0, and the profile compressed."""
    _, _, packed = chunk.partition(b"\0")
    unpacker = zlib.decompressobj()
    profile = unpacker.decompress(packed[1:], PROFILE_MAX)
    return profile if unpacker.eof else None


def _measured(chunks: Mapping[bytes, bytes]) -> bytes | None:
    """The profile of a gamma and of primaries, each sRGB's where it is missing."""
    gamma = struct.unpack(">I", chunks[b"gAMA"])[0] / 1e5 if b"gAMA" in chunks else _SCREEN
    if not 0.1 <= gamma <= 10:
        return None
    curve = SRGB_CURVE if abs(gamma / _SCREEN - 1) <= _NEAR else power(1 / gamma)
    if b"cHRM" not in chunks:
        return None if curve == SRGB_CURVE else profile_of(SRGB, curve)
    values = [number / 1e5 for number in struct.unpack(">8I", chunks[b"cHRM"])]
    white, red, green, blue = zip(values[::2], values[1::2], strict=True)
    return profile_of(Primaries(white, red, green, blue), curve)
