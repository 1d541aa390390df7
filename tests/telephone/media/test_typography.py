"""Text that is set in pictures: every script, as it is read; it fits, says when more was said, and cannot crash."""

import unicodedata
import warnings
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import ft2font
from PIL import Image as pil
from wcwidth import iter_graphemes

import telephone.media.typography as typography
from telephone.media.charts import Bar, Span, board_chart
from telephone.media.charts.style import INKS, canvas, png, write
from telephone.media.typography import baseline, draw, font, setable, wrap

FONTS = Path(typography.__file__).parent / "fonts"
SCRIPTS = {
    "Chinese": "狐狸在修理时钟，旁边有一只猫",
    "Chinese, traditional": "狐狸在修理時鐘，旁邊有一隻貓",
    "Japanese": "狐が古い時計を直している",
    "Korean": "여우가 시계를 고친다",
    "Thai": "ลิสาชอบกินข้าวผัดกับแมวสีดำที่นี่",
    "Hindi": "एक लोमड़ी घड़ी ठीक करती है, क्षत्रिय",
    "Bengali": "শিয়াল ঘড়ি ঠিক করে",
    "Tamil": "நரி கடிகாரத்தை சரி செய்கிறது",
    "Telugu": "నక్క గడియారాన్ని బాగు చేస్తుంది",
    "Kannada": "ನರಿ ಗಡಿಯಾರವನ್ನು ಸರಿಪಡಿಸುತ್ತದೆ",
    "Malayalam": "കുറുക്കൻ ക്ലോക്ക് നന്നാക്കുന്നു",
    "Gujarati": "શિયાળ ઘડિયાળ ઠીક કરે છે",
    "Punjabi": "ਲੂੰਬੜੀ ਘੜੀ ਠੀਕ ਕਰਦੀ ਹੈ",
    "Oriya": "କୋକିଶିଆଳି ଘଣ୍ଟା ମରାମତି କରେ",
    "Sinhala": "නරියා ඔරලෝසුව හදයි",
    "Khmer": "កញ្ជ្រោងជួសជុលនាឡិកា",
    "Lao": "ໝາຈອກສ້ອມແປງໂມງ",
    "Burmese": "မြေခွေးက နာရီပြင်တယ်",
    "Amharic": "ቀበሮ ሰዓት ይጠግናል",
    "Hebrew": "שועל מתקן שעון",
    "Arabic": "ثعلب أحمر يصلح ساعة قديمة",
    "Russian": "лиса чинит часы",
    "Greek": "η αλεπού επισκευάζει το ρολόι",
    "Vietnamese": "Con cáo sửa đồng hồ ở đây",
    "Georgian": "მელა საათს აკეთებს",
    "Armenian": "աղվեսը ժամացույց է նորոգում",
    "fancy letters": "𝕗𝕠𝕩 𝓯𝓸𝔁 ｆｏｘ",
    "emoji": "🦊🕰️🧶 👩‍🚀 👨‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️‍🔥 😀 1️⃣",
}
ZALGO = "f" + "\u0301\u0306\u0308\u030a\u0323\u0331" * 8 + "ox"


