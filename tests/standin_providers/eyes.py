"""What the studios draw and see: a colour made from the words, and its name."""

import io

from PIL import Image

from tests.company import paint

__all__ = ["caption", "paint"]


def caption(data: bytes) -> str:
    """The size of a picture and the colour of its corner, so that pictures differ."""
    with Image.open(io.BytesIO(data)) as picture:
        red, green, blue = picture.convert("RGB").getpixel((0, 0))
        return f"a wall of {picture.width} pixels, painted in colour {red} {green} {blue}"
