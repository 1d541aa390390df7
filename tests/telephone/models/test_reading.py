"""Which texts an embedder can read: MiniLM has one token for all words that it does not know."""

import pytest

from telephone.models.base import ReadingEmbedder
from telephone.models.minilm import MiniLM, _model


@pytest.mark.parametrize(
    "text",
    [
        "🦊🕰️🧶",
        "🦊 🕰️ 🧶",
        "🚗!!! 🌧️...",
        "ក្រុងភ្នំពេញគឺស្អាត",
        "一只狐狸在修理时钟",
        "狐が時計を直す",
        "ลิสาชอบกินข้าวผัด",
        "a photo of ลิสาชอบกินข้าวผัดกับแมวสีดำ",
        "தமிழ் மொழி",
        "ស្វាគមន៍ the 🦊",
        "𝕗𝕠𝕩 𝕞𝕖𝕟𝕕𝕤",
        "ＦＯＸ ＭＥＮＤＳ",
        "a 🦊 🕰️ 🧶",
        "\u0301\u0302",
        "",
        " ",
    ],
)
def test_what_is_mostly_unknown_is_not_read(text: str) -> None:
    assert not MiniLM().reads(text)


@pytest.mark.parametrize(
    "text",
    [
        "a fox mends a clock",
        "A red apple sitting on a wooden table, with sunlight streaming in! 🍎",
        "a fox 🦊 mends a clock 🕰️",
        "naïve café, ñandú & Ærøskøbing",
        "лиса чинит часы",
        "שועל מתקן שעון",
        "3 apples, 2 pears",
        "???",
        "<|endoftext|>",
        "half \ud83d a pair",
        "word " * 3000,
    ],
)
def test_what_is_mostly_known_is_read(text: str) -> None:
    assert MiniLM().reads(text)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("a fox", 0.0),
        ("a 🦊", 0.5),
        ("a fox 🦊 mends a clock 🕰️", 2 / 7),
        ("fox ក្រុងភ្នំពេញ", 12 / 15),
        ("🦊!!!", 1.0),
        ("...", 0.0),
    ],
)
def test_the_share_counts_words_or_letters_whichever_is_more(text: str, share: float) -> None:
    assert _model().unknown(text) == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("🦊 cat", "🚗 cat", False),
        ("a fox 🦊🕰️🧶", "a fox 🚗🌧️🏙️", False),
        ("red 猫", "red 车", False),
        ("a photo of 猫 and 鴉", "a photo of 车 and 鷺", False),
        ("a photo of 猫 and 鴉", "a photo of 鴉 and 猫", False),
        ("🦊 cat", "🦊 cat", True),
        ("A red 猫", "a RED  猫", True),
        ("red 猫", "blue 猫", True),
        ("red 猫", "red", True),
        ("a fox", "A fox", True),
        ("half \ud83d a pair", "half ? a pair", True),
    ],
)
def test_texts_that_differ_only_in_unknown_words_are_not_told_apart(one: str, other: str, told: bool) -> None:
    assert MiniLM().reads(one)
    assert MiniLM().reads(other)
    assert MiniLM().tells_apart(one, other) == MiniLM().tells_apart(other, one) == told


def test_minilm_says_what_it_reads() -> None:
    assert isinstance(MiniLM(), ReadingEmbedder)
