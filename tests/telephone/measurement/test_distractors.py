"""The sixty-four prompts that were never played."""

import numpy as np

from telephone.measurement.distractors import distractors
from telephone.models.minilm import MiniLM
from telephone.prompts.catalog import curated
from telephone.safety.words import mentions_minor


def test_there_are_sixty_four_as_varied_as_the_curated_ones() -> None:
    lengths = sorted(len(text.split()) for text in distractors())
    played = sorted(len(prompt.text.split()) for prompt in curated())
    assert len(set(distractors())) == 64
    assert lengths[0] <= played[0]
    assert abs(np.median(lengths) - np.median(played)) < 5
    assert lengths[-1] <= 56
    assert [text for text in distractors() if mentions_minor(text)] == []


async def test_none_is_like_another_or_like_a_curated_one() -> None:
    texts = [*distractors(), *(prompt.text for prompt in curated())]
    vectors = await MiniLM().embed_texts(texts)
    alike = (vectors @ vectors.T - np.eye(len(vectors)))[:64]
    one, other = np.unravel_index(int(np.argmax(alike)), alike.shape)
    assert alike.max() < 0.6, (texts[int(one)], texts[int(other)])
