"""Games that are kept in memory between their steps, and read again where they have changed."""

import pytest

from telephone.domain.games import HUMAN, GameRequest, GameState, Pair, Prompt
from telephone.engine.outcomes import Halted
from telephone.games.views import GameViews
from telephone.store import Store
from tests.telephone.store.samples import CAPTION, PICTURE, caption, picture, request


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


@pytest.fixture
def loads(store, monkeypatch):
    """The ids of the games that are read whole, one after another."""
    read, plain = [], store.games.get

    async def get(game_id):
        read.append(game_id)
        return await plain(game_id)

    monkeypatch.setattr(store.games, "get", get)
    return read


async def playing(store, asked=None):
    game = await store.games.add(asked or request())
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    return game


async def test_a_game_is_read_whole_once_and_followed_by_its_own_steps(store, loads):
    game, views = await playing(store), GameViews(store)
    await store.steps.keep(game.id, picture())
    before = await views.still_on(game.id, 0)
    step = await store.steps.keep(game.id, caption())
    views.kept(before, step)
    after = views.posted(await views.still_on(game.id, 0), CAPTION, 4711)
    await store.posts.done(game.id, "1c", 4711)
    assert await views.still_on(game.id, 0) == after
    assert loads == [game.id]
    assert [one.message_id for one in after.steps] == [None, 4711]
    assert after == await store.games.get(game.id)


@pytest.mark.parametrize("change", ["reported", "reported instead", "a step", "another run"])
async def test_what_has_changed_is_read_again(store, loads, change):
    game, views = await playing(store), GameViews(store)
    await store.steps.keep(game.id, picture())
    await store.steps.keep(game.id, caption())
    await store.reports.add(game.id, PICTURE, 7, "violence")
    await views.still_on(game.id, 0)
    run = 0
    if change == "reported":
        await store.reports.add(game.id, CAPTION, 8, "violence")
    elif change == "reported instead":
        await store.reports.dismiss(game.id, PICTURE, 9)
        await store.reports.add(game.id, CAPTION, 8, "violence")
    elif change == "a step":
        await store.steps.keep(game.id, picture(2))
    else:
        run = await store.games.next_run(game.id)
    seen = await views.still_on(game.id, run)
    assert loads == [game.id] * 2
    assert seen == await store.games.get(game.id)


@pytest.mark.parametrize("why", ["stopped", "paused here", "paused everywhere", "a newer run"])
async def test_a_run_that_is_not_to_go_on_is_halted_though_it_is_kept(store, why):
    game, views = await playing(store), GameViews(store)
    await views.still_on(game.id, 0)
    if why == "stopped":
        await store.games.move(game.id, GameState.STOPPED, only_from=[GameState.PLAYING])
    elif why == "paused here":
        await store.servers.change(game.request.guild_id, paused=True)
    elif why == "paused everywhere":
        await store.servers.pause_everywhere(True)
    else:
        await store.games.next_run(game.id)
    with pytest.raises(Halted):
        await views.still_on(game.id, 0)
    assert views.known(game.id, 0) is None


async def test_a_game_with_members_is_read_each_time(store, loads):
    asked = GameRequest(Prompt("a fox"), Pair(HUMAN, "spotter-sharp"), guild_id=1)
    game, views = await playing(store, asked), GameViews(store)
    await views.still_on(game.id, 0)
    await views.still_on(game.id, 0)
    assert loads == [game.id] * 2
    assert views.known(game.id, 0) is None


async def test_what_was_seen_while_a_player_was_at_it_is_not_forgotten_when_its_step_is_kept(store):
    game, views = await playing(store), GameViews(store)
    await store.steps.keep(game.id, picture())
    await store.steps.keep(game.id, caption())
    before = await views.still_on(game.id, 0)
    await store.reports.add(game.id, CAPTION, 8, "violence")
    await views.still_on(game.id, 0)  # as every second while the player is at it
    views.kept(before, await store.steps.keep(game.id, picture(2)))
    after = await views.still_on(game.id, 0)
    assert after == await store.games.get(game.id)
    assert after.steps[1].hidden


async def test_what_an_earlier_run_kept_is_not_taken_for_this_one(store):
    game, views = await playing(store), GameViews(store)
    before = await views.still_on(game.id, 0)
    await store.games.next_run(game.id)
    now = await views.still_on(game.id, 1)
    views.kept(before, picture())
    assert views.known(game.id, 1) == now
    assert views.known(game.id, 0) is None


async def test_a_game_is_known_for_a_moment_only(store):
    now = [10.0]
    game, views = await playing(store), GameViews(store, clock=lambda: now[0])
    seen = await views.still_on(game.id, 0)
    assert views.known(game.id, 0) == seen
    now[0] += 3.0
    assert views.known(game.id, 0) is None


async def test_an_unchanged_game_is_not_loaded_again_however_long_its_player_took(store, loads):
    now = [10.0]
    game, views = await playing(store), GameViews(store, clock=lambda: now[0])
    seen = await views.still_on(game.id, 0)
    now[0] += 300.0
    assert await views.of_run(game.id, 0) == seen
    assert loads == [game.id]
    await store.games.move(game.id, GameState.STOPPED, only_from=[GameState.PLAYING])
    assert (await views.of_run(game.id, 0)).state is GameState.STOPPED
    assert (await views.of_run(game.id, 1)).run == 1
