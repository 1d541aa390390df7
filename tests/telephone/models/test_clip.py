"""Texts are as long for us as they are for CLIP and ImageBind."""

import pytest

from telephone.models.chunking import parts
from telephone.models.clip import WINDOW, numbers, tokens

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


def test_every_text_has_a_length():
    assert [tokens(text) for text in ("half \ud83d a pair", "x" * 4_000, " \x00 ")] == [4, 1000, 1]


def test_a_caption_of_79_words_does_not_fit_and_each_of_its_parts_does():
    assert tokens(LONG) > WINDOW
    pieces = parts(LONG, tokens, WINDOW)
    assert len(pieces) == 2
    assert all(piece.endswith(".") and tokens(piece) <= WINDOW for piece in pieces)
