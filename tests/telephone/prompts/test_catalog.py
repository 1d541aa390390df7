"""The curated prompts: two sets that a game can start from."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from telephone.domain.games import Level
from telephone.models.minilm import MiniLM
from telephone.prompts.catalog import curated, look_up, sets
from telephone.safety.words import mentions_minor

ARTICLE = Path(__file__).parents[4] / "shared" / "prompts-article.json"
TOKENS_MAX = 75
"""What ImageBind's text tower reads, four for three words; a longer prompt would be measured in pieces."""


def test_the_articles_ten_keep_their_slugs():
    slugs = [prompt.slug for prompt in sets()["article"]]
    rising = [f"#{level}-00{n}" for level in ("easy", "medium", "hard") for n in (1, 2, 3)]
    assert slugs == [*rising, "#impossible-001"]
    assert look_up("#hard-002").text.startswith("A bustling marketplace")


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article's prompts are not beside this repository")
def test_the_articles_ten_are_the_articles():
    printed = json.loads(ARTICLE.read_text(encoding="utf-8"))
    assert [(row["level"], row["text"]) for row in printed] == [(p.level, p.text) for p in sets()["article"]]


def test_the_house_has_ten_of_each_level_that_can_be_kept():
    assert Counter(prompt.level for prompt in sets()["house"]) == {Level.EASY: 10, Level.MEDIUM: 10, Level.HARD: 10}
    assert sets()["house"][0].slug == "#easy-004"


def test_every_slug_is_one_of_a_kind_and_found():
    assert len({prompt.slug for prompt in curated()}) == len(curated()) == 40
    assert all(look_up(prompt.slug.upper()) is look_up(prompt.text) is prompt for prompt in curated())
    assert look_up("a fox mends a clock") is None


def test_our_own_are_short_enough_to_be_measured_whole_and_harder_ones_are_longer():
    words = {level: [len(p.text.split()) for p in sets()["house"] if p.level is level] for level in Level}
    assert all(count <= TOKENS_MAX * 0.75 for counts in words.values() for count in counts)
    assert max(words[Level.EASY]) < min(words[Level.MEDIUM])
    assert np.median(words[Level.MEDIUM]) < np.median(words[Level.HARD])


def test_none_of_our_own_speaks_of_children():
    """A picture that is taken for a naked one would end its game as the worst there is."""
    assert [prompt.slug for prompt in sets()["house"] if mentions_minor(prompt.text)] == []


async def test_no_two_curated_prompts_are_alike():
    vectors = await MiniLM().embed_texts([prompt.text for prompt in curated()])
    alike = vectors @ vectors.T - np.eye(len(vectors))
    assert alike.max() < 0.6
