"""The two styles of drawing: a glyph as a sticker with a white edge, or as a pen drawing."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from telephone.models.sketch import colours, ndimage
from telephone.models.sketch.glyphs import Glyph
from telephone.models.sketch.settings import Colour

EDGE: Final = 5
"""The width of a sticker's white edge, in pixels."""
SHADOW: Final = 9
"""How far the shadow of a sticker reaches beyond it."""
PALEST: Final = 241
"""The palest value of a glyph: white is reserved for the edge."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """A picture ready to be pasted: `pixels` (h, w, 4), and `shadow` (h, w) from 0 to 1, if any.

    `margin` is how many pixels on every side are empty but for the shadow.
    """

    pixels: NDArray[np.float32]
    shadow: NDArray[np.float32] | None
    margin: int

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def lay(self, canvas: NDArray[np.float32], left: int, top: int) -> None:
        """Pastes the cutout onto a canvas with its upper left corner there; clips the parts outside."""
        rows = slice(max(top, 0), min(top + self.height, canvas.shape[0]))
        cols = slice(max(left, 0), min(left + self.width, canvas.shape[1]))
        own = (slice(rows.start - top, rows.stop - top), slice(cols.start - left, cols.stop - left))
        part = canvas[rows, cols]
        if self.shadow is not None:
            part *= (1 - self.shadow[own])[..., None]
        alpha = self.pixels[own][..., 3:] / 255
        part += alpha * (self.pixels[own][..., :3] - part)


def turned(glyph: Glyph, size: int, angle: float, paint: str | None = None) -> Image.Image:
    """A glyph scaled to `size` pixels, turned by `angle` degrees and cropped, in another colour if `paint` is given."""
    if paint:
        rgb = colours.painted(glyph[..., :3].astype(np.float32), paint)
        glyph = np.dstack([rgb.astype(np.uint8), glyph[..., 3]])
    picture = Image.fromarray(glyph).convert("RGBa").resize((size, size), Image.Resampling.LANCZOS)
    picture = picture.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True)
    box = picture.getchannel("a").point(lambda v: 255 if v > 40 else 0).getbbox()
    return picture.crop(box).convert("RGBA") if box else picture.convert("RGBA")


def sticker(glyph: Glyph, size: int, angle: float, paint: str | None = None) -> Cutout:
    """The glyph on a white edge, with holes closed, above a soft shadow."""
    margin = EDGE + SHADOW + 2
    picture = turned(glyph, size - 2 * EDGE, angle, paint)
    square = np.asarray(_framed(picture, margin), np.float32)
    solid = _in_one_piece(square[..., 3] > 70)
    reach = ndimage.distance_transform_edt(~solid)
    edge = np.clip(EDGE + 0.5 - reach, 0, 1).astype(np.float32)
    alpha = square[..., 3:] / 255
    rgb = 255 * (1 - alpha) + np.minimum(square[..., :3], PALEST) * alpha
    pixels = np.dstack([rgb, edge * 255]).astype(np.float32)
    cast = np.roll(edge, (4, 2), (0, 1))
    shadow = np.asarray(
        Image.fromarray((cast * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(3.2)), np.float32
    )
    near = np.clip(EDGE + 2.5 - reach, 0, 1)
    return Cutout(pixels, np.maximum(shadow / 255 * 0.42, near * 0.2).astype(np.float32), margin - EDGE)


def _in_one_piece(shape: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The shape without holes; several parts are joined by as little extra area as possible."""
    solid = np.asarray(ndimage.binary_fill_holes(shape))
    outside = ndimage.distance_transform_edt(~solid)
    for reach in range(EDGE - 2, 40, 3):
        _, parts = ndimage.label(outside <= reach)
        if parts == 1:
            wide = outside <= reach
            joined = ndimage.distance_transform_edt(np.pad(wide, 1))[1:-1, 1:-1] > reach
            return np.asarray(ndimage.binary_fill_holes(solid | joined)) if reach > EDGE - 2 else solid
    return solid


def doodle(glyph: Glyph, size: int, angle: float, ink: Colour, rng: np.random.Generator) -> Cutout:
    """The glyph inside a wavering pen line, coloured with a crayon."""
    picture = turned(glyph, size - 8, angle)
    square = np.asarray(_framed(picture, 10), np.float32)
    solid = ndimage.binary_fill_holes(square[..., 3] > 70)
    tremble = ndimage.gaussian_filter(rng.normal(0, 1, solid.shape), 7)
    tremble *= 0.9 / max(float(np.abs(tremble).max()), 1e-6)
    reach = ndimage.distance_transform_edt(~solid) + tremble
    line = np.clip(4.0 - reach, 0, 1).astype(np.float32)
    rows, cols = np.indices(solid.shape)
    crayon = 1 + 0.05 * np.sin((rows + cols) / 1.6 + 3 * tremble)
    alpha = square[..., 3:] / 255
    rgb = np.array(ink, np.float32) * (1 - alpha) + np.clip(square[..., :3] * crayon[..., None], 0, PALEST) * alpha
    return Cutout(np.dstack([rgb, line * 255]).astype(np.float32), None, 6)


def _framed(picture: Image.Image, margin: int) -> Image.Image:
    framed = Image.new("RGBA", (picture.width + 2 * margin, picture.height + 2 * margin))
    framed.paste(picture, (margin, margin))
    return framed
