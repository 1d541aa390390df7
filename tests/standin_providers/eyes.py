"""How the providers draw, describe and embed: a colour made from the words, its name, and a vector of either."""

import base64
import html
import io
import math
import re
import zlib
from typing import Any

import ftfy
import numpy as np
from PIL import Image

from tests.support.pictures import paint

__all__ = ["caption", "paint", "place"]
DIMENSIONS, TEXT_SCALE = 1024, 14.2
"""As many numbers as ImageBind's, and about how much longer its texts are than its pictures."""


def caption(data: bytes) -> str:
    """The size of a picture and the colour of its corner, so that pictures differ."""
    with Image.open(io.BytesIO(data)) as picture:
        red, green, blue = picture.convert("RGB").getpixel((0, 0))
        return f"a wall of {picture.width} pixels, painted in colour {red} {green} {blue}"


def place(given: dict[str, Any]) -> list[float]:
    """ImageBind's answer: a direction for each word of the text, or of what is seen, added up; texts come longer."""
    if given["modality"] == "text":
        return [TEXT_SCALE * number for number in _direction(_read(given["text_input"]))]
    return _direction(caption(base64.b64decode(given["input"].partition(",")[2])))


def _read(text: str) -> str:
    """What ImageBind reads of a text: mended, unescaped twice, in small letters, and nothing from an end token on."""
    clean = html.unescape(html.unescape(ftfy.fix_text(text))).lower()
    return re.split(r"<\|(?:start|end)oftext\|>", clean)[0]


def _direction(words: str) -> list[float]:
    rows = [
        np.random.default_rng(zlib.crc32(word.encode())).normal(size=DIMENSIONS)
        for word in re.findall(r"\w+", words.lower()) or ["nothing"]
    ]
    summed = np.sum(rows, axis=0)
    return [float(number) for number in summed / math.sqrt(float(summed @ summed))]
