"""Finds the things in a picture: stickers by their white edges, else by their contrast with the background."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telephone.models.sketch import ndimage
from telephone.models.sketch.ndimage import Mask, Window

Pixels = NDArray[np.uint8]

SIDE: Final = 512
"""The longer side to which pictures are scaled, in pixels."""
WHITE: Final = 243
"""All three channels at least this: the edge of a sticker, also after a JPEG; all else is painted darker."""
SMALLEST: Final = 420
"""The least area of a thing, in pixels."""
MOST: Final = 12
_RIM: Final = 4
_TOGETHER: Final = 9
"""Marks closer than twice this many pixels belong to one drawing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that was found. `box` is top, bottom, left and right; `mask` says which of its pixels are visible.

    `solid` is the mask with its holes and its edge. `is_whole` is false where another piece covers a part.
    """

    box: tuple[int, int, int, int]
    mask: Mask
    solid: Mask
    is_whole: bool = True

    @property
    def area(self) -> int:
        return int(self.solid.sum())


@dataclass(frozen=True, slots=True)
class View:
    """A segmented picture: the pixels (h, w, 3), the pieces, and whether they have sticker edges."""

    pixels: Pixels
    pieces: tuple[Piece, ...]
    has_edges: bool
    foreground: Mask


def decoded(picture: Image.Image) -> Pixels:
    """Any picture in RGB, transparent parts on white, its longer side 512 pixels."""
    picture.load()
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        sheet = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        sheet.alpha_composite(picture)
        picture = sheet
    picture = picture.convert("RGB")
    scale = SIDE / max(picture.size)
    if scale != 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)
    return np.asarray(picture)


def segment(pixels: Pixels) -> View:
    """Finds the things in a picture, from left to right."""
    pieces = _stickers(pixels)
    has_edges = bool(pieces)
    if not has_edges:
        pieces = _blobs(pixels)
    largest = sorted(pieces, key=lambda p: -p.area)[:MOST]
    ordered = tuple(sorted(largest, key=lambda p: p.box[2]))
    foreground = np.zeros(pixels.shape[:2], bool)
    for piece in pieces:
        top, bottom, left, right = piece.box
        foreground[top:bottom, left:right] |= piece.solid
    return View(pixels, ordered, has_edges, foreground)


def _stickers(pixels: Pixels) -> list[Piece]:
    """Stickers in order of depth, uncovered ones first.

    White is on edges only, and every sticker's shadow falls on the edges below it, so each unbroken white
    ring is one sticker that nothing covers. The arcs that remain close together with what covers them.
    """
    white: Mask = np.asarray((pixels >= WHITE).all(axis=2))
    labels, count = ndimage.label(white, square=True)
    if not count:
        return []
    rings: list[tuple[Mask, Window]] = []
    loose = np.zeros_like(white)
    for number, window in enumerate(ndimage.find_objects(labels), 1):
        part = labels[window] == number
        filled = ndimage.binary_fill_holes(part)
        if filled.sum() >= SMALLEST and part.sum() < 0.8 * filled.sum() and _is_round_trip(part, filled, window, white):
            rings.append((filled, window))
        elif not _meets_frame(window, white):
            loose[window] |= part
    if not rings:
        return []
    rings = _outermost(rings, white.shape)
    pieces = [_piece(filled, window, white) for filled, window in rings]
    return pieces + _covered(pieces, loose, white)


def _is_round_trip(part: Mask, filled: Mask, window: Window, white: Mask) -> bool:
    """Whether white surrounds a part on all sides, away from the picture's border."""
    padded = np.pad(filled, 1)
    rim = padded & ~ndimage.binary_erosion(padded)
    return bool(not _meets_frame(window, white) and (part & rim[1:-1, 1:-1]).sum() > 0.97 * rim.sum())


def _meets_frame(window: Window, white: Mask) -> bool:
    """Whether it reaches the picture's border: then it is background, not an edge."""
    rows, cols = window
    height, width = white.shape
    return bool(rows.start == 0 or cols.start == 0 or rows.stop == height or cols.stop == width)


