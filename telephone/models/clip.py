"""CLIP's tokenizer, also for ImageBind, whose text tower is OpenCLIP's.

The vocabulary is CLIP's own (assets/clip-merges.txt, MIT). Before they count, the tokenizers of CLIP and ImageBind
clean a text: ftfy mends its encoding and folds wide letters, HTML is unescaped twice. So does this one, with the same
library: without that, 101 of 444 odd texts had other ids than ImageBind's, and 6 of them too few.
"""

import html
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WINDOW: Final = 75
"""Tokens that CLIP reads at once, besides the two that mark beginning and end: 77 in all."""

_WORDS: Final = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_END: Final = "</w>"
_ROUNDS: Final = 4
"""How often a text is cleaned at most, until nothing changes; only one that was made to hide something needs more."""


def tokens(text: str) -> int:
    """How many tokens a text has, beginning and end not counted."""
    return len(numbers(text))


def numbers(text: str) -> list[int]:
    """The token ids of a text in CLIP's vocabulary."""
    return list(_tokenizer().encode(_once(text).lower()).ids)


def cleaned(text: str) -> str:
    """A text that CLIP's tokenizers leave as it is, however often characters were escaped in it."""
    for _ in range(_ROUNDS):
        before, text = text, _once(text)
        if text == before:
            return text
    return _once(text.replace("&", " "))


def _once(text: str) -> str:
    """A text as CLIP's tokenizers clean it once."""
    import ftfy

    whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair would stop the tokenizer
    return html.unescape(html.unescape(ftfy.fix_text(whole))).strip()


@cache
def _tokenizer() -> "Tokenizer":
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    lines = files("telephone.models").joinpath("assets/clip-merges.txt").read_text("utf-8").splitlines()
    merges = [(first, second) for first, _, second in (line.partition(" ") for line in lines)]
    letters = _letters()
    vocabulary = [*letters, *(letter + _END for letter in letters), *(first + second for first, second in merges)]
    made = Tokenizer(models.BPE({word: n for n, word in enumerate(vocabulary)}, merges, end_of_word_suffix=_END))
    made.normalizer = normalizers.Replace(Regex(r"\s+"), " ")
    split = pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    return made


def _letters() -> list[str]:
    """A printable letter for each byte, in CLIP's order: the bytes that are printable themselves, then the others."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in printed] + [chr(256 + n) for n in range(256 - len(printed))]
