"""The two offline artists: they draw a picture from a text."""

import hashlib
import io
from typing import Literal

import numpy as np
from PIL import Image

from telephone.models.sketch import compose, parse

Hand = Literal["stickers", "doodles"]


class SketchArtist:
    """Draws any text, as stickers on a scene or as doodles on paper. Cheap to make; loads at the first drawing."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand

    def draw(self, text: str, seed: int) -> bytes:
        """A PNG of 512 × 512 pixels. The same text and seed give the same bytes; any text gives a picture."""
        buffer = io.BytesIO()
        Image.fromarray(self.compose(text, seed).pixels).save(buffer, "PNG", compress_level=4)
        return buffer.getvalue()

    def compose(self, text: str, seed: int) -> compose.Picture:
        """The picture before it is encoded, with each thing that was drawn and its place."""
        scene = parse.read(text)
        digest = hashlib.blake2b(f"{self.hand}/{seed}/{text}".encode("utf-8", "replace"), digest_size=8).digest()
        rng = np.random.default_rng(int.from_bytes(digest, "big"))
        if self.hand == "doodles":
            return compose.doodles(scene, text, rng)
        return compose.stickers(scene, rng)
