"""The two offline spotters: they describe a picture from its pixels alone."""

import hashlib
import io

import numpy as np
from PIL import Image

from telephone.models.sketch import segment, sight, tell
from telephone.models.sketch.eye import Sight


class Spotter:
    """Describes any picture. Cheap to construct; loads at the first picture.

    `sharp` knows the styles both artists draw in; `hazy` learnt two other styles and is unsure.
    """

    def __init__(self, sight: Sight) -> None:
        self.sight = sight

    def describe(self, png: bytes) -> str:
        """One sentence, the same for the same pixels. Any picture that can be decoded gets one."""
        with Image.open(io.BytesIO(png)) as picture:
            pixels = segment.decoded(picture)
        things, around, rng = self.look(pixels)
        return tell.told(things, around, self.sight == "hazy", rng)

    def look(self, pixels: segment.Pixels) -> tuple[list[sight.SeenThing], sight.Surroundings, np.random.Generator]:
        """The recognised things and setting, and the random generator that chooses the words of the caption."""
        digest = hashlib.blake2b(
            np.ascontiguousarray(pixels).tobytes(), digest_size=8, key=self.sight.encode()
        ).digest()
        rng = np.random.default_rng(int.from_bytes(digest, "big"))
        view = segment.segment(pixels)
        around = sight.surroundings(view, self.sight, rng)
        things = sight.recognised(view, self.sight, rng)
        return things, around, rng
