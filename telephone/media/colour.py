"""Colours of pictures, brought to sRGB before their profile is dropped.

A picture says what its numbers mean by an ICC profile, or in a PNG by chunks of its own. Without that every reader
takes them for sRGB; so they are made sRGB here. What cannot be read does no harm: the picture is then taken as sRGB.
"""

import io
import struct
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as pil
from PIL import ImageCms

SAME: Final = 3
"""The most by which a channel may differ, of 255, where a profile is taken for sRGB itself and nothing is changed."""

_SPACES: Final = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
"""The colour space of the profile that suits pixels of a mode, as ICC writes it."""
_CLASSES: Final = ("mntr", "scnr", "prtr", "spac")
"""The classes of profiles that say what pixels mean; others join devices, or name colours."""
_CREATOR, _CREATOR_AT = b"TELE", slice(80, 84)
"""Marks a profile as made here: unlike one that came with a picture, it suits grey pixels as well, as equal RGB."""
_FLAGS: Final = ImageCms.Flags.BLACKPOINTCOMPENSATION
_BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50: Final = np.array([0.9642, 1.0, 0.8249])

Curve = tuple[float, float, float, float, float]
"""A tone curve, ICC's third: (a x + b) ** g from d on and c x before it, written (g, a, b, c, d)."""
SRGB_CURVE: Final[Curve] = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


@dataclass(frozen=True, slots=True)
class Primaries:
    """The x and y of white, red, green and blue (CIE 1931)."""

    white: tuple[float, float]
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]


D65: Final = (0.3127, 0.3290)
SRGB: Final = Primaries(D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3: Final = Primaries(D65, (0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
REC2020: Final = Primaries(D65, (0.708, 0.292), (0.17, 0.797), (0.131, 0.046))


def to_srgb(pixels: pil.Image, profile: bytes) -> pil.Image | None:
    """RGB or RGBA pixels in sRGB of a picture with this ICC profile.

    None where nothing is to be changed: the profile is sRGB's, or is damaged, or suits no pixels of this mode.
    """
    colours, alpha = _apart(pixels)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        about = source.profile
        if colours.mode == "L" and profile[_CREATOR_AT] == _CREATOR:
            colours = colours.convert("RGB")
        if about.xcolor_space != _SPACES.get(colours.mode) or about.device_class not in _CLASSES:
            return None
        found = ImageCms.buildTransform(
            source, _srgb(), colours.mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, _FLAGS
        )
        if colours.mode == "RGB" and _changes_nothing(found):
            return None
        changed = found.apply(colours)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    changed.info.clear()  # Pillow writes the profile converted to
    if alpha is not None:
        changed.putalpha(alpha)
    return changed


def profile_of(primaries: Primaries, curve: Curve) -> bytes | None:
    """An ICC profile (4.3, matrix and curve) of a display with these primaries; None where they span no colours."""
    with np.errstate(all="ignore"):
        matrix = _matrix(primaries)
    if matrix is None or not np.isfinite(curve).all():
        return None
    tone = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + b"".join(_fixed(number) for number in curve)
    tags = {b"wtpt": _xyz(_D50), **{kind + b"TRC": tone for kind in (b"r", b"g", b"b")}}
    tags |= {kind + b"XYZ": _xyz(column) for kind, column in zip((b"r", b"g", b"b"), matrix.T, strict=True)}
    return _icc(b"RGB ", tags)


def power(gamma: float) -> Curve:
    """The tone curve x ** gamma."""
    return (gamma, 1.0, 0.0, 0.0, 0.0)


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _apart(pixels: pil.Image) -> tuple[pil.Image, pil.Image | None]:
    """The colours as RGB, L or CMYK, and what is opaque, None where all of it is."""
    alpha = pixels.convert("RGBA").getchannel("A") if pixels.has_transparency_data else None
    if pixels.mode in ("L", "LA", "1"):
        return pixels.convert("L"), alpha
    return (pixels if pixels.mode in ("RGB", "CMYK") else pixels.convert("RGB")), alpha


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether a transform leaves colours from all of the cube as they are."""
    steps = np.linspace(0, 255, 17).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(17, -1, 3)
    after = np.asarray(transform.apply(pil.fromarray(cube)))
    return int(np.abs(cube.astype(int) - after).max()) <= SAME


def _matrix(primaries: Primaries) -> NDArray[np.float64] | None:
    """From linear RGB to XYZ under D50, whose columns are the primaries; None where there is none."""
    white, *corners = (
        np.array([x / y, 1.0, (1 - x - y) / y]) if y > 0 else np.full(3, np.nan)
        for x, y in (primaries.white, primaries.red, primaries.green, primaries.blue)
    )
    columns = np.stack(corners, axis=1)
    if not np.isfinite(np.column_stack([columns, white])).all() or abs(np.linalg.det(columns)) < 1e-6:
        return None
    cones = _BRADFORD @ white
    if (cones <= 0).any():
        return None
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / cones) @ _BRADFORD
    matrix = adapted @ (columns * np.linalg.solve(columns, white))
    return matrix if np.abs(matrix).max() < 10 else None


def _icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A display profile with these tags, as specified in ICC.1:2010, 7.2 and 7.3."""
    at, table, bodies = 128 + 4 + 12 * len(tags), b"", b""
    for name, body in tags.items():
        table += name + struct.pack(">II", at + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(bodies), bytes(4), 0x04300000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(24) + bytes(4) + b"".join(_fixed(number) for number in _D50) + _CREATOR
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + bodies


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(number) for number in values)


def _fixed(number: float) -> bytes:
    """A number as ICC's signed 16.16."""
    return struct.pack(">i", max(-(2**31), min(2**31 - 1, round(number * 65536))))
