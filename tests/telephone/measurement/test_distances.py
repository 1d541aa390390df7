"""What a game is measured to be, what it costs to measure, and that nothing is embedded twice."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from telephone.domain.games import Game, GameRequest, Kind, Pair, Prompt, Step, StepKey
from telephone.errors import BadOutput, NotFound, Unavailable
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.embedding_cache import CachedEmbedder
from telephone.media.images import Pictures, verify
from telephone.models.chunking import MOST_PARTS, mean, parts
from telephone.scoring.drift import cosine_distance
from telephone.store import Store
from telephone.store.tables.games import DistanceRow, VectorRow
from tests.support.embedders import ColourEmbedder, LetterEmbedder
from tests.support.pictures import paint

PRICE, PAIR = 0.001, Pair("a", "b")


class Bench:
    """Stored games, and two embedders that measure them: letters always, prism for money."""

    def __init__(self, store: Store, pictures: Pictures) -> None:
        self.store, self.pictures = store, pictures
        self.letters, self.prism = LetterEmbedder(), ColourEmbedder()

    @property
    def measure(self) -> GameMeasurer:
        embedders = [
            CachedEmbedder(self.store, self.pictures, self.letters),
            CachedEmbedder(self.store, self.pictures, self.prism, PRICE),
        ]
        return GameMeasurer({embedder.name: embedder for embedder in embedders}, "prism", "letters")

    async def game(self, *captions: str, prompt: str = "a fox mends a clock", pair: Pair = PAIR) -> Game:
        request = GameRequest(Prompt(prompt), pair, turns=len(captions), guild_id=7)
        game = await self.store.games.add(request)
        for n, text in enumerate(captions, 1):
            image = await self.pictures.put(verify(paint(f"{prompt}/{text}")))
            await self.store.steps.keep(game.id, Step(StepKey(n, Kind.PICTURE), pair.t2i, seed=1, image=image))
            await self.store.steps.keep(game.id, Step(StepKey(n, Kind.CAPTION), pair.i2t, seed=1, text=text, raw=text))
        return await self.store.games.get(game.id)

    async def rows(self, game: Game, embedder: str) -> list[Any]:
        found = DistanceRow.__table__
        query = select(found).where(found.c.game_id == game.id, found.c.embedder == embedder).order_by(found.c.turn)
        async with self.store._database.reading() as session:
            return list(await session.execute(query))

    async def cost(self, game: Game) -> float:
        return (await self.store.games.get(game.id)).costs.scoring


@pytest.fixture
async def bench(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        yield Bench(store, Pictures.at(f"file://{tmp_path / 'pictures'}"))


async def test_a_turn_is_measured_from_the_prompt_from_the_turn_before_and_by_its_picture(bench):
    game = await bench.game("a fox", "a box", "a socks")
    await bench.measure.measure(game, "prism")
    texts = await bench.prism.embed_texts([game.request.prompt.text, "a fox", "a box", "a socks"])
    seen = await bench.prism.embed_pictures([await bench.pictures.get(turn.picture.image) for turn in game.turns])
    rows = await bench.rows(game, "prism")
    assert [row.distance for row in rows] == pytest.approx([cosine_distance(texts[0], t) for t in texts[1:]])
    assert [row.step_distance for row in rows] == pytest.approx(
        [cosine_distance(texts[n], texts[n + 1]) for n in range(3)]
    )
    assert [row.picture for row in rows] == pytest.approx([cosine_distance(texts[0], one) for one in seen])
    assert rows[0].picture_step is None
    assert [row.picture_step for row in rows[1:]] == pytest.approx(
        [cosine_distance(seen[n], seen[n + 1]) for n in (0, 1)]
    )
    assert [(row.head, row.approximate, row.version) for row in rows] == [(row.distance, False, "1") for row in rows]


async def test_an_embedder_without_eyes_leaves_pictures_open(bench):
    game = await bench.game("a fox")
    await bench.measure.measure(game, "letters")
    (row,) = await bench.rows(game, "letters")
    assert (row.picture, row.picture_step) == (None, None)
    assert bench.prism.seen == []


async def test_a_picture_that_is_gone_leaves_its_own_distances_open_and_no_others(bench):
    game = await bench.game("a fox", "a box", "a socks")
    await bench.pictures.delete(game.turns[1].picture.image)
    await bench.measure.measure(game, "prism")
    rows = await bench.rows(game, "prism")
    assert [row.picture is None for row in rows] == [False, True, False]
    assert [row.picture_step is None for row in rows] == [True, True, True]


async def test_a_long_caption_is_read_in_parts_marked_and_also_measured_by_its_head(bench):
    long = "The fox is red and quick. " * 20
    game = await bench.game(long)
    await bench.measure.measure(game, "prism")
    (row,) = await bench.rows(game, "prism")
    pieces = parts(long, bench.prism.tokens, 75)
    assert [len(piece.split()) for piece in pieces] == [72, 48]
    prompt, start, *rest = await bench.prism.embed_texts(
        [game.request.prompt.text, " ".join(long.split()[:75]), *pieces]
    )
    assert row.distance == pytest.approx(cosine_distance(prompt, mean(rest)))
    assert row.head == pytest.approx(cosine_distance(prompt, start))
    assert row.approximate
    async with bench.store._database.reading() as session:
        kept = list(await session.execute(select(VectorRow.tokens, VectorRow.chunks)))
    assert (120, 2) in kept


@pytest.mark.long
async def test_the_articles_120_games_embed_each_prompt_once(bench):
    prompts = [f"prompt number {n} of ten" for n in range(10)]
    pairs = [Pair(t2i, i2t) for t2i in ("a", "b", "c") for i2t in ("w", "x", "y", "z")]
    games = [
        await bench.game(f"{pair} saw {prompt}", "a fox", prompt=prompt, pair=pair)
        for prompt in prompts
        for pair in pairs
    ]
    assert len(games) == 120
    measure = bench.measure
    await asyncio.gather(*(measure.measure(game, name) for game in games for name in ("letters", "prism")))
    for embedded in (bench.letters.embedded, bench.prism.read):
        assert set(Counter(embedded).values()) == {1}
        assert set(embedded) == {*prompts, "a fox", *(game.turns[0].caption.text for game in games)}
    assert set(Counter(bench.prism.seen).values()) == {1}
    calls = len(bench.prism.read) + len(bench.prism.seen)
    assert sum([await bench.cost(game) for game in games]) == pytest.approx(calls * PRICE)


async def test_what_was_embedded_before_a_fault_is_neither_embedded_nor_paid_again(bench):
    game = await bench.game("a fox", "a box")
    bench.prism.faults = [Unavailable("prism sleeps")]
    with pytest.raises(Unavailable):
        await bench.measure.measure(game, "prism")
    assert await bench.rows(game, "prism") == []
    assert await bench.cost(game) == pytest.approx(2 * PRICE)
    await bench.measure.measure(game, "prism")
    assert sorted(bench.prism.read) == ["a box", "a fox", "a fox mends a clock"]
    assert await bench.cost(game) == pytest.approx((3 + 2) * PRICE)


async def test_nonsense_is_paid_for_and_never_kept(bench):
    game = await bench.game("a fox")
    bench.prism.faults = [BadOutput("prism answered nonsense")]
    with pytest.raises(BadOutput):
        await bench.measure.measure(game, "prism")
    assert await bench.cost(game) == pytest.approx(2 * PRICE)


async def test_another_version_embeds_anew_and_distances_are_never_mixed(bench):
    game = await bench.game("a fox", "a box")
    await bench.measure.measure(game, "prism")
    first = await bench.rows(game, "prism")
    bench.prism.version = "2"
    await bench.measure.measure(game, "prism")
    rows = await bench.rows(game, "prism")
    assert Counter(row.version for row in rows) == {"1": 2, "2": 2}
    assert len(bench.prism.read) == 2 * 3
    assert {row.measured_at for row in first} < {row.measured_at for row in rows}


async def test_a_game_shows_the_primary_once_it_is_measured_and_until_then_what_is_always_there(bench):
    game, shown = await bench.game("a fox"), []
    for name in ("letters", "prism", "letters", "prism"):
        await bench.measure.measure(game, name)
        shown.append((await bench.store.games.get(game.id)).embedder)
    assert shown == ["letters", "prism", "prism", "prism"]


async def test_an_embedder_that_only_measures_old_games_changes_nothing_that_is_shown(bench):
    game = await bench.game("a fox")
    third = ColourEmbedder("third")
    embedders = {**bench.measure.embedders, "third": CachedEmbedder(bench.store, bench.pictures, third)}
    await replace(bench.measure, embedders=embedders).measure(game, "third")
    assert (await bench.store.games.get(game.id)).embedder is None
    assert len(await bench.rows(game, "third")) == 1
    with pytest.raises(NotFound, match="choose one of: letters, prism"):
        bench.measure.named("abacus")


async def test_whoever_else_pays_the_game_does_not(bench):
    game, booked = await bench.game("a fox"), []

    async def pay(what: str, usd: float) -> None:
        booked.append((what, usd))

    await bench.measure.measure(game, "prism", pay)
    assert await bench.cost(game) == 0
    assert len({what for what, _ in booked}) == len(booked) == 3
    assert {usd for _, usd in booked} == {PRICE}


async def test_the_longest_texts_cost_no_more_than_is_reserved(bench):
    def endless(n: int) -> str:
        return " ".join(f"{n}x{word}" + "." * (word % 20 == 19) for word in range(2_000))

    game = await bench.game(endless(1), endless(2), prompt=endless(0))
    await bench.measure.measure(game, "prism")
    assert await bench.cost(game) == pytest.approx((3 * (MOST_PARTS + 1) + 2) * PRICE)
    assert bench.measure.most_usd(2) == pytest.approx(await bench.cost(game))


async def test_kept_vectors_are_read_without_a_call(bench):
    embedder = bench.measure.named("prism")
    assert await embedder.known(["a fox"]) is None
    made = await embedder.embed_texts(["a fox"])
    assert np.array_equal(await embedder.known(["a fox"]), made)
    assert bench.prism.read == ["a fox"]
    assert (await embedder.embed_texts([])).shape == (0, 3)


async def test_a_game_without_captions_is_not_measured(bench):
    game = await bench.game()
    assert await bench.measure.measure(game, "prism") is None
    assert (await bench.store.games.get(game.id)).embedder is None


async def test_the_ends_of_games_are_given_by_whoever_measured_them_all_in_one_version(bench):
    games = [await bench.game("a fox", text) for text in ("a box", "a socks")]
    ids = [game.id for game in games]
    for game in games:
        await bench.measure.measure(game, "letters")
    await bench.measure.measure(games[0], "prism")
    last = {game.id: (await bench.rows(game, "letters"))[-1].distance for game in games}
    assert await bench.store.distances.ends(ids) == {"letters": last}
    bench.prism.version = "2"
    await bench.measure.measure(games[1], "prism")
    assert await bench.store.distances.ends(ids) == {"letters": last}
    await bench.measure.measure(games[0], "prism")
    assert set(await bench.store.distances.ends(ids)) == {"letters", "prism"}
