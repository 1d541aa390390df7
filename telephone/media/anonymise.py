"""Pictures in one format and size, so that only their content can tell which model drew them."""

from typing import Final

from PIL import Image as pil

from telephone.domain.games import Image
from telephone.media.images import encode, opened
from telephone.media.typography import draw, font, middle

SIDE: Final = 768
"""Width and height, in pixels."""
_FRAME: Final = (43, 45, 49)
_LETTER: Final = (255, 255, 255)


def alike(image: Image, letter: str = "", *, side: int = SIDE) -> Image:
    """The whole picture in a square PNG of `side` pixels, framed where its shape leaves room.

    A letter is drawn above it, in the middle, where no gallery cuts it off. Nothing of the original file is left: no
    format, no size, no metadata. Raises BadOutput for anything that is no picture.
    """
    pixels = opened(image)
    above = side * 3 // 32 if letter else 0
    room = side - above
    scale = room / max(pixels.size)
    width, height = (max(1, round(length * scale)) for length in pixels.size)
    square = pil.new("RGB", (side, side), _FRAME)
    shrunk = pixels.resize((width, height), pil.Resampling.LANCZOS)
    square.paste(shrunk, ((side - width) // 2, above + (room - height) // 2))
    face = font(max(1, above * 3 // 4), bold=True)
    draw(square, letter, face, (side // 2, middle(above // 2, face)), _LETTER, anchor="middle")
    return encode(square, "PNG")
