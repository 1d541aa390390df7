"""Battles: stored whole or not at all, sealed until they close, moved by one of many."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from telephone.domain.battles import BattleRequest, BattleState, Choice
from telephone.domain.budgets import Caps
from telephone.domain.games import GameState, Level, Pair, Prompt
from telephone.errors import BadInput, NotFound, OverBudget
from telephone.store import Order, Store
from tests.telephone.store.samples import GUILD, OTHER_GUILD, request

SHARP, HAZY = Pair("stickers", "spotter-sharp"), Pair("stickers", "spotter-hazy")
THIRD = Pair("doodles", "spotter-sharp")
PLAYING, VOTING, CLOSED, VOID = (BattleState(name) for name in ("playing", "voting", "closed", "void"))


def battle_request(*pairs: Pair, **more) -> BattleRequest:
    prompt = Prompt("a fox in the snow", Level.EASY, "#easy-001")
    return BattleRequest(prompt, pairs or (SHARP, HAZY), **{"guild_id": GUILD, "turns": 3, "seed": 7, **more})


async def voting(store: Store, *pairs: Pair, **more):
    battle = await store.battles.add(battle_request(*pairs, **more), range(len(pairs) or 2))
    assert await store.battles.open_voting(battle.id)
    return await store.battles.get(battle.id)


async def test_a_battle_is_stored_with_its_games_each_at_its_place(store):
    asked = battle_request(SHARP, HAZY, THIRD, channel_id=5, starter_id=6, nsfw=True, vote_seconds=60)
    battle = await store.battles.add(asked, [2, 0, 1])
    assert (battle.number, battle.state, battle.request) == (1, PLAYING, asked)
    assert [(side.letter, side.game.pair) for side in battle.sides] == [("A", HAZY), ("B", THIRD), ("C", SHARP)]
    games = [side.game for side in battle.sides]
    assert {game.request.design for game in games} == {"battle"}
    assert {game.request.seed for game in games} == {7}
    assert [game.number for game in games] == [2, 3, 1]
    assert await store.battles.of_game(games[0].id) == [battle]
    assert (await store.battles.add(battle_request(), [1, 0])).number == 2
    assert (await store.battles.add(battle_request(guild_id=OTHER_GUILD), [0, 1])).number == 1
    with pytest.raises(NotFound, match="no battle"):
        await store.battles.get("feedbeef")


async def test_a_battle_that_does_not_fit_the_budget_stores_nothing(store):
    caps, each = Caps(1.0, 1.0, 1.0), Order(0.6, Caps(1.0, 1.0, 1.0))
    with pytest.raises(OverBudget, match="This battle may cost up to"):
        await store.battles.add(battle_request(), [0, 1], [each, each], Order(1.2, caps, 2))
    assert await store.games.unfinished() == []
    each = Order(0.4, caps)
    battle = await store.battles.add(battle_request(), [0, 1], [each, each], Order(0.8, caps, 2))
    assert [side.game.costs.reserved for side in battle.sides] == [0.4, 0.4]
    assert [side.game.number for side in battle.sides] == [1, 2]
    with pytest.raises(OverBudget):
        await store.games.add(request(), Order(0.3, caps))


async def test_a_battle_counts_as_many_games_as_it_has_sides(store):
    free = Order(0.0, Caps())
    await store.budgets.change(GUILD, "server", Caps(), games=3)
    await store.battles.add(battle_request(), [0, 1], [free, free], Order(0.0, Caps(), 2))
    with pytest.raises(OverBudget, match="This battle takes 2 games, and 1 of this server's games for today"):
        await store.battles.add(battle_request(), [0, 1], [free, free], Order(0.0, Caps(), 2))
    await store.games.add(request(), free)
    with pytest.raises(OverBudget, match=r"games for today \(3\) are used up"):
        await store.battles.add(battle_request(), [0, 1], [free, free], Order(0.0, Caps(), 2))


async def test_a_seed_that_no_game_takes_stores_no_side_either(store):
    with pytest.raises(BadInput, match="seed"):
        await store.battles.add(battle_request(seed=2**63), [0, 1])
    assert await store.games.unfinished() == []


async def test_games_of_a_battle_are_sealed_until_it_closes(store):
    mine = await store.games.add(request())
    battle = await voting(store)
    assert [game.number for game in await store.games.recent(GUILD)] == [mine.number]
    assert len(await store.games.unfinished()) == 3
    for side in battle.sides:
        with pytest.raises(NotFound, match="that can be seen"):
            await store.games.by_number(GUILD, side.game.number)
    assert await store.battles.close(battle.id, early=True)
    assert [game.number for game in await store.games.recent(GUILD)] == [3, 2, 1]
    assert (await store.games.by_number(GUILD, 2)).request.design == "battle"


async def test_games_of_a_void_battle_can_be_seen(store):
    battle = await store.battles.add(battle_request(), [0, 1])
    assert await store.battles.move(battle.id, VOID, only_from=[PLAYING], reason="nobody was left")
    assert len(await store.games.recent(GUILD)) == 2
    void = await store.battles.get(battle.id)
    assert (void.state, void.reason) == (VOID, "nobody was left")
    assert void.closed_at is not None
    assert await store.battles.unfinished() == []


async def test_a_battle_moves_only_from_where_it_is(store):
    battle = await store.battles.add(battle_request(), [0, 1])
    assert not await store.battles.move(battle.id, VOID, only_from=[BattleState.PAUSED])
    assert await store.battles.move(battle.id, BattleState.PAUSED, only_from=[PLAYING], reason="gone")
    assert not await store.battles.open_voting(battle.id)
    assert not await store.battles.open_voting("feedbeef")
    assert [(one.state, one.reason) for one in await store.battles.unfinished()] == [(BattleState.PAUSED, "gone")]
    assert [await store.battles.next_run(battle.id) for _ in range(2)] == [1, 2]
    with pytest.raises(NotFound):
        await store.battles.next_run("feedbeef")


async def test_voting_ends_at_its_time_and_not_before(store):
    early = await voting(store, vote_seconds=60)
    assert early.closes_at == early.opened_at + timedelta(seconds=60)
    assert not await store.battles.close(early.id)
    assert await store.battles.close(early.id, early=True)
    assert not await store.battles.close(early.id, early=True)
    over = await voting(store, vote_seconds=0)
    assert await store.battles.close(over.id)
    closed = await store.battles.get(over.id)
    assert closed.state is CLOSED
    assert closed.closed_at >= closed.closes_at


async def test_of_twenty_who_close_or_open_a_battle_one_does(url):
    async with await Store.open(url) as one, await Store.open(url) as two:
        battle = await one.battles.add(battle_request(), [0, 1])
        opened = await asyncio.gather(*(store.battles.open_voting(battle.id) for store in (one, two) * 10))
        assert sum(opened) == 1
        closed = await asyncio.gather(*(store.battles.close(battle.id, early=True) for store in (one, two) * 10))
        assert sum(closed) == 1


async def test_twenty_battles_at_once_are_numbered_one_to_twenty(url):
    async with await Store.open(url) as one, await Store.open(url) as two:
        made = await asyncio.gather(*(store.battles.add(battle_request(), [1, 0]) for store in (one, two) * 10))
        assert sorted(battle.number for battle in made) == list(range(1, 21))
        numbers = [side.game.number for battle in made for side in battle.sides]
        assert sorted(numbers) == list(range(1, 41))


async def test_a_side_is_dropped_once_and_stands_no_more(store):
    battle = await store.battles.add(battle_request(SHARP, HAZY, THIRD), [0, 1, 2])
    assert Choice.TIE not in battle.choices
    assert await store.battles.drop(battle.id, 1, "It could not go on.")
    assert not await store.battles.drop(battle.id, 1, "Another reason.")
    after = await store.battles.get(battle.id)
    assert [side.letter for side in after.standing] == ["A", "C"]
    assert after.sides[1].dropped == "It could not go on."
    assert after.choices == (Choice.A, Choice.C, Choice.TIE, Choice.ALL_BAD)


async def test_messages_of_a_battle_are_begun_once_and_found_again(store):
    battle = await store.battles.add(battle_request(), [0, 1])
    assert not (await store.battle_posts.begin(battle.id, "card")).again
    assert (await store.battle_posts.begin(battle.id, "card")).again
    await store.battle_posts.done(battle.id, "card", 2**62)
    await store.battle_posts.done(battle.id, "thread", 2**62 + 1)
    assert (await store.battles.get(battle.id)).messages == {"card": 2**62, "thread": 2**62 + 1}
    assert await store.battle_posts.owner_of_thread(2**62 + 1) == battle.id
    assert await store.battle_posts.at(GUILD, 2**62) == (battle.id, "card")
    assert await store.battle_posts.at(OTHER_GUILD, 2**62) is None
    await store.battle_posts.forget(battle.id, "card")
    assert list((await store.battles.get(battle.id)).messages) == ["thread"]
    with pytest.raises(NotFound):
        await store.battle_posts.begin("feedbeef", "card")


async def test_battles_are_listed_newest_first_by_state(store):
    first, second = [await store.battles.add(battle_request(), [0, 1]) for _ in range(2)]
    await store.battles.open_voting(first.id)
    assert [battle.id for battle in await store.battles.recent(GUILD)] == [second.id, first.id]
    assert [battle.id for battle in await store.battles.recent(GUILD, states=[VOTING])] == [first.id]
    assert [battle.id for battle in await store.battles.recent(GUILD, limit=1)] == [second.id]
    assert await store.battles.recent(OTHER_GUILD) == []
    assert [battle.id for battle in await store.battles.unfinished()] == [first.id, second.id]


async def test_a_battle_is_as_old_as_its_adding(store):
    battle = await store.battles.add(battle_request(), [0, 1])
    assert abs((datetime.now(UTC) - battle.created_at).total_seconds()) < 60
    assert all(side.game.state is GameState.QUEUED for side in battle.sides)


async def test_stored_games_are_set_against_each_other_once_unless_that_was_void(store):
    first = await store.battles.add(battle_request(), [0, 1])
    games = [side.game for side in first.sides]
    asked = battle_request(designed=False)
    with pytest.raises(BadInput, match="Games #1 and #2 have met already, in battle 1"):
        await store.battles.set_against(asked, [1, 0], games)
    await store.battles.move(first.id, VOID, only_from=[PLAYING])
    again = await store.battles.set_against(asked, [1, 0], games)
    assert (again.number, again.state, again.request.designed) == (2, PLAYING, False)
    assert [side.game.id for side in again.sides] == [games[1].id, games[0].id]
    assert {battle.number for battle in await store.battles.of_game(games[0].id)} == {1, 2}
    with pytest.raises(BadInput, match="in battle 2"):
        await store.battles.set_against(asked, [0, 1], games[::-1])


async def test_how_often_pairs_met_on_which_prompt_is_counted_from_open_battles_too(store):
    first = await store.battles.add(battle_request(SHARP, HAZY, THIRD), [0, 1, 2])
    await store.battles.drop(first.id, 2, "It could not go on.")
    await store.battles.add(battle_request(), [1, 0])
    free = dataclasses.replace(battle_request(), prompt=Prompt("my own words"))
    await store.battles.add(free, [0, 1])
    void = await store.battles.add(battle_request(SHARP, THIRD), [0, 1])
    await store.battles.move(void.id, VOID, only_from=[PLAYING])
    await store.battles.add(battle_request(guild_id=OTHER_GUILD), [0, 1])
    couple = frozenset({SHARP, HAZY})
    assert await store.battles.met(GUILD) == {(couple, "#easy-001"): 2, (couple, "my own words"): 1}
    assert await store.battles.met(1) == {}
