"""Posts, distances, vectors, settings and pictures."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from telephone.domain.games import Image
from telephone.domain.servers import ServerSettings
from telephone.errors import NotFound
from telephone.store import Store
from tests.telephone.store.samples import GUILD, OTHER_GUILD, caption, picture, request


async def test_a_post_says_whether_an_earlier_attempt_began(store: Store) -> None:
    game = await store.games.add(request())
    first = await store.posts.begin(game.id, "card")
    assert (first.again, first.message_id) == (False, None)
    again = await store.posts.begin(game.id, "card")
    assert (again.again, again.message_id, again.began_at) == (True, None, first.began_at)
    await store.posts.done(game.id, "card", 2**62)
    assert (await store.posts.begin(game.id, "card")).message_id == 2**62
    await store.posts.forget(game.id, "card")
    assert not (await store.posts.begin(game.id, "card")).again


async def test_the_game_of_a_thread_is_found_by_the_threads_own_post(store: Store) -> None:
    games = [await store.games.add(request()) for _ in range(2)]
    await store.posts.done(games[0].id, "thread", 100)
    await store.posts.done(games[1].id, "card", 200)
    assert await store.posts.owner_of_thread(100) == games[0].id
    assert await store.posts.owner_of_thread(200) is None


async def test_a_post_belongs_to_a_game(store: Store) -> None:
    for call in (store.posts.begin("feedbeef", "card"), store.posts.done("feedbeef", "card", 1)):
        with pytest.raises(NotFound):
            await call


async def test_a_turn_is_measured_once(store: Store) -> None:
    game = await store.games.add(request())
    await store.steps.keep(game.id, picture())
    await store.steps.keep(game.id, caption())
    await store.games.measured_with(game.id, "minilm")
    await store.distances.put(game.id, "minilm", "1", [])
    await store.distances.put(game.id, "minilm", "1", [(1, 0.25, 0.25)])
    await store.distances.put(game.id, "minilm", "1", [(2, 0.75, 0.5), (1, 1.0, 1.0)])
    (turn,) = (await store.games.get(game.id)).turns
    assert (turn.distance, turn.step_distance) == (0.25, 0.25)


async def test_a_distance_that_is_no_number_is_refused(store: Store) -> None:
    game = await store.games.add(request())
    with pytest.raises(ValueError, match=r"turn 2 .* no finite number"):
        await store.distances.put(game.id, "minilm", "1", [(1, 0.0, 0.0), (2, float("nan"), 0.0)])
    with pytest.raises(NotFound):
        await store.distances.put("feedbeef", "minilm", "1", [(1, 0.0, 0.0)])


async def test_a_vector_comes_back_bit_for_bit(store: Store) -> None:
    vector = np.random.default_rng(7).normal(size=384).astype(np.float32)
    await store.vectors.put("minilm", "1", {"aa": vector})
    found = await store.vectors.get("minilm", "1", ["aa", "bb", "aa"])
    assert list(found) == ["aa"]
    assert found["aa"].dtype == np.float32
    assert found["aa"].tobytes() == vector.tobytes()
    assert await store.vectors.get("minilm", "2", ["aa"]) == {}
    assert await store.vectors.get("imagebind", "1", ["aa"]) == {}
    await store.vectors.put("minilm", "1", {"aa": vector + 1})
    assert (await store.vectors.get("minilm", "1", ["aa"]))["aa"].tobytes() == vector.tobytes()


async def test_any_number_of_hashes_can_be_asked_for(store: Store) -> None:
    known = {f"{n:064x}": np.full(4, n, np.float32) for n in range(1_200)}
    await store.vectors.put("minilm", "1", known)
    found = await store.vectors.get("minilm", "1", [f"{n:064x}" for n in range(70_000)])
    assert found.keys() == known.keys()
    assert found[f"{1_199:064x}"][0] == 1_199
    assert await store.vectors.get("minilm", "1", []) == {}


@pytest.mark.parametrize("broken", [np.array([np.nan, 1]), np.ones((2, 2)), np.array([])])
async def test_what_is_no_vector_is_never_cached(store: Store, broken: np.ndarray) -> None:
    with pytest.raises(ValueError, match="the embedding of aa"):
        await store.vectors.put("minilm", "1", {"aa": broken.astype(np.float32)})
    assert await store.vectors.get("minilm", "1", ["aa"]) == {}


async def test_a_server_has_the_defaults_until_an_admin_sets_something(store: Store) -> None:
    assert await store.servers.settings(GUILD) == ServerSettings(GUILD)
    await store.games.add(request())
    assert await store.servers.settings(GUILD) == ServerSettings(GUILD)
    assert await store.servers.change(GUILD, parallel=5) == ServerSettings(GUILD, parallel=5)
    changed = await store.servers.change(GUILD, max_turns=4, claim_seconds=1, seat_seconds=2)
    assert changed == ServerSettings(GUILD, max_turns=4, parallel=5, claim_seconds=1, seat_seconds=2)
    assert await store.servers.settings(GUILD) == changed
    assert await store.servers.change(GUILD) == changed
    assert await store.servers.change(GUILD, parallel=None) == changed.changed(parallel=2)
    assert await store.servers.settings(OTHER_GUILD) == ServerSettings(OTHER_GUILD)


async def test_a_setting_that_does_not_exist_cannot_be_set(store: Store) -> None:
    for name in ("last_number", "colour"):
        with pytest.raises(TypeError, match=name):
            await store.servers.change(GUILD, **{name: 1})


async def test_a_setting_does_not_disturb_the_count_of_games(store: Store) -> None:
    await store.games.add(request())
    await store.servers.change(GUILD, paused=True)
    assert (await store.games.add(request())).number == 2


async def test_a_server_rests_by_its_own_word_or_the_operators(store: Store) -> None:
    assert not await store.servers.paused(GUILD)
    await store.servers.change(GUILD, paused=True)
    assert (await store.servers.paused(GUILD), await store.servers.paused(OTHER_GUILD)) == (True, False)
    assert not await store.servers.paused_everywhere()
    for everywhere in (True, True, False):
        await store.servers.pause_everywhere(everywhere)
        assert await store.servers.paused_everywhere() is everywhere
        assert await store.servers.paused(OTHER_GUILD) is everywhere
        assert await store.servers.paused(GUILD)
    await store.servers.change(GUILD, paused=None)
    assert not await store.servers.paused(GUILD)


async def test_a_pictures_facts_are_known_by_its_hash(store: Store) -> None:
    image = Image(b"not really a png", "image/webp", 640, 480)
    assert await store.images.get(image.sha256) is None
    for again in (image, dataclasses.replace(image, width=1)):
        await store.images.put(again)
    fact = await store.images.get(image.sha256)
    assert fact is not None
    assert (fact.hash, fact.media_type, fact.width, fact.height, fact.size) == (
        image.sha256,
        "image/webp",
        640,
        480,
        16,
    )
    assert abs((datetime.now(UTC) - fact.created_at).total_seconds()) < 60
