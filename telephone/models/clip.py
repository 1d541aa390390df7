"""CLIP's tokenizer, also for ImageBind, whose text tower is OpenCLIP's.

The vocabulary is CLIP's own (assets/clip-merges.txt, MIT); the token ids equal those of ImageBind's tokenizer.
"""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WINDOW: Final = 75
"""Tokens that CLIP reads at once, besides the two that mark beginning and end: 77 in all."""

_WORDS: Final = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_END: Final = "</w>"


def tokens(text: str) -> int:
    """How many tokens a text has, beginning and end not counted."""
    return len(numbers(text))


def numbers(text: str) -> list[int]:
    """The token ids of a text in CLIP's vocabulary."""
    whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair would stop the tokenizer
    return list(_tokenizer().encode(whole).ids)


@cache
def _tokenizer() -> "Tokenizer":
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    lines = files("telephone.models").joinpath("assets/clip-merges.txt").read_text("utf-8").splitlines()
    merges = [(first, second) for first, _, second in (line.partition(" ") for line in lines)]
    letters = _letters()
    vocabulary = [*letters, *(letter + _END for letter in letters), *(first + second for first, second in merges)]
    made = Tokenizer(models.BPE({word: n for n, word in enumerate(vocabulary)}, merges, end_of_word_suffix=_END))
    folded = normalizers.Replace(Regex(r"\s+"), " ")
    made.normalizer = normalizers.Sequence([normalizers.NFC(), folded, normalizers.Lowercase()])
    split = pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    return made


def _letters() -> list[str]:
    """A printable letter for each byte, in CLIP's order: the bytes that are printable themselves, then the others."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in printed] + [chr(256 + n) for n in range(256 - len(printed))]
