"""Refusals that are dressed as captions are none; captions that mention images, or being sorry, stay captions.

Both lists are our own words. A refusal that passed, or a caption that was taken for one, becomes a line of its list.
"""

from pathlib import Path

import pytest

from telephone.domain.calls import Answer
from telephone.errors import Refused
from telephone.models.players import caption_of
from telephone.models.refusal import is_refusal
from tests.support.growth import MOST, growth

WORDS = Path(__file__).parent / "words"
REFUSALS, CAPTIONS = (
    (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines() for name in ("refusals", "captions")
)


@pytest.mark.parametrize("said", REFUSALS)
def test_a_refusal_is_no_caption(said):
    with pytest.raises(Refused, match="critic declined") as caught:
        caption_of(Answer(text=said), "critic")
    assert caught.value.reason


@pytest.mark.parametrize("said", REFUSALS)
def test_a_refusal_is_one_however_it_is_written(said):
    for form in (said.upper(), said.lower(), said.replace("'", "’"), f"<think>hm</think>\n{said}", f"Caption: {said}"):
        with pytest.raises(Refused):
            caption_of(Answer(text=form), "critic")


@pytest.mark.parametrize("said", CAPTIONS)
def test_a_caption_is_no_refusal(said):
    assert not is_refusal(said)
    assert caption_of(Answer(text=said), "critic").raw == said


def test_the_lists_are_long_enough_and_have_no_line_twice():
    assert len(set(REFUSALS)) == len(REFUSALS) >= 60
    assert len(set(CAPTIONS)) == len(CAPTIONS) >= 200


def test_a_refusal_after_a_description_is_part_of_the_caption():
    assert not is_refusal("A man in a red coat. I can't identify who he is.")


@pytest.mark.parametrize(
    "piece", ["sorry, ", "I can't ", "no image ", "the image ", "hello, ", "* ", "it seems that you ", "please "]
)
def test_the_time_to_judge_a_hostile_text_grows_with_its_length(piece):
    assert growth(is_refusal, piece, 2_500) < MOST
