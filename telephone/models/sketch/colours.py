"""Colours with names: painting with them, and naming the colours of pixels."""

import colorsys
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
"""Colours with channels red, green and blue in the last axis, each from 0 to 255."""

PAINTS: Final[dict[str, tuple[int, int, int]]] = {
    "red": (214, 45, 48),
    "orange": (243, 136, 33),
    "yellow": (250, 212, 52),
    "green": (62, 158, 70),
    "blue": (52, 116, 220),
    "purple": (136, 72, 196),
    "pink": (246, 130, 182),
    "brown": (134, 86, 50),
    "black": (44, 44, 50),
    "white": (238, 238, 240),
    "gray": (138, 140, 148),
}
OTHER_WORDS: Final = {
    "grey": "gray",
    "golden": "yellow",
    "gold": "yellow",
    "silver": "gray",
    "violet": "purple",
    "indigo": "purple",
    "crimson": "red",
    "scarlet": "red",
    "turquoise": "blue",
    "navy": "blue",
    "teal": "green",
    "emerald": "green",
    "beige": "white",
    "magenta": "pink",
}
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


def paint_named(word: str) -> str | None:
    """The paint of a colour word, None for any other word."""
    return word if word in PAINTS else OTHER_WORDS.get(word)


def painted(rgb: Pixels, paint: str) -> Pixels:
    """The picture in another colour, with its lights and shadows."""
    light = rgb @ _LUMA
    mean = float(light.mean()) or 1.0
    shade = (light / mean)[..., None] if paint not in ("black", "white") else (0.55 + 0.45 * light / mean)[..., None]
    return np.asarray(np.clip(0.12 * rgb + 0.88 * np.array(PAINTS[paint], np.float32) * shade, 0, 255), np.float32)


def dominant(pixels: Pixels) -> Pixels:
    """The colour that fills most of `pixels` (n, 3): the mean over the fullest of 64 coarse colour boxes."""
    if not len(pixels):
        return np.full(3, 128, np.float32)
    boxes = (np.clip(pixels, 0, 255) // 64).astype(np.int64) @ np.array([16, 4, 1])
    fullest = int(np.bincount(boxes, minlength=64).argmax())
    return np.asarray(pixels[boxes == fullest].mean(axis=0), np.float32)


def name_of(rgb: Pixels) -> str:
    """The name of this colour, one of PAINTS."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(float(c) / 255 for c in rgb))
    if value < 0.24:
        return "black"
    if saturation < 0.16:
        return "white" if value > 0.8 else "gray"
    return _hue_name(hue * 360, value)


def _hue_name(degrees: float, value: float) -> str:
    if 14 <= degrees < 45 and value < 0.72:
        return "brown"
    limits = ((14, "red"), (40, "orange"), (68, "yellow"), (170, "green"), (256, "blue"), (292, "purple"))
    below = next((name for limit, name in limits if degrees < limit), None)
    return below or ("pink" if degrees < 345 else "red")
