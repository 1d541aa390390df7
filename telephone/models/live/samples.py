"""What is sent to the providers: a picture drawn here, in several formats, and one that is none."""

import io
from functools import cache
from typing import Final

from PIL import Image, ImageDraw

_SIDE: Final = 256
NO_PICTURE: Final = "data:image/png;base64,bm8gcGljdHVyZQ=="
"""A data URL that says it is a PNG and is not."""


@cache
def drawn(form: str) -> bytes:
    """A red ball on a pale ground, as "PNG" or "WEBP"."""
    picture = Image.new("RGB", (_SIDE, _SIDE), "wheat")
    ImageDraw.Draw(picture).ellipse((64, 64, 192, 192), fill="firebrick", outline="black", width=4)
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()
