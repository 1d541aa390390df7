"""Redraws are found among a server's games: the same prompt and players, another seed."""

from dataclasses import replace

import pytest

from telephone.domain.calibration import Redrawn
from telephone.domain.games import GameState, Pair
from telephone.store import Store
from telephone.store import repeats as aggregate
from tests.telephone.store.samples import CAPTION, GUILD, OTHER_GUILD, caption, picture, request

PAIR = Pair("stickers", "spotter-sharp")
FOX = "a fox in the snow"


async def played(
    store: Store, text: str, seed: int, *, prompt: str = FOX, guild: int = GUILD, pair: Pair = PAIR
) -> str:
    game = await store.games.add(replace(request(guild, prompt, seed=seed), pair=pair))
    await store.steps.keep(game.id, picture(digest=f"{seed:064x}"))
    await store.steps.keep(game.id, caption(text=text))
    await store.steps.keep(game.id, caption(turn=2, text="what came later"))
    await store.games.move(game.id, GameState.FINISHED, only_from=[GameState.QUEUED])
    return game.id


async def test_first_captions_of_one_prompt_pair_and_server_are_redraws_of_each_other(store: Store) -> None:
    for text, seed in (("a fox", 1), ("a red fox", 2), ("a fox once more", 1)):
        await played(store, text, seed)
    await played(store, "a cat", 3, prompt="a cat")
    await played(store, "elsewhere", 4, guild=OTHER_GUILD)
    await played(store, "by others", 5, pair=Pair("doodles", "spotter-sharp"))
    found = await store.redraws.of(GUILD)
    # The newest first; the seed that was played twice counts once, as it was played last.
    assert found == [Redrawn(PAIR, FOX, ("a fox once more", "a red fox"), (f"{1:064x}", f"{2:064x}"))]


async def test_redraws_can_be_asked_of_one_pair(store: Store) -> None:
    other = Pair("doodles", "spotter-sharp")
    for seed in (1, 2):
        await played(store, f"a fox {seed}", seed)
        await played(store, f"a doodle {seed}", seed, pair=other)
    assert {redrawn.pair for redrawn in await store.redraws.of(GUILD)} == {PAIR, other}
    assert [redrawn.captions for redrawn in await store.redraws.of(GUILD, other)] == [("a doodle 2", "a doodle 1")]


@pytest.mark.parametrize("change", ["voided", "hidden", "unfinished"])
async def test_what_is_voided_hidden_or_unfinished_is_no_redraw(store: Store, change: str) -> None:
    ids = [await played(store, f"a fox {seed}", seed) for seed in (1, 2)]
    assert len(await store.redraws.of(GUILD)) == 1
    if change == "voided":
        await store.games.void(ids[0])
    elif change == "hidden":
        await store.reports.add(ids[0], CAPTION, 5, "hate")
    else:
        await store.games.move(ids[0], GameState.STOPPED, only_from=[GameState.FINISHED])
    assert await store.redraws.of(GUILD) == []


async def test_only_the_latest_of_very_many_are_taken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(1, 7):
        await played(store, f"a fox {seed}", seed)
    monkeypatch.setattr(aggregate, "MOST", 4)
    (redrawn,) = await store.redraws.of(GUILD)
    assert redrawn.captions == ("a fox 6", "a fox 5", "a fox 4", "a fox 3")
    monkeypatch.setattr(aggregate, "LATEST", 2)
    (redrawn,) = await store.redraws.of(GUILD)
    assert redrawn.captions == ("a fox 6", "a fox 5")
