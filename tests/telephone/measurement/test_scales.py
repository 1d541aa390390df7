"""The scale that ships with the package is what its embedder measures."""

from dataclasses import astuple

import pytest

from telephone.measurement.calibration import Calibrations
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.embedding_cache import CachedEmbedder
from telephone.measurement.scales import shipped_scale
from telephone.media.images import Pictures
from telephone.models.minilm import MiniLM
from telephone.store import Store


class Newer(MiniLM):
    """MiniLM by a version that no scale ships for."""

    version = "newer"


@pytest.fixture
async def calibrated(tmp_path):
    """A function that prepares an embedder's scale in a store of its own, and returns it."""
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:

        async def scale(embedder):
            cached = CachedEmbedder(store, Pictures.at(f"file://{tmp_path}"), embedder)
            calibrations = Calibrations(store, GameMeasurer({"minilm": cached}))
            await calibrations.prepare(0, "minilm")
            return await calibrations.of(0, "minilm")

        yield scale


async def test_the_scale_that_ships_is_what_the_embedder_measures(calibrated):
    ships, measured = await calibrated(MiniLM()), await calibrated(Newer())
    for one, other in ((ships.floor, measured.floor), (ships.ceiling, measured.ceiling)):
        assert astuple(one) == pytest.approx(astuple(other), abs=0.005)
    assert ships.still == pytest.approx(measured.still, abs=0.005)
    assert (ships.source, ships.prompts, ships.redraws) == (measured.source, measured.prompts, measured.redraws)


async def test_a_scale_that_ships_embeds_nothing(calibrated, monkeypatch):
    calls = []
    monkeypatch.setattr(MiniLM, "embed", lambda self, texts: calls.append(texts))
    assert await calibrated(MiniLM()) is not None
    assert calls == []
    assert shipped_scale(MiniLM().version) is not None
    assert shipped_scale("newer") is None
