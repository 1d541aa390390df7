"""The scale of an embedder on a server, what it costs to make, and games that rest, take turns, and wander."""

import re
from dataclasses import replace
from math import cos, radians, sin

import numpy as np
import pytest

from telephone.domain.budgets import Caps
from telephone.domain.calibration import UNKNOWN, Rest
from telephone.domain.games import Game, GameRequest, GameState, Kind, Pair, Prompt, Step, StepKey
from telephone.errors import OverBudget, Unavailable
from telephone.measurement.calibration import Calibrations
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.distractors import distractors
from telephone.measurement.embedding_cache import CachedEmbedder
from telephone.measurement.repeats import SOURCE, shipped
from telephone.media.charts.game_chart import GameChart
from telephone.media.images import Pictures, verify
from telephone.prompts.catalog import curated
from telephone.scoring.drift import summarise
from telephone.store import Store
from tests.support.embedders import ColourEmbedder, LetterEmbedder
from tests.support.pictures import paint

GUILD, PAIR, OTHERS, PRICE = 7, Pair("a", "b"), Pair("c", "d"), 0.001
TEXTS = [prompt.text for prompt in curated()]
CAPTIONS = [caption for redrawn in shipped() for caption in redrawn.captions]


class Compass(LetterEmbedder):
    """An embedder of plane angles: "a fox at 30°" points to 30°, any other text where its length says."""

    name = "compass"
    dimensions = 2

    async def embed_texts(self, texts):
        self.embedded.extend(texts)
        angles = [radians(float(found[1]) if (found := re.search(r"at (\d+)°", text)) else len(text)) for text in texts]
        return np.array([[cos(angle), sin(angle)] for angle in angles], np.float32)


class Bench:
    def __init__(self, store: Store, pictures: Pictures, caps: Caps) -> None:
        self.store, self.pictures = store, pictures
        self.compass, self.prism = Compass(), ColourEmbedder()
        embedders = [CachedEmbedder(store, pictures, self.compass), CachedEmbedder(store, pictures, self.prism, PRICE)]
        self.measure = GameMeasurer({embedder.name: embedder for embedder in embedders}, "compass", "compass")
        self.calibrations = Calibrations(store, self.measure, caps, fresh_s=0)

    async def game(self, *angles: float, prompt: str = "a fox at 0°", pair: Pair = PAIR, seed: int = 1) -> Game:
        request = GameRequest(Prompt(prompt), pair, turns=len(angles), seed=seed, guild_id=GUILD)
        game = await self.store.games.add(request)
        for n, angle in enumerate(angles, 1):
            image = await self.pictures.put(verify(paint(f"{prompt}/{angle}/{seed}")))
            await self.store.steps.keep(game.id, Step(StepKey(n, Kind.PICTURE), pair.t2i, seed=1, image=image))
            text = f"caption at {angle}°"
            await self.store.steps.keep(game.id, Step(StepKey(n, Kind.CAPTION), pair.i2t, seed=1, text=text, raw=text))
        await self.store.games.move(game.id, GameState.FINISHED, only_from=[GameState.QUEUED])
        for name in self.measure.embedders:
            await self.measure.measure(await self.store.games.get(game.id), name)
        return await self.store.games.get(game.id)

    async def redrawn(self, apart: float, pair: Pair = PAIR) -> None:
        """Three redraws of each of five prompts, `apart` degrees from one to the next."""
        for n in range(5):
            for seed in range(3):
                await self.game(60 * n + apart * seed, prompt=f"prompt {n} at {60 * n}°", pair=pair, seed=seed)

    async def spent(self) -> float:
        return (await self.store.budgets.today(self.calibrations.caps))[None].taken_usd


