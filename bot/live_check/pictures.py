"""Small pictures to post."""

import io
from typing import Final

from PIL import Image

from bot.ui.posts import Attachment

_SIDE: Final = 64


def picture(name: str, *, alt: str | None = None, colour: str = "teal") -> Attachment:
    """A PNG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (_SIDE, _SIDE), colour).save(file, "PNG")
    return Attachment(name, file.getvalue(), alt)