def _outermost(rings: list[tuple[Mask, Window]], shape: tuple[int, ...]) -> list[tuple[Mask, Window]]:
    """Rings that lie in no other ring."""
    taken = np.zeros(shape, bool)
    kept = []
    for filled, window in sorted(rings, key=lambda ring: -int(ring[0].sum())):
        if not (taken[window] & filled).any():
            kept.append((filled, window))
            taken[window] |= filled
    return kept


def _piece(solid: Mask, window: Window, white: Mask, is_whole: bool = True) -> Piece:
    mask = ndimage.binary_erosion(solid, iterations=_RIM) & ~white[window]
    box = (window[0].start, window[0].stop, window[1].start, window[1].stop)
    return Piece(box, mask, solid, is_whole=is_whole)


def _covered(tops: list[Piece], loose: Mask, white: Mask) -> list[Piece]:
    """Partly covered stickers: arcs of white that close against the stickers on top of them."""
    shade = np.zeros_like(loose)
    for top in tops:
        shade[top.box[0] : top.box[1], top.box[2] : top.box[3]] |= top.solid
    shade = ndimage.binary_dilation(shade, iterations=8)
    barrier = ndimage.binary_closing(np.pad(loose | shade, 4), iterations=3, square=True)
    filled = ndimage.binary_fill_holes(barrier)[4:-4, 4:-4] & ~shade
    filled = ndimage.binary_opening(filled, iterations=2)
    labels, count = ndimage.label(filled)
    joined = _same_sticker(tops, labels, count)
    found = []
    for number, window in enumerate(ndimage.find_objects(joined), 1):
        solid = joined[window] == number
        arcs = (solid & white[window]).sum()
        if solid.sum() >= SMALLEST and arcs > 0.04 * solid.sum():
            found.append(_piece(solid, window, white, is_whole=False))
    return found


def _same_sticker(tops: list[Piece], labels: NDArray[Any], count: int) -> NDArray[Any]:
    """The labels, with one number for all parts that touch the same covering sticker, which separated them."""
    same = np.arange(count + 1)
    for top in tops:
        first, last = max(top.box[0] - 12, 0), top.box[1] + 12
        left, right = max(top.box[2] - 12, 0), top.box[3] + 12
        around = np.zeros_like(labels[first:last, left:right], bool)
        own = (slice(top.box[0] - first, top.box[1] - first), slice(top.box[2] - left, top.box[3] - left))
        around[own] = top.solid
        near = ndimage.binary_dilation(around, iterations=11)
        touched = np.unique(same[labels[first:last, left:right][near]])
        touched = touched[touched > 0]
        if len(touched) > 1:
            same[np.isin(same, touched)] = touched[0]
    _, numbers = np.unique(same, return_inverse=True)
    return np.asarray(numbers[labels])


def _blobs(pixels: Pixels) -> list[Piece]:
    """Connected areas that differ from the colours at both ends of their row and from the picture's border."""
    colours = pixels.astype(np.float32)
    height, width = colours.shape[:2]
    rim = max(1, min(9, height // 8, width // 8))
    ends = np.concatenate([colours[:, :rim], colours[:, -rim:]], axis=1)
    rows = ndimage.gaussian_filter1d(np.median(ends, axis=1), 3, axis=0, mode="nearest")
    stands_out = np.abs(colours - rows[:, None]).max(axis=2) > 26
    solid = ndimage.binary_fill_holes(ndimage.binary_closing(np.pad(stands_out, 4), iterations=2))[4:-4, 4:-4]
    solid = ndimage.binary_opening(solid, iterations=1)
    labels, _ = ndimage.label(ndimage.binary_dilation(solid, iterations=_TOGETHER))
    labels[~solid] = 0
    found = []
    for number, window in enumerate(ndimage.find_objects(labels), 1):
        part = labels[window] == number
        if part.sum() >= SMALLEST:
            box = (window[0].start, window[0].stop, window[1].start, window[1].stop)
            found.append(Piece(box, part, part))
    return found
