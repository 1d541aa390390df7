"""The vocabulary: steps, seeds and text that comes in."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephone.domain.games import PROMPT_MAX, Kind, StepKey, clean_prompt, fold, step_seed
from telephone.errors import BadInput

keys = st.builds(StepKey, st.integers(1, 30), st.sampled_from(Kind))


@given(keys)
def test_a_step_is_read_as_it_is_written_and_found_at_its_place(key):
    assert StepKey.parse(str(key)) == StepKey.at(key.index) == key


def test_steps_are_counted_in_the_order_they_are_played():
    assert [str(StepKey.at(index)) for index in range(4)] == ["1p", "1c", "2p", "2c"]


@pytest.mark.parametrize("text", ["", "p", "3", "0p", "3x", "-1p", "3p c", "100p"])
def test_what_is_no_step_is_refused(text):
    with pytest.raises(BadInput, match="3p"):
        StepKey.parse(text)


@given(st.integers(0, 2**53), keys, keys)
def test_seeds_differ_between_steps_and_stay_in_range(seed, one, other):
    assert 0 <= step_seed(seed, one) < 2**31
    assert (step_seed(seed, one) == step_seed(seed, other)) == (one == other)


def test_a_steps_seed_never_changes_between_versions():
    assert step_seed(7, StepKey.parse("3p")) == 851_904_814


@given(st.text())
def test_folded_text_is_one_line_without_anything_that_controls(text):
    folded = fold(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Zl", "Zp") for char in folded)
    assert folded == folded.strip()
    assert "  " not in folded
    assert fold(folded) == folded


@given(st.text(max_size=5_000))
def test_a_prompt_is_cleaned_or_refused_never_worse(text):
    with suppress(BadInput):
        assert 3 <= len(clean_prompt(text)) <= PROMPT_MAX


def test_scripts_and_emoji_that_need_joiners_keep_them():
    assert fold("👩‍🚀 می‌خواهم") == "👩‍🚀 می‌خواهم"
    assert fold("cafe\u0301") == "café"
    assert fold("safe\u202etext") == "safetext"
