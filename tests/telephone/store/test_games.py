"""Games: numbers, states, the queue, and how a game is put together from its rows."""

import dataclasses
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from telephone.domain.games import GameRequest, GameState, Level, Pair, Place, Prompt
from telephone.errors import BadInput, NotFound
from telephone.store import Store
from tests.telephone.store.samples import GUILD, OTHER_GUILD, caption, picture, request

PLAYING, QUEUED, PAUSED = GameState.PLAYING, GameState.QUEUED, GameState.PAUSED


async def test_a_game_comes_back_as_it_was_asked_for(store: Store) -> None:
    asked = GameRequest(
        Prompt("two owls, one moon", Level.HARD, "owls"),
        Pair("doodles", "spotter-hazy"),
        turns=3,
        seed=2**62,
        guild_id=2**62 + 1,
        channel_id=2**62 + 2,
        starter_id=2**62 + 3,
    )
    before = datetime.now(UTC)
    added = await store.games.add(asked)
    assert added.request == asked
    assert (added.number, added.state, added.turns, added.place, added.run) == (1, QUEUED, (), Place(), 0)
    assert before <= added.created_at <= datetime.now(UTC)
    assert len(added.id) == 16
    assert int(added.id, 16) >= 0
    assert await store.games.get(added.id) == added
    assert await store.games.by_number(asked.guild_id, 1) == added


async def test_every_server_counts_its_own_games_from_one(store: Store) -> None:
    numbers = [(await store.games.add(request(guild))).number for guild in (GUILD, OTHER_GUILD, GUILD, 0, 0)]
    assert numbers == [1, 1, 2, 1, 2]


async def test_a_game_that_is_not_there_is_named_in_a_sentence(store: Store) -> None:
    game = await store.games.add(request())
    with pytest.raises(NotFound, match="no game 'feedbeef'"):
        await store.games.get("feedbeef")
    for guild, number in ((OTHER_GUILD, game.number), (GUILD, 2), (GUILD, 0), (GUILD, 10**30)):
        with pytest.raises(NotFound, match=f"no game number {number} here"):
            await store.games.by_number(guild, number)
    for call in (store.games.next_run("feedbeef"), store.games.measured_with("feedbeef", "minilm")):
        with pytest.raises(NotFound):
            await call


async def test_a_seed_that_no_column_holds_is_refused_in_a_sentence(store: Store) -> None:
    with pytest.raises(BadInput, match="seed is too large"):
        await store.games.add(request(seed=10**19))
    assert (await store.games.add(request())).number == 1


async def test_a_move_happens_only_from_the_states_named(store: Store) -> None:
    game = await store.games.add(request())
    assert not await store.games.move(game.id, PAUSED, only_from=[PLAYING], reason="A break.")
    assert not await store.games.move("feedbeef", PAUSED, only_from=list(GameState))
    assert await store.games.get(game.id) == game
    assert await store.games.move(game.id, PLAYING, only_from=[QUEUED, PAUSED])
    assert (await store.games.get(game.id)).state is PLAYING


async def test_a_game_remembers_when_it_first_played_and_when_it_ended(store: Store) -> None:
    game_id = (await store.games.add(request())).id

    async def moved(to: GameState, reason: str | None = None) -> tuple[datetime | None, datetime | None, str | None]:
        assert await store.games.move(game_id, to, only_from=list(GameState), reason=reason)
        game = await store.games.get(game_id)
        assert game.state is to
        return game.started_at, game.ended_at, game.reason

    started, ended, _ = await moved(PLAYING)
    assert started is not None
    assert ended is None
    assert await moved(PAUSED, "A break.") == (started, None, "A break.")
    assert await moved(PLAYING) == (started, None, None)
    for final in (GameState.FINISHED, GameState.STOPPED, GameState.FAILED):
        again, ended, reason = await moved(final, "Enough.")
        assert (again, reason) == (started, "Enough.")
        assert ended is not None
        assert ended >= started


async def opened(store: Store) -> str:
    game = await store.games.add(request())
    await store.games.opened(game.id, game.run)
    return game.id


async def test_a_game_is_promoted_only_once_its_card_and_thread_are_ready_for_this_run(store: Store) -> None:
    first, second = await store.games.add(request()), await store.games.add(request())
    await store.games.opened(second.id, 0)
    assert await store.games.promote(GUILD, 2) == [second.id], "the first one is still being made"
    await store.games.opened(first.id, 0)
    await store.games.next_run(first.id)
    assert not (await store.games.get(first.id)).is_opened
    await store.games.opened(first.id, 0)
    assert await store.games.promote(GUILD, 2) == [], "an earlier run was opened"
    await store.games.opened(first.id, 1)
    assert (await store.games.get(first.id)).is_opened
    assert await store.games.promote(GUILD, 2) == [first.id]


