"""Charts in words: short, whole sentences, numbers as print sets them."""

import pytest

from telephone.media.charts import Span, signed
from telephone.media.charts.words import called, counted, form_of, listed, number, spoken, told, turns_in_words

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize(
    ("value", "form", "said"), [(-0.0, ".2f", "0.00"), (-0.001, ".2f", "0.00"), (-0.2, ".0%", "−20%")]
)
def test_what_is_rounded_to_nothing_has_no_sign(value: float, form: str, said: str) -> None:
    assert number(value, form) == said


@pytest.mark.parametrize(
    ("largest", "form"), [(1042.0, ".0f"), (0.3, ".2f"), (0.04, ".3f"), (0.002, ".4f"), (1e-5, ".6f"), (0.0, ".2f")]
)
def test_numbers_have_the_decimals_that_their_size_needs(largest: float, form: str) -> None:
    assert form_of([Span(-largest, 0, 0), Span(0, 0, 0)]) == form


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ([4], "turn 4"),
        ([1, 2], "turns 1 and 2"),
        ([1, 2, 3, 7, 9], "turns 1 to 3, 7 and 9"),
        ([2, 3, 9], "turns 2, 3 and 9"),
    ],
)
def test_turns_in_a_row_are_told_as_a_range(turns: list[int], said: str) -> None:
    assert turns_in_words(turns) == said
