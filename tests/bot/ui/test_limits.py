"""What is cut is cut last: no message is ever longer than Discord takes."""

import re

import pytest
from discord import ui

from bot.ui.posts import Attachment, Post, cut_layout, layout
from bot.ui.text import ALT_MAX, CONTENT_MAX, LAYOUT_MAX, cut, escape, units
from bot.ui.wording import ANSWER_LAYOUT_MAX, ANSWER_MAX, LATE

LONG = {
    "words": "a fox mends a clock " * 300,
    "one word": "x" * 5_000,
    "emoji": "🦊" * 3_000,
    "escaped": escape("_*_*_* " * 900),
    "backslashes": "\\\\" * 2_500,
    "mentions": "<@123456789012345678>" * 200,
    "times": "<t:1764500000:R> " * 300,
    "lines": "\n".join(f"- line {n}" for n in range(600)),
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
@pytest.mark.parametrize("limit", [CONTENT_MAX, 100, 7, 1])
def test_a_long_text_is_cut_to_its_limit_and_nothing_in_it_breaks(text, limit):
    found = cut(text, limit)
    assert units(found) <= limit
    assert found.endswith("…")
    kept = found[:-1]
    assert text.startswith(kept)
    assert re.search(r"<[^>]*\Z", kept) is None
    assert len(kept) == len(kept.rstrip("\\")) or (len(kept) - len(kept.rstrip("\\"))) % 2 == 0
    found.encode("utf-8")


@pytest.mark.parametrize("text", ["", "a", "x" * CONTENT_MAX, "🦊" * (CONTENT_MAX // 2)])
def test_what_fits_is_not_touched(text):
    assert cut(text) == text


def test_a_text_is_cut_between_lines_and_else_between_words():
    assert cut("one two\nthree four five", 20) == "one two…"
    assert cut("one two three four five", 20) == "one two three four…"


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_a_post_fits_whatever_was_put_together_in_it(text):
    assert units(Post(f"**Turn 1**\n{text}").content or "") <= CONTENT_MAX
    post = Post(view=layout([ui.TextDisplay(text), ui.TextDisplay("### Title"), ui.TextDisplay(text)], 0))
    assert units(post.words) <= LAYOUT_MAX + 2, "line ends between the parts are ours"
    assert "### Title" in post.words, "the longest parts are cut first"


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_an_alternative_text_fits(text):
    assert units(Attachment("drift.png", b"", f"A chart: {text}").alt or "") <= ALT_MAX


def test_a_text_that_is_added_later_is_counted_too():
    post = Post(view=layout([ui.TextDisplay("x " * 2_000)], 0))
    assert post.view is not None
    post.view.add_item(ui.TextDisplay(LATE))
    cut_layout(post.view)
    assert units(post.words) - 1 <= LAYOUT_MAX
    assert post.words.endswith(LATE)


def test_an_answer_leaves_room_for_the_sentence_of_a_late_press():
    assert ANSWER_MAX + units(f"{LATE}\n") == CONTENT_MAX
    assert ANSWER_LAYOUT_MAX + units(LATE) == LAYOUT_MAX
