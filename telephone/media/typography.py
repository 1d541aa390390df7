"""Text in pictures: a chain of fonts for nearly every script, lines that fit, and no text that makes drawing fail.

DejaVu Sans comes with matplotlib; the fonts beside this module, cut out of Noto's by `tools/fonts.py`, draw what it
lacks. Matplotlib shapes text (libraqm: ligatures, marks, right to left) and takes from each font what it has.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from PIL import Image as pil
from wcwidth import iter_graphemes

from telephone.domain.games import fold

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

Colour = str | int | tuple[int, ...]
"""A colour as Pillow takes it, in the card's mode."""
Anchor = Literal["left", "middle", "right"]
"""Where a point lies on a line of text: where it begins, in its middle, or where it ends."""

ELLIPSIS: Final = "…"
MARKS: Final = 3
"""The most marks that one letter carries in a picture, and no more than two of them in the same place."""
_SHORT: Final = 48
"""The widths of texts of up to so many code points are kept: a few thousand, some 1 MB."""
_MISSING: Final = "□"
_NARROWEST: Final = 12
"""No line holds more code points than so many for each square of its size; a longer text is not measured whole."""
_LONGEST: Final = 16
"""The most code points of one character as readers count them; families and flags of regions have up to 10."""
_NOTO: Final = tuple(sorted((Path(__file__).parent / "fonts").glob("*.[ot]tf")))
_ASCENT, _DESCENT = 0.93, 0.24
"""How far letters of DejaVu Sans reach above and below the baseline, as shares of the size."""
_CLOSING: Final = frozenset(
    "。、，．！？：；…‥～〜％‰・ー々〻ゝゞヽヾ‼⁇⁈⁉｡､･ｰﾞﾟ,.;:!?%"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿｧｨｩｪｫｯｬｭｮ"
)
"""Characters that begin no line of Chinese or Japanese, besides closing brackets and quotation marks."""
_BACK: Final = 8
"""The most characters by which a line of Chinese or Japanese is shortened, so that it begins and ends well."""
_UNDRAWN: Final = frozenset(
    [0x200C, 0x200D, 0x034F, 0x180B, 0x180C, 0x180D, *range(0xFE00, 0xFE10), *range(0xE0020, 0xE0080)]
)
"""Joiners, selectors and tags: they change what is drawn, and are not drawn themselves."""


@dataclass(frozen=True, slots=True)
class Face:
    """The chain of fonts at one size, in pixels. Noto's fonts have no bold; they stand beside bold type as they are."""

    size: int
    bold: bool = False

    def getlength(self, text: str) -> float:
        """The width of one line of text, in pixels."""
        return _width(self, text) if len(text) <= _SHORT else self.measured(text)

    def measured(self, text: str) -> float:
        """The same, measured anew."""
        return float(self._set(text).get_width_height()[0]) / 64

    def mask(self, text: str) -> tuple[pil.Image, int, int]:
        """One line of text as a mask, and where its left and top lie from the point where its baseline begins."""
        set_ = self._set(text)
        set_.draw_glyphs_to_bitmap(antialiased=True)
        pixels = np.array(set_.get_image())
        left, below = round(set_.get_bitmap_offset()[0] / 64), round(set_.get_descent() / 64)
        return pil.fromarray(pixels), left, below + 1 - pixels.shape[0]

    def _set(self, text: str) -> "FT2Font":
        from matplotlib.font_manager import get_font
        from matplotlib.ft2font import LoadFlags

        # Matplotlib keeps these for each thread, and sets their size before it uses them itself.
        said = setable(text)
        chain = _chain(self.bold)
        found = get_font([str(path) for path in (chain[:1] if _plain(said, self.bold) else chain)])
        found.set_size(self.size, 72)
        found.set_text(said, 0, flags=LoadFlags.NO_HINTING)
        return found


def font(size: int, *, bold: bool = False) -> Face:
    """The chain of fonts at `size` pixels."""
    return Face(size, bold)


def families_of(text: str, *, bold: bool = False) -> tuple[str, ...]:
    """The fonts that matplotlib needs for a text that can be drawn: the first alone where that has all of it.

    Matplotlib looks up every font it is given for every text, and shapes the text with all of them.
    """
    return families()[:1] if _plain(text, bold) else families()


@cache
def families() -> tuple[str, ...]:
    """The names of the fonts, in the order of the chain, for matplotlib's own text; makes them known to it."""
    from matplotlib.font_manager import fontManager, get_font

    for path in _NOTO:
        fontManager.addfont(path)
        regular = fontManager.ttflist[-1]
        fontManager.ttflist.append(replace(regular, weight=700))  # else it logs that there is no bold one
    return tuple(dict.fromkeys(str(get_font(str(path)).family_name) for path in _chain(bold=False)))


def draw(
    card: pil.Image, text: str, face: Face, at: tuple[int, int], colour: Colour, *, anchor: Anchor = "left"
) -> None:
    """Draws one line of text with its baseline at `at`. Nothing of it reaches over a line above or below."""
    mask, left, top = face.mask(text)
    start = at[0] - {"left": 0.0, "middle": 0.5, "right": 1.0}[anchor] * face.getlength(text)
    highest, lowest = -round(1.02 * face.size), round(0.39 * face.size)
    cut = mask.crop((0, max(0, highest - top), mask.width, max(0, min(mask.height, lowest - top))))
    if cut.width and cut.height:
        card.paste(colour, (round(start) + left, at[1] + max(top, highest)), cut)


