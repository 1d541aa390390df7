"""The games of one pair, read as one embedder measured them."""

from dataclasses import replace

import pytest

from telephone.domain.games import Level, Pair, Prompt, Step
from telephone.store import GameContent, Measurement, Pool, Store
from telephone.store import pairs as aggregate
from tests.support.played import asked, finished
from tests.telephone.store.samples import GUILD, OTHER_GUILD, caption, picture

PAIR, OTHERS = Pair("a", "b"), Pair("c", "d")
FOX, CAT, FREE = Prompt("a fox", Level.EASY, "#easy-1"), Prompt("a cat", Level.HARD, "#hard-1"), Prompt("a dog")
POOL = Pool(GUILD)


async def measured(store: Store, pair: Pair = PAIR, prompt: Prompt = FOX, seed: int = 1, guild: int = GUILD) -> str:
    return (await finished(store, asked(guild, pair, prompt, seed, 2), [0.1 * seed, 0.2])).id


async def test_a_pairs_games_are_read_newest_first_with_all_their_turns(store: Store) -> None:
    for seed in (1, 2):
        await measured(store, seed=seed)
    await measured(store, OTHERS)
    await measured(store, guild=OTHER_GUILD)
    games = await store.pairs.of(POOL, PAIR, "minilm", "1")
    assert [game.seed for game in games] == [2, 1]
    assert (games[0].distances, games[0].steps, games[0].pictures) == ((0.2, 0.2), (0.1, 0.1), (None, None))
    assert (games[0].prompt, games[0].words, games[0].level) == ("#easy-1", "a fox", Level.EASY)


@pytest.mark.parametrize(
    ("pool", "prompts"),
    [
        (POOL, ["#hard-1", "#easy-1"]),
        (replace(POOL, level=Level.HARD), ["#hard-1"]),
        (replace(POOL, free=True), ["a dog"]),
        (replace(POOL, designed=True), []),
    ],
    ids=["curated", "hard", "free", "designed"],
)
async def test_which_games_are_meant_is_a_pools_to_say(store: Store, pool: Pool, prompts: list[str]) -> None:
    for prompt in (FOX, CAT, FREE):
        await measured(store, prompt=prompt)
    assert [game.prompt for game in await store.pairs.of(pool, PAIR, "minilm", "1")] == prompts


async def test_versions_and_embedders_are_never_mixed_and_what_is_not_measured_is_counted(store: Store) -> None:
    game_id = await measured(store)
    await measured(store, seed=2)
    await store.distances.put(game_id, "prism", "2", [Measurement(1, 0.5, 0.4, picture=0.9), Measurement(2, 0.6, 0.3)])
    (game,) = await store.pairs.of(POOL, PAIR, "prism", "2")
    assert (game.distances, game.pictures) == ((0.5, 0.6), (0.9, None))
    assert await store.pairs.of(POOL, PAIR, "prism", "1") == []
    counted = [await store.pairs.unmeasured(POOL, PAIR, *ruler) for ruler in (("prism", "2"), ("minilm", "1"))]
    assert counted == [1, 0]


async def test_a_game_that_does_not_count_is_not_there(store: Store) -> None:
    game_id = await measured(store)
    await store.games.void(game_id)
    assert await store.pairs.of(POOL, PAIR, "minilm", "1") == []
    assert await store.pairs.unmeasured(POOL, PAIR, "prism", "1") == 0


async def test_only_the_latest_of_very_many_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "LATEST", 3)
    monkeypatch.setattr(aggregate, "_BATCH", 2)
    for seed in range(1, 6):
        await measured(store, seed=seed)
    assert [game.seed for game in await store.pairs.of(POOL, PAIR, "minilm", "1")] == [5, 4, 3]


async def test_what_was_said_and_drawn_is_told_as_far_as_it_goes_without_a_gap(store: Store) -> None:
    game_id = await measured(store)
    steps: list[Step] = [picture(1), caption(1, "a fox"), picture(2, "cd" * 32), caption(2, "a box"), caption(4, "gap")]
    for step in steps:
        await store.steps.keep(game_id, step)
    silent = await measured(store, seed=2)
    told = await store.pairs.contents([game_id, silent])
    assert told == {game_id: GameContent(("a fox", "a box"), ("ab" * 32, "cd" * 32))}
