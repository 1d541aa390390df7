"""Charts in words: short, whole sentences, numbers as print sets them."""

import pytest

from telephone.media.charts import Span, signed
from telephone.media.charts.words import called, counted, listed, spoken, told


def test_what_is_too_long_loses_its_last_sentences_whole() -> None:
    assert told("One.", "", "Two.") == "One. Two."
    assert told("A" * 300 + ".", "B" * 250 + ".", "C" * 100 + ".") == "A" * 300 + ". " + "B" * 250 + "."
    assert len(told("A" * 900)) == 600


def test_names_are_folded_and_short() -> None:
    assert called("a\n×\u202e b") == "a × b"
    assert called("x" * 90) == "x" * 47 + "…"


@pytest.mark.parametrize(
    ("names", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c", "d", "e"], "a, b, c and 2 more")]
)
def test_names_are_listed_and_the_rest_counted(names: list[str], said: str) -> None:
    assert listed(names) == said


def test_numbers_have_the_signs_of_print() -> None:
    assert spoken(Span(-0.1, 0.25, 0.3)) == "0.25 (−0.10 to 0.30)"
    assert spoken(Span(2, 2, 2)) == "2.00"
    assert (signed(-0.05), signed(0.194)) == ("−0.05", "+0.19")
    assert (counted(1, "turn"), counted(0, "turn")) == ("1 turn", "0 turns")
