"""Pictures for tests."""

import hashlib
import io

from PIL import Image as pil


def paint(words: str) -> bytes:
    """A 64 × 64 PNG in a colour made from the words."""
    red, green, blue = hashlib.sha256(words.encode()).digest()[:3]
    buffer = io.BytesIO()
    pil.new("RGB", (64, 64), (red, green, blue)).save(buffer, "PNG")
    return buffer.getvalue()
