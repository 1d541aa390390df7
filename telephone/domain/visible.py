"""Which characters of a text can be seen: invisible ones are no prompt and no caption, and carry no hidden words."""

import re
import unicodedata
from typing import Final

FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc")
"""Characters that draw nothing although they count as letters, marks or signs."""


def _tagged(region: str) -> str:
    """A black flag and the tags that make it the flag of a region, as Unicode writes it."""
    return "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"


_FLAGS: Final = "|".join(map(_tagged, ("gbeng", "gbsct", "gbwls")))
"""The flags of England, Scotland and Wales: the only ones that Unicode recommends with tags."""
_SELECTOR: Final = "[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
_HIDING: Final = re.compile(rf"({_FLAGS}|{_SELECTOR}){_SELECTOR}+|({_FLAGS})|[\U000e0000-\U000e007f]")
"""What may hide words that only a model reads: tags outside of those flags, and selectors of variants in a row."""


def says_something(text: str) -> bool:
    """Whether a text shows a letter, a number or a symbol: dots, dashes and what is invisible say nothing."""
    return any(unicodedata.category(char)[0] in "LNS" and char not in FILLERS for char in text)


def without_hidden(text: str) -> str:
    """A text without tag characters, and with one selector of a variant after a character at most.

    Joiners stay, and so do the flags of England, Scotland and Wales: scripts and emoji need them.
    """
    return text if text.isascii() else _HIDING.sub(lambda found: found[1] or found[2] or "", text)
