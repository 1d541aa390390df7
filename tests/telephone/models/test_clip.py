"""Texts are as long for us as they are for CLIP and ImageBind."""

import html
from functools import cache
from importlib.resources import files
from itertools import pairwise

import ftfy
import pytest
import regex

from telephone.models.chunking import parts
from telephone.models.clip import WINDOW, cleaned, numbers, tokens

LONG = (
    "The picture shows a busy market in an ancient city of the Middle East at sunset. Merchants in long robes stand "
    "behind their stalls and haggle with customers over heaps of spices in red, yellow and brown, and over rolls of "
    "shiny silk. Several camels, loaded with baskets and carpets, make their way through the crowd, led by men with "
    "sticks. A thin crescent moon has already appeared above the roofs, and dust hangs in the warm evening air."
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a photo of a cat", [320, 1125, 539, 320, 2368]),  # as OpenAI's notebooks print it
        ("Hello  World!\n", [3306, 1002, 256]),
        ("", []),
        ("It's 1,204 cats", [585, 568, 272, 267, 273, 271, 275, 3989]),
        ("naïve café", [1097, 35689, 563, 15304]),
        ("狐 🦊", [163, 233, 494, 6040, 488]),
        ("<|endoftext|>", [27, 347, 40786, 4160, 91, 285]),
    ],
)
def test_the_numbers_are_those_of_clips_own_tokenizer(text, expected):
    """As instant-clip-tokenizer 0.1.1 gives them, which agreed on 3,024 texts; it has no wheel for Python 3.13."""
    assert numbers(text) == expected


WORDS = [
    "a fox",
    "It's",
    "they'LL",
    "naïve",
    "ΑΣ",
    "İstanbul",
    "ﬁre",
    "１２ ｆｏｘ",
    "狐の時計",
    "ខ្មែរ",
    "نص",
    "👩‍🚀",
    "🏳️‍🌈",
]
ODD = [
    "&amp;",
    "&lt;b&gt;",
    "&nbsp;",
    "&#8217;s",
    "“so”",
    "\x07",
    "\u200d",
    "\ufeff",
    "\u2028",
    "…",
    "<|endoftext|>",
    "Ã©",
    "ｱ",
]


@pytest.mark.parametrize("first", WORDS)
@pytest.mark.parametrize("odd", ODD)
def test_odd_texts_are_counted_as_by_imagebind(first, odd):
    for text in (f"{first}{odd}", f"{odd} {first}", f"{first} {odd}{first.upper()} 12{odd}."):
        sent = cleaned(text).replace("<|", "< |")
        assert numbers(sent) == as_imagebind(sent)
        assert cleaned(sent) == sent


def as_imagebind(text):
    """The ids by the steps of ImageBind's own tokenizer: clean, small letters, words, pairs by their rank."""
    clean = regex.sub(r"\s+", " ", html.unescape(html.unescape(ftfy.fix_text(text))).strip()).strip().lower()
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    letters, ids, ranks = vocabulary()
    found = []
    for word in regex.findall(pattern, clean, regex.IGNORECASE):
        *pieces, last = (letters[byte] for byte in word.encode())
        pieces.append(last + "</w>")
        while pairs := [pair for pair in pairwise(pieces) if pair in ranks]:
            best, joined = min(pairs, key=ranks.get), []
            while pieces:
                count = 2 if tuple(pieces[:2]) == best else 1
                joined.append("".join(pieces[:count]))
                pieces = pieces[count:]
            pieces = joined
        found += [ids[piece] for piece in pieces]
    return found


@cache
def vocabulary():
    merges = files("telephone.models").joinpath("assets/clip-merges.txt").read_text("utf-8").splitlines()
    pairs = [tuple(line.split(" ")) for line in merges]
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printed]
    letters = {byte: chr(byte) for byte in printed} | {byte: chr(256 + n) for n, byte in enumerate(others)}
    words = [*letters.values(), *(letter + "</w>" for letter in letters.values()), *map("".join, pairs)]
    return letters, {word: n for n, word in enumerate(words)}, {pair: n for n, pair in enumerate(pairs)}


def test_every_text_has_a_length():
    assert [tokens(text) for text in ("half \ud83d a pair", "x" * 4_000, " \x00 ")] == [4, 1000, 0]


def test_a_caption_of_79_words_does_not_fit_and_each_of_its_parts_does():
    assert tokens(LONG) > WINDOW
    pieces = parts(LONG, tokens, WINDOW)
    assert len(pieces) == 2
    assert all(piece.endswith(".") and tokens(piece) <= WINDOW for piece in pieces)