def ink(text: str, size: int = 24) -> np.ndarray:
    """One line of text as drawn, black on white, trimmed to what is drawn."""
    card = pil.new("L", (900, 6 * size), 255)
    draw(card, text, font(size), (40, 3 * size), 0)
    pixels = 255 - np.asarray(card)
    rows, columns = (np.flatnonzero(pixels.max(axis=axis)) for axis in (1, 0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else pixels[:0, :0]


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_every_character_is_drawn_by_a_font_that_has_it(text: str) -> None:
    assert setable(text) == unicodedata.normalize("NFC", text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that no font has
        assert ink(text).max() > 200
        data = board_chart([Bar(text[:40], Span(0.1, 0.2, 0.3))], title=text, measure=text)
    assert data.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("joined", "apart"),
    [("क्ष", "क ष"), ("لا", "ل ا"), ("กำ", "ก ำ"), ("👩‍🚀", "👩🚀"), ("🇩🇪", "🇩 🇪"), ("க்ஷ", "க ஷ"), ("ស្រ", "ស រ")],
)
def test_what_belongs_together_is_drawn_as_one(joined: str, apart: str) -> None:
    assert font(40).getlength(joined) < 0.95 * font(40).getlength(apart)


def test_right_to_left_text_is_drawn_from_the_right() -> None:
    """The first letter of Hebrew and Arabic stands at the right, also where emoji and numbers follow."""
    for text, first in (("שעון", "ש"), ("ساعة ب", "س")):
        whole, letter = ink(text, 60), ink(first, 60)
        right = whole[:, -letter.shape[1] // 2 :]
        assert right.max() > 200
    alone, mixed = ink("אאא", 60).max(axis=0) > 100, ink("אאא 🦊 12", 60).max(axis=0) > 100
    number = ink("12", 60).max(axis=0) > 100
    assert np.mean(mixed[-alone.size :] != alone) < 0.1, "the Hebrew stands at the right end"
    assert np.mean(mixed[: number.size] != number) < 0.1, "and the number at the left"


@pytest.mark.parametrize("text", [ZALGO * 4, "Z" + "\u0336\u0489" * 30, "ก" + "่้๊๋" * 20, "अ" + "\u0951" * 40, "לֽ֑֖֧֛֮֙֨" * 3])
def test_stacked_marks_stay_within_their_line(text: str) -> None:
    face, size = font(24), 24
    card = pil.new("L", (400, 200), 0)
    top = 60
    draw(card, text, face, (20, baseline(top, face)), 255)
    rows = np.flatnonzero(np.asarray(card).max(axis=1))
    assert rows.min() >= top - 0.1 * size
    assert rows.max() <= top + 1.32 * size
    for character in iter_graphemes(setable(text)):
        assert sum(unicodedata.category(char) in ("Mn", "Me") for char in character) <= 3


def test_marks_that_languages_need_stay() -> None:
    for text in ("ที่นี่", "क्षत्रियों", "שָׁלוֹם", "مُحَمَّدٌ", "Tiếng Việt ợ", "1️⃣", "മലയാളം"):
        assert setable(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "text", ["狐が時計を直す。" * 30, "ที่นี่ก็" * 40, "👩‍🚀" * 60, "क्षत्रियों" * 40, "e\u0323\u0301" * 90]
)
def test_lines_are_broken_between_characters_and_never_inside_one(text: str) -> None:
    whole = set(iter_graphemes(unicodedata.normalize("NFC", text)))
    lines = wrap(text, font(24), 300, 99)
    assert len(lines) > 1
    assert "".join(lines) == unicodedata.normalize("NFC", text)
    assert {character for line in lines for character in iter_graphemes(line)} <= whole
    assert not any(line.startswith("。") for line in lines)


CLOSING = "。、，．！？：；」』）】》〉〕］｝”’…‥～〜％‰・ーヽヾゝゞ々〻ぁゃゎヵヶァッㇰｬ｡､･ｰ,.)]};:!?%»"
OPENING = "「『（【《〈〔［｛“‘([{«"


@pytest.mark.parametrize("mark", CLOSING)
def test_no_line_of_chinese_or_japanese_begins_with_what_closes(mark: str) -> None:
    for before in range(4):
        lines = wrap("狐" * before + f"狐狸修{mark}钟" * 9, font(24), 250, 99)
        assert len(lines) > 3
        assert not [line for line in lines if line.startswith(mark)]


@pytest.mark.parametrize("mark", OPENING)
def test_no_line_of_chinese_or_japanese_ends_with_what_opens(mark: str) -> None:
    for before in range(4):
        lines = wrap("狐" * before + f"狐狸{mark}修钟" * 9, font(24), 250, 99)
        assert len(lines) > 3
        assert not [line for line in lines if line.endswith(mark)]


@pytest.mark.parametrize("quoted", ["〔【〈狐〉】〕", "「“狐”」。", "（狐）！？", "狐……」", "“狐”,"])
def test_marks_that_stand_together_stay_with_what_they_enclose(quoted: str) -> None:
    for before in range(4):
        lines = wrap("狐" * before + f"狐狸修钟{quoted}标点" * 6, font(24), 250, 99)
        assert not [line for line in lines if line[0] in CLOSING or line[-1] in OPENING]


@pytest.mark.parametrize("marks", ["。" * 90, "「" * 90, "!" * 400, "」「" * 60])
def test_a_text_of_nothing_but_marks_fills_its_lines(marks: str) -> None:
    face = font(24)
    lines = wrap(marks, face, 250, 99)
    assert "".join(lines) == marks
    assert all(face.getlength(line) > 125 for line in lines[:-1])


@pytest.mark.parametrize(
    "text", ["a fox mends a clock " * 40, "x" * 4000, "狐が時計を直す" * 90, "  a \n b\t" * 300, "\U0001f98a" * 500]
)
def test_wrapped_text_fits_and_says_when_more_was_said(text: str) -> None:
    face = font(24)
    lines = wrap(text, face, 300, 3)
    assert len(lines) == 3
    assert all(face.getlength(line) <= 300 for line in lines)
    assert lines[-1].endswith("…")


def test_text_that_fits_keeps_every_word() -> None:
    text = "a fox mends a very old clock"
    assert " ".join(wrap(text, font(24), 200, 9)) == text
    assert wrap("", font(24), 200, 2) == ()


def test_a_single_word_too_many_is_not_lost_silently() -> None:
    face = font(24)
    assert wrap("fox mends clock", face, int(face.getlength("mends…")) + 1, 2) == ("fox", "mends…")


def test_characters_that_no_font_has_become_squares() -> None:
    assert setable("fox \U00010330 \U00012000\u0301 狐") == "fox □ □ 狐"


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.one_of(st.characters(), st.sampled_from([*"".join(SCRIPTS.values()), "\u0301", "\u200d"])), max_size=12)
)
def test_any_text_is_set_in_replays_and_charts(characters: list[str]) -> None:
    text = "".join(characters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ink(text)
        for line in wrap(text, font(20, bold=True), 60, 2):
            ink(line)
        figure = canvas(INKS["dark"])
        write(figure, (48, 60), text, "#FFFFFF", bold=True)
        assert png(figure)


def test_charts_and_replays_measure_alike() -> None:
    """The chain is matplotlib's in both; it comes with libraqm, which shapes."""
    assert ft2font.__libraqm_version__
    names = typography.families()
    assert names[0] == "DejaVu Sans"
    assert {"Noto Sans CJK SC", "Noto Sans Thai", "Noto Sans Devanagari", "Noto Emoji"} <= set(names)


def test_the_fonts_are_free_and_small() -> None:
    files = [*FONTS.glob("*.[ot]tf")]
    assert sum(path.stat().st_size for path in files) < 8e6
    for path in files:
        with TTFont(path) as opened:
            told = [str(name) for name in opened["name"].names if name.nameID in (0, 13)]
        assert any("SIL Open Font License" in one for one in told), path.name
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text("utf-8")
