"""Pictures made outwardly alike, so that nothing but what they show tells whose they are."""

from typing import Final

from PIL import Image as pil

from telephone.game import Image
from telephone.media.images import encode, opened

SIDE: Final = 768
"""Width and height, in pixels."""
_GROUND: Final = (128, 128, 128)


def alike(image: Image, side: int = SIDE) -> Image:
    """The whole picture in the middle of a square PNG of `side` pixels, grey where its shape leaves room.

    Nothing of the file that came is left: no format, no size, no metadata. Raises BadOutput for what is no picture.
    """
    pixels = opened(image)
    scale = side / max(pixels.size)
    width, height = (max(1, round(length * scale)) for length in pixels.size)
    square = pil.new("RGB", (side, side), _GROUND)
    shrunk = pixels.resize((width, height), pil.Resampling.LANCZOS)
    square.paste(shrunk, ((side - width) // 2, (side - height) // 2))
    return encode(square, "PNG")
