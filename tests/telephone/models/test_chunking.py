"""Long texts are cut where they may be, and nothing but what is too much of them is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephone.models.chunking import MOST_PARTS, head, mean, parts


def words(text: str) -> int:
    return len(text.split())


def letters(text: str) -> int:
    """A tokenizer for which every character but white space is a token."""
    return len("".join(text.split()))


def test_what_fits_is_left_whole() -> None:
    assert parts(" one two three ", words, 3) == ("one two three",)
    assert head("one two three", words, 3) == "one two three"


def test_no_text_is_one_empty_part() -> None:
    assert parts("", words, 3) == parts(" \n", words, 3) == ("",)


def test_a_part_ends_with_the_last_sentence_that_fits() -> None:
    text = 'A dog sits. "It barks!" Then 3.5 cats come by and stay for long.'
    assert parts(text, words, 5) == ('A dog sits. "It barks!"', "Then 3.5 cats come by", "and stay for long.")


def test_sentences_in_other_scripts_end_too() -> None:
    assert parts("犬がいる。猫もいる。", letters, 6) == ("犬がいる。", "猫もいる。")


def test_without_sentences_a_part_ends_with_a_word_and_without_words_anywhere() -> None:
    assert parts("one two three four five", words, 2) == ("one two", "three four", "five")
    assert parts("abcdefg", letters, 3) == ("abc", "def", "g")


def test_of_too_many_parts_some_are_kept_from_the_first_to_the_last() -> None:
    kept = parts(" ".join(str(n) for n in range(100)), words, 1)
    assert len(kept) == MOST_PARTS
    assert (kept[0], kept[-1]) == ("0", "99")
    steps = np.diff([int(word) for word in kept])
    assert steps.min() >= 14
    assert steps.max() <= 15


def test_a_head_ends_with_a_whole_word_even_within_a_sentence() -> None:
    assert head("A dog sits. It barks loudly.", words, 4) == "A dog sits. It"
    assert head("abcdefg", letters, 3) == "abc"


@given(st.text(alphabet="ab. \n。狐🦊é", max_size=60), st.integers(1, 7))
@pytest.mark.parametrize("tokens", [words, letters])
def test_every_part_fits_and_nothing_is_lost_or_said_twice(tokens, text: str, window: int) -> None:
    found = parts(text, tokens, window)
    assert all(tokens(part) <= window for part in found)
    if len(found) < MOST_PARTS:
        assert "".join("".join(found).split()) == "".join(text.split())
    start = head(text, tokens, window)
    assert tokens(start) <= window
    assert text.strip().startswith(start)


def test_the_mean_is_of_length_one_and_each_part_counts_alike() -> None:
    one, other = np.array([2, 0], np.float32), np.array([0, 0.1], np.float32)
    assert np.allclose(mean([one, other]), [2**-0.5, 2**-0.5])
    assert mean([one]) is one
