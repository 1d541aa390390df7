"""Text in pictures: one font that is always available, lines that fit, and no text that makes drawing fail."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

import matplotlib
from matplotlib.ft2font import FT2Font
from PIL import ImageFont

from telephone.domain.games import fold

ELLIPSIS: Final = "…"
_MISSING: Final = "□"
_FOLDER: Final = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans at `size` pixels, from matplotlib's files."""
    return ImageFont.truetype(str(_path(bold)), size)


def wrap(text: str, face: ImageFont.FreeTypeFont, width: int, lines: int) -> tuple[str, ...]:
    """`text` on at most `lines` lines of at most `width` pixels, ended by an ellipsis where more was said."""
    source = _lines(fold(text), face, width)
    kept = list(islice(source, lines))
    if next(source, None) is not None:
        kept[-1] = _shortened(kept[-1], face, width)
    return tuple(kept)


def setable(text: str) -> str:
    """`text` with a square for every character the font lacks."""
    known = _known()
    return "".join(char if ord(char) in known else _MISSING for char in fold(text))


def _path(bold: bool) -> Path:
    return _FOLDER / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    return frozenset(FT2Font(str(_path(False))).get_charmap())


def _lines(text: str, face: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if face.getlength(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        line = ""
        for piece in _pieces(word, face, width):
            if line:
                yield line
            line = piece
    if line:
        yield line


def _pieces(word: str, face: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    """A word in pieces that fit: most words are one piece; text in a script without spaces is one long word."""
    while word:
        count = _fitting(word, face, width)
        yield word[:count]
        word = word[count:]


def _fitting(word: str, face: ImageFont.FreeTypeFont, width: int) -> int:
    """How many leading characters fit, at least one. Measures only as many as a line of narrow ones can hold."""
    low, high = 1, max(1, min(len(word), round(4 * width / face.size)))
    if face.getlength(word[:high]) <= width:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if face.getlength(word[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _shortened(line: str, face: ImageFont.FreeTypeFont, width: int) -> str:
    while line and face.getlength(line + ELLIPSIS) > width:
        line = line[:-1].rstrip()
    return line + ELLIPSIS