@pytest.fixture
async def bench(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        yield Bench(store, Pictures.at(f"file://{tmp_path / 'pictures'}"), Caps())


def distance(degrees: float) -> float:
    return 1 - cos(radians(degrees))


async def test_reading_a_scale_embeds_nothing_and_preparing_it_embeds_each_text_once(bench):
    assert await bench.calibrations.of(GUILD, "compass") is None
    assert bench.compass.embedded == []
    for _ in range(2):
        await bench.calibrations.prepare(GUILD, "compass")
    assert sorted(bench.compass.embedded) == sorted({*TEXTS, *CAPTIONS})
    scale = await bench.calibrations.of(GUILD, "compass")
    assert (scale.source, scale.prompts, scale.redraws, scale.pictures) == (SOURCE, 10, 60, None)
    assert len(bench.compass.embedded) == len({*TEXTS, *CAPTIONS})


async def test_the_servers_own_redraws_take_the_place_of_those_that_ship(bench):
    await bench.redrawn(10)
    await bench.calibrations.prepare(GUILD, "compass")
    assert not set(CAPTIONS) & set(bench.compass.embedded)
    scale = await bench.calibrations.of(GUILD, "compass")
    assert (scale.source, scale.prompts, scale.redraws) == ("redraws played here", 5, 15)
    # Of three redraws two thirds are 10° apart and a third 20°.
    assert (scale.ceiling.median, scale.still) == pytest.approx((distance(10), distance(20)), rel=1e-4)
    assert (await bench.calibrations.of(GUILD + 1, "compass")) is None


async def test_a_pairs_own_redraws_come_before_those_of_all(bench):
    await bench.redrawn(10)
    await bench.redrawn(40, OTHERS)
    await bench.calibrations.prepare(GUILD, "compass")
    own, others, all_of_them = [
        await bench.calibrations.of(GUILD, "compass", pair) for pair in (PAIR, OTHERS, Pair("e", "f"))
    ]
    assert own.source == others.source == "this pair's redraws here"
    assert (own.still, others.still) == pytest.approx((distance(20), distance(80)), rel=1e-4)
    assert (all_of_them.source, all_of_them.redraws) == ("redraws played here", 30)
    assert own.still < all_of_them.still


async def test_an_embedder_with_eyes_scales_pictures_too(bench):
    await bench.redrawn(10)
    await bench.calibrations.prepare(GUILD, "prism")
    scale = await bench.calibrations.of(GUILD, "prism")
    assert 0 < scale.pictures.low < scale.pictures.median < scale.pictures.high < 2


async def test_a_paid_embedders_scale_is_an_expense_of_the_operator(bench):
    await bench.calibrations.prepare(GUILD, "prism")
    calls = len(bench.prism.read)
    assert calls == len({*TEXTS, *CAPTIONS, *distractors()})
    today = await bench.store.budgets.today(Caps())
    assert set(today) == {None}, "no server pays for it"
    assert today[None].taken_usd == pytest.approx(calls * PRICE)
    await bench.calibrations.prepare(GUILD, "prism")
    assert await bench.spent() == pytest.approx(calls * PRICE)


async def test_a_scale_that_no_longer_fits_the_day_is_not_made(bench):
    poor = replace(bench.calibrations, caps=Caps(operator_usd=0.05))
    with pytest.raises(OverBudget):
        await poor.prepare(GUILD, "prism")
    assert bench.prism.read == []
    assert await poor.of(GUILD, "prism") is None


async def test_what_a_fault_leaves_half_made_is_paid_for_and_gone_on_with(bench):
    bench.prism.faults = [Unavailable("prism sleeps")]
    with pytest.raises(Unavailable):
        await bench.calibrations.prepare(GUILD, "prism")
    assert await bench.calibrations.of(GUILD, "prism") is None
    assert await bench.spent() == pytest.approx(len(bench.prism.read) * PRICE)
    await bench.calibrations.prepare(GUILD, "prism")
    assert len(set(bench.prism.read)) == len(bench.prism.read)
    assert await bench.spent() == pytest.approx(len(bench.prism.read) * PRICE)


@pytest.mark.parametrize(
    ("angles", "rest"),
    [
        ((0, 50, 90, 92, 95, 93, 94), Rest(4, 7, cycle=False)),
        ((0, 50, 0, 50, 2, 51, 1), Rest(3, 7, cycle=True)),
        ((0, 40, 80, 120, 160, 120, 60), Rest(None, 7, cycle=False)),
        ((0, 1, 2), Rest(1, 3, cycle=False)),
        ((0, 1), None),
    ],
    ids=["rests", "takes turns", "wanders", "just long enough", "too short"],
)
async def test_a_game_comes_to_rest_when_it_changes_no_more_than_redraws_do(bench, angles, rest):
    await bench.redrawn(10)
    await bench.calibrations.prepare(GUILD, "compass")
    game = await bench.game(*angles)
    assert (await bench.calibrations.bearings(game)).rest == rest


async def test_a_hidden_caption_still_counts_and_is_not_shown(bench):
    await bench.redrawn(10)
    await bench.calibrations.prepare(GUILD, "compass")
    game = await bench.game(0, 50, 0, 50, 2, 51, 1)
    await bench.store.reports.add(game.id, StepKey(4, Kind.CAPTION), 5, "hate")
    hidden = (await bench.store.games.get(game.id)).shown
    assert (await bench.calibrations.bearings(hidden)).rest == Rest(3, 7, cycle=True)


async def test_without_a_scale_or_a_measurement_nothing_is_said(bench):
    game = await bench.game(0, 1, 2)
    assert await bench.calibrations.bearings(game) is UNKNOWN
    await bench.calibrations.prepare(GUILD, "compass")
    assert (await bench.calibrations.bearings(game)).scale is not None
    assert await bench.calibrations.bearings(replace(game, embedder=None)) is UNKNOWN
    assert await bench.calibrations.bearings(replace(game, embedder="abacus")) is UNKNOWN


async def test_distances_of_an_older_version_are_not_held_against_this_ones_scale(bench):
    game = await bench.game(0, 1, 2)
    await bench.calibrations.prepare(GUILD, "compass")
    bench.compass.version = "2"
    await bench.calibrations.prepare(GUILD, "compass")
    assert await bench.calibrations.bearings(game) is UNKNOWN
    await bench.measure.measure(game, "compass")
    assert (await bench.calibrations.bearings(game)).scale is not None


async def test_a_chart_marks_rest_and_scale_and_says_so_in_words(bench):
    await bench.redrawn(10)
    await bench.calibrations.prepare(GUILD, "compass")
    drift = summarise((0.1, 0.2, 0.2), (0.1, 0.1, 0.0))
    game = await bench.game(0, 1, 2)
    bearings = await bench.calibrations.bearings(game)
    drawn = GameChart("a game", "Compass", drift, bearings)
    assert "at rest from turn 1" in drawn.alt
    assert "Unrelated prompts are" in drawn.alt
    assert drawn.chart() != replace(drawn, bearings=UNKNOWN).chart()
    cycle = replace(drawn, bearings=replace(bearings, rest=Rest(1, 3, cycle=True)))
    assert "at rest" not in cycle.alt


async def test_scales_of_many_servers_are_kept_up_to_a_bound_and_made_again(bench, monkeypatch):
    monkeypatch.setattr("telephone.measurement.calibration.KEPT", 3)
    calibrations = Calibrations(bench.store, bench.measure)
    await calibrations.prepare(GUILD, "compass")
    first = await calibrations.of(GUILD, "compass")
    for guild_id in range(1, 10):
        assert await calibrations.of(guild_id, "compass") == first
        assert len(calibrations._found) <= 3
    assert await calibrations.of(GUILD, "compass") == first
