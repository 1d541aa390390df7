"""Text that is set in pictures: it fits, says when more was said, and cannot crash."""

import pytest

from telephone.media.typography import font, setable, wrap


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


def test_missing_characters_become_squares() -> None:
    assert setable("fox \U0001f98a 狐") == "fox □ □"