def baseline(top: int, face: Face) -> int:
    """The baseline of a line of type whose top is at `top`."""
    return top + round(_ASCENT * face.size)


def middle(height: int, face: Face) -> int:
    """The baseline of a line of type whose middle is at `height`."""
    return height + round((_ASCENT - _DESCENT) / 2 * face.size)


def wrap(text: str, face: Face, width: int, lines: int) -> tuple[str, ...]:
    """`text` on at most `lines` lines of at most `width` pixels, ended by an ellipsis where more was said."""
    said = setable(text)
    if said and len(said) * face.size <= _NARROWEST * width and face.getlength(said) <= width:
        return (said,)
    source = _lines(said, face, width)
    kept = list(islice(source, lines))
    if next(source, None) is not None:
        kept[-1] = _shortened(kept[-1], face, width)
    return tuple(kept)


def setable(text: str) -> str:
    """`text` as it can be drawn: a square for what no font has, and no more marks on a letter than it can carry."""
    folded = fold(text)
    return folded if folded.isascii() else "".join(map(_drawable, iter_graphemes(folded)))


@lru_cache(maxsize=8192)
def _drawable(character: str) -> str:
    kept = "".join(_carried(character))
    needed = {ord(char) for char in kept} - _UNDRAWN
    fonts = _characters()
    if any(needed <= font_ for font_ in fonts):
        return kept
    return kept[0] if any(ord(kept[0]) in font_ for font_ in fonts) else _MISSING


def _carried(character: str) -> Iterator[str]:
    """The code points of one character without marks that would be stacked too high."""
    places: Counter[int] = Counter()
    for char in character[:_LONGEST]:
        if ord(char) in _UNDRAWN:
            yield char
        elif unicodedata.category(char) in ("Mn", "Me"):
            place = unicodedata.combining(char)
            places[place] += 1
            if places.total() <= MARKS and (place == 0 or places[place] <= MARKS - 1):
                yield char
        else:
            places.clear()
            yield char


def _plain(text: str, bold: bool) -> bool:
    """Whether the first font of the chain has every character."""
    return text.isascii() or _first(bold).issuperset(map(ord, text))


@lru_cache(maxsize=8192)
def _width(face: Face, text: str) -> float:
    return face.measured(text)


@cache
def _first(bold: bool) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_chain(bold)[0])).get_charmap())


@cache
def _characters() -> Sequence[frozenset[int]]:
    """The code points of each font of the chain."""
    from matplotlib.ft2font import FT2Font

    return [frozenset(FT2Font(str(path)).get_charmap()) for path in _chain(bold=False)]


@cache
def _chain(bold: bool) -> tuple[Path, ...]:
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return (*((folder / "DejaVuSans-Bold.ttf",) if bold else ()), folder / "DejaVuSans.ttf", *_NOTO)


def _lines(text: str, face: Face, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if len(longer) * face.size <= _NARROWEST * width and face.getlength(longer) <= width:
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


def _pieces(word: str, face: Face, width: int) -> Iterator[str]:
    """A word in pieces that fit: most words are one piece; text in a script without spaces is one long word."""
    characters = list(iter_graphemes(word))
    while characters:
        count = _well_cut(characters, _fitting(characters, face, width))
        yield "".join(characters[:count])
        characters = characters[count:]


def _well_cut(characters: Sequence[str], most: int) -> int:
    """Where to end a line that holds `most` characters: neither before what closes nor after what opens."""
    if most == len(characters):
        return most
    cuts = range(most, max(0, most - _BACK - 1), -1)
    return next((at for at in cuts if not (_closes(characters[at]) or _opens(characters[at - 1]))), most)


def _closes(character: str) -> bool:
    return character[0] in _CLOSING or unicodedata.category(character[0]) in ("Pe", "Pf")


def _opens(character: str) -> bool:
    return unicodedata.category(character[0]) in ("Ps", "Pi")


def _fitting(characters: Sequence[str], face: Face, width: int) -> int:
    """How many leading characters fit, at least one. Looks about as many as a line of Chinese holds, then further."""
    most = len(characters)
    low, step = max(1, min(most, width // face.size)), 1
    if not _fits(characters[:low], face, width):
        low, high = 1, max(1, low - 1)
    else:
        while low < most and _fits(characters[: min(most, low + step)], face, width):
            low, step = min(most, low + step), 2 * step
        high = min(most, low + step - 1)
    while low < high:
        half = (low + high + 1) // 2
        if _fits(characters[:half], face, width):
            low = half
        else:
            high = half - 1
    return low


def _fits(characters: Iterable[str], face: Face, width: int) -> bool:
    return face.getlength("".join(characters)) <= width


def _shortened(line: str, face: Face, width: int) -> str:
    kept = list(iter_graphemes(line))
    while kept and face.getlength("".join(kept).rstrip() + ELLIPSIS) > width:
        kept.pop()
    return "".join(kept).rstrip() + ELLIPSIS