async def test_the_queue_moves_up_in_the_order_of_asking(store: Store) -> None:
    ids = [await opened(store) for _ in range(5)]
    other = await store.games.add(request(OTHER_GUILD))
    assert await store.games.promote(GUILD, 2) == ids[:2]
    assert await store.games.promote(GUILD, 2) == []
    assert [await store.games.place_in_queue(each) for each in ids] == [0, 0, 1, 2, 3]
    assert await store.games.place_in_queue(other.id) == 1
    assert await store.games.place_in_queue("feedbeef") == 0
    assert await store.games.queue(GUILD) == ids[2:]
    assert await store.games.queue(77) == []
    assert (await store.games.get(ids[0])).started_at is not None
    await store.games.move(ids[0], GameState.FINISHED, only_from=[PLAYING])
    await store.games.move(ids[2], GameState.STOPPED, only_from=[QUEUED])
    assert await store.games.promote(GUILD, 2) == [ids[3]]
    assert await store.games.promote(GUILD, 0) == []
    assert await store.games.promote(77, 2) == []
    assert await store.games.count(GUILD, [PLAYING]) == 2
    assert await store.games.count(GUILD, [QUEUED, GameState.STOPPED]) == 2
    assert await store.games.count(77, list(GameState)) == 0
    assert await store.games.count(None, [PLAYING, QUEUED]) == 4


async def test_runs_are_counted_from_one(store: Store) -> None:
    game = await store.games.add(request())
    assert [await store.games.next_run(game.id) for _ in range(3)] == [1, 2, 3]
    assert (await store.games.get(game.id)).run == 3


async def test_a_game_carries_its_turns_places_and_distances(store: Store) -> None:
    game = await store.games.add(request())
    stored = [await store.steps.keep(game.id, step) for step in (picture(), caption(), picture(2))]
    for what, message_id in (("card", 1), ("thread", 2), ("opening", 3), ("1p", 5), ("1c", 2**62), ("summary", 4)):
        await store.posts.begin(game.id, what)
        await store.posts.done(game.id, what, message_id)
    await store.distances.put(game.id, "minilm", "1", [(1, 0.25, 0.5)])
    await store.distances.put(game.id, "imagebind", "1", [(1, 1.25, 1.5)])
    await store.games.measured_with(game.id, "minilm")
    await store.steps.ask(game.id, caption(2).key, "spotter-sharp", 1)  # asked, not played: no step yet

    read = await store.games.get(game.id)
    assert read.place == Place(card_id=1, thread_id=2, opening_id=3, summary_id=4)
    assert [step.message_id for step in read.steps] == [5, 2**62, None]
    assert [dataclasses.replace(step, message_id=None) for step in read.steps] == stored
    assert [(turn.n, turn.distance, turn.step_distance) for turn in read.turns] == [(1, 0.25, 0.5), (2, None, None)]
    assert read.embedder == "minilm"
    assert str(read.next_key) == "2c"
    await store.games.measured_with(game.id, "imagebind")
    assert (await store.games.get(game.id)).turns[0].distance == 1.25


async def test_distances_of_two_versions_are_never_mixed(store: Store) -> None:
    game = await store.games.add(request())
    for turn in (1, 2):
        await store.steps.keep(game.id, picture(turn))
        await store.steps.keep(game.id, caption(turn))
    await store.games.measured_with(game.id, "minilm")
    await store.distances.put(game.id, "minilm", "9", [(1, 0.1, 0.1), (2, 0.2, 0.2)])
    await store.distances.put(game.id, "minilm", "10", [(1, 0.9, 0.9)])
    assert [turn.distance for turn in (await store.games.get(game.id)).turns] == [0.9, None]


async def test_recent_games_are_the_newest_first_and_take_two_queries(store: Store) -> None:
    ids = []
    for _ in range(6):
        game = await store.games.add(request())
        await store.games.opened(game.id, 0)
        await store.steps.keep(game.id, picture())
        ids.append(game.id)
    await store.games.add(request(OTHER_GUILD))
    await store.games.promote(GUILD, 1)

    queries: list[str] = []

    def count(_c: object, _u: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            queries.append(statement)

    engine = store._database.units
    event.listen(engine, "before_cursor_execute", count)
    try:
        recent = await store.games.recent(GUILD, limit=4)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert [game.id for game in recent] == ids[:1:-1]
    assert all(len(game.steps) == 1 for game in recent)
    assert len(queries) == 2
    assert [game.id for game in await store.games.recent(GUILD, states=[PLAYING])] == ids[:1]
    assert await store.games.recent(77) == []


async def test_unfinished_games_of_all_servers_are_found_after_a_restart(url: str) -> None:
    async with await Store.open(url) as before:
        games = [await before.games.add(request(guild)) for guild in (GUILD, OTHER_GUILD, GUILD, GUILD)]
        await before.games.move(games[1].id, PLAYING, only_from=[QUEUED])
        await before.games.move(games[2].id, PAUSED, only_from=[QUEUED])
        await before.games.move(games[3].id, GameState.FAILED, only_from=[QUEUED])
    async with await Store.open(url) as after:
        found = await after.games.unfinished()
    assert [(game.id, game.state) for game in found] == [
        (games[0].id, QUEUED),
        (games[1].id, PLAYING),
        (games[2].id, PAUSED),
    ]
