"""MiniLM places texts where they belong, whatever their length."""

import asyncio
import threading

import numpy as np
import pytest

from telephone.models.base import Embedder, SeeingEmbedder
from telephone.models.chunking import mean, parts
from telephone.models.minilm import WINDOW, MiniLM


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


def test_it_is_an_embedder_with_a_name_and_a_version(minilm: MiniLM) -> None:
    assert isinstance(minilm, Embedder)
    assert not isinstance(minilm, SeeingEmbedder)
    assert (minilm.name, minilm.dimensions, minilm.window) == ("minilm", 384, 254)
    assert minilm.version == "all-MiniLM-L6-v2-int8-1.0.0-w254.1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a dog",
        "word " * 800,
        "A dog sits. " * 300,
        "水" * 4000,
        "x" * 4000,
        "\x00\x07",
        "half \ud83d a pair",
        "🐶🍕🚀",
    ],
)
def test_every_text_gets_a_vector_of_length_one(minilm: MiniLM, text: str) -> None:
    vector = minilm.embed([text])
    assert vector.shape == (1, 384)
    assert vector.dtype == np.float32
    assert np.isclose(np.linalg.norm(vector[0]), 1, atol=1e-5)


def test_no_texts_give_no_rows(minilm: MiniLM) -> None:
    assert minilm.embed([]).shape == (0, 384)


def test_likeness_follows_meaning(minilm: MiniLM) -> None:
    apple, fruit, tax = minilm.embed(["A red apple on a table", "Some fruit lies on a desk", "The tax report is late"])
    assert apple @ fruit > 0.5
    assert apple @ tax < 0.2


def test_known_similarities_are_those_of_the_published_model(minilm: MiniLM) -> None:
    """The example of the model's card: 0.7 and more for the paraphrase, far less for the stranger."""
    happy, glad, weather = minilm.embed(
        ["That is a happy person", "That is a very happy person", "Today is a sunny day"]
    )
    assert happy @ glad == pytest.approx(0.943, abs=0.02)
    assert happy @ weather == pytest.approx(0.257, abs=0.04)


def test_a_text_has_the_same_vector_alone_and_in_company(minilm: MiniLM) -> None:
    alone = minilm.embed(["a fox mends a clock"])[0]
    company = minilm.embed(["a much longer text that stands beside it " * 9, "a fox mends a clock"])[1]
    assert np.array_equal(alone, company)


def test_the_end_of_a_long_text_counts(minilm: MiniLM) -> None:
    start = "The sea is calm and blue today. " * 60
    with_dogs, with_taxes = minilm.embed([start + "Dogs run. " * 200, start + "Taxes rise. " * 200])
    assert with_dogs @ with_taxes < 0.9


def test_its_tokenizer_neither_cuts_nor_pads(minilm: MiniLM) -> None:
    assert [minilm.tokens(text) for text in ("", "a dog", "dog " * 300)] == [0, 2, 300]


def test_a_long_text_is_the_mean_of_its_parts(minilm: MiniLM) -> None:
    text = "The sea is calm and blue today. " * 60
    pieces = parts(text, minilm.tokens, WINDOW)
    assert [minilm.tokens(piece) for piece in pieces] == [248, 232]
    assert np.array_equal(minilm.embed([text])[0], mean(minilm.embed(pieces)))


async def test_it_works_beside_the_loop(minilm: MiniLM) -> None:
    beats = 0

    async def heart() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.001)

    beating = asyncio.create_task(heart())
    vectors = await minilm.embed_texts(["a dog", "a cat"] * 10)
    beating.cancel()
    assert vectors.shape == (20, 384)
    assert beats > 5


async def test_however_many_wait_one_thread_embeds(minilm: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    threads, embed = set[int](), MiniLM.embed

    def watched(self: MiniLM, texts: list[str]) -> object:
        threads.add(threading.get_ident())
        return embed(self, texts)

    monkeypatch.setattr(MiniLM, "embed", watched)
    await asyncio.gather(*(minilm.embed_texts([f"a dog with {number} bones"]) for number in range(12)))
    assert len(threads) == 1
    assert threads != {threading.get_ident()}
