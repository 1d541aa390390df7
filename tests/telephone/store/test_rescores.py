"""Which games an embedder lacks, and jobs that are held by one worker at a time."""

import asyncio
from itertools import cycle, islice

import pytest

from telephone.domain.budgets import Caps
from telephone.domain.games import Pair, Prompt
from telephone.domain.rescores import RescorePlan, RescoreState
from telephone.errors import NotFound, OverBudget
from telephone.store import Order, Store
from tests.support.played import asked, begun, finished
from tests.telephone.store.samples import GUILD, OTHER_GUILD, caption
from tests.telephone.store.test_budgets import CAPS, taken

PLAN = RescorePlan(GUILD, "prism", "2", games=3, until=9, most_usd=0.5)
ORDER = Order(0.5, CAPS)


async def job(store: Store, plan: RescorePlan = PLAN, order: Order = ORDER) -> str:
    return (await store.rescores.begin(plan, order, by=5, channel_id=33))[0].id


async def played(store: Store, guild: int = GUILD, *, said: bool = True, measured: str = "minilm") -> str:
    game = await finished(store, asked(guild, Pair("a", "b"), Prompt("a fox"), 1, 1), {measured: [0.5]})
    if said:
        await store.steps.keep(game.id, caption())
    return game.id


async def test_games_that_count_and_are_not_measured_are_lacking_oldest_first(store: Store) -> None:
    ids = [await played(store) for _ in range(3)]
    await played(store, OTHER_GUILD)
    await played(store, measured="prism")
    await played(store, said=False)
    await begun(store, asked(GUILD, Pair("a", "b"), Prompt("a cat"), 1, 1))
    voided = await played(store)
    await store.games.void(voided)
    lacking = await store.rescores.lacking(GUILD, "prism", "1")
    assert [game.id for game in lacking] == ids
    assert [(game.number, game.prompt) for game in lacking] == [(1, "a fox"), (2, "a fox"), (3, "a fox")]
    assert [game.id for game in await store.rescores.lacking(GUILD, "prism", "1", after=1, until=2)] == ids[1:2]
    assert [game.id for game in await store.rescores.lacking(GUILD, "prism", "1", limit=2)] == ids[:2]
    assert len(await store.rescores.lacking(GUILD, "prism", "2")) == 4, "another version measured none of them"


async def test_a_job_reserves_its_money_and_lets_go_of_it_when_it_ends(store: Store) -> None:
    made, new = await store.rescores.begin(PLAN, ORDER, by=5, channel_id=33)
    assert new
    assert (made.state, made.games, made.asked_by, made.channel_id) == (RescoreState.QUEUED, 3, 5, 33)
    assert (made.reserved_usd, await taken(store, GUILD)) == (0.5, 0.5)
    await store.expenses.spend(made.id, 0.1)
    assert await store.rescores.end(made.id, RescoreState.STOPPED)
    assert not await store.rescores.end(made.id, RescoreState.FAILED, "too late")
    ended = await store.rescores.get(made.id)
    assert (ended.state, ended.reason, ended.spent_usd) == (RescoreState.STOPPED, None, 0.1)
    assert await taken(store, GUILD) == 0.1


async def test_a_job_that_does_not_fit_the_day_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(OverBudget):
        await job(store, order=Order(2.5, CAPS))
    assert await store.rescores.unended() == []
    assert await taken(store) == 0


async def test_of_fifty_askers_one_begins_and_all_see_its_job(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        stores = islice(cycle((one, two)), 50)
        found = await asyncio.gather(
            *(store.rescores.begin(PLAN, ORDER, by=n, channel_id=1) for n, store in enumerate(stores))
        )
        assert sum(new for _, new in found) == 1
        assert len({each.id for each, _ in found}) == 1
        assert await taken(one) == 0.5


async def test_each_server_and_embedder_has_a_job_of_its_own_and_another_after_its_end(store: Store) -> None:
    free = Order(0.0, Caps())
    first = await job(store, order=free)
    others = [RescorePlan(OTHER_GUILD, "prism", "2", 1, 1, 0), RescorePlan(GUILD, "letters", "1", 1, 1, 0)]
    ids = [await job(store, plan, free) for plan in others]
    assert len({first, *ids}) == 3
    assert [one.id for one in await store.rescores.unended(GUILD)] == [first, ids[1]]
    await store.rescores.end(first, RescoreState.FINISHED)
    assert await job(store, order=free) != first
    assert len(await store.rescores.unended()) == 3


async def test_a_job_is_held_by_one_at_a_time_until_its_holder_lets_go_or_dies(store: Store) -> None:
    job_id = await job(store)
    assert await store.rescores.hold(job_id, "me", 60)
    held = await store.rescores.get(job_id)
    assert (held.state, held.held, held.started_at is not None) == (RescoreState.RUNNING, True, True)
    assert not await store.rescores.hold(job_id, "you", 60)
    assert await store.rescores.hold(job_id, "me", 0.05)
    await asyncio.sleep(0.1)
    assert await store.rescores.hold(job_id, "you", 60), "no sign of life for too long"
    await store.rescores.release(job_id, "me")
    assert not await store.rescores.hold(job_id, "me", 60), "who lost it cannot release it"
    await store.rescores.release(job_id, "you")
    assert await store.rescores.hold(job_id, "me", 60)
    await store.rescores.end(job_id, RescoreState.FINISHED)
    assert not await store.rescores.hold(job_id, "me", 60)


async def test_of_fifty_who_reach_for_a_job_one_holds_it(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        job_id = await job(one)
        stores = islice(cycle((one, two)), 50)
        assert (
            sum(await asyncio.gather(*(store.rescores.hold(job_id, str(n), 60) for n, store in enumerate(stores)))) == 1
        )


async def test_a_game_is_counted_once_however_often_it_is_come_to(store: Store) -> None:
    job_id = await job(store)
    for number, measured in ((1, True), (1, True), (2, False), (1, False)):
        await store.rescores.count_game(job_id, number, measured=measured)
    now = await store.rescores.get(job_id)
    assert (now.measured, now.left_out, now.at, now.left) == (1, 1, 2, 1)
    await store.rescores.end(job_id, RescoreState.FINISHED)
    assert (await store.rescores.get(job_id)).measured == 2, "what others measured meanwhile is done too"


async def test_a_card_is_begun_once_and_anew_where_the_job_is_shown_elsewhere(store: Store) -> None:
    job_id = await job(store)
    first, second = [await store.rescores.begin_post(job_id) for _ in range(2)]
    assert (first.again, second.again, second.began_at) == (False, True, first.began_at)
    await store.rescores.posted(job_id, 77)
    assert (await store.rescores.begin_post(job_id)).message_id == 77
    await store.rescores.move_to(job_id, 44, by=6)
    moved = await store.rescores.get(job_id)
    assert (moved.channel_id, moved.asked_by, moved.message_id) == (44, 6, None)
    assert not (await store.rescores.begin_post(job_id)).again


async def test_a_job_that_is_not_there_is_an_error(store: Store) -> None:
    with pytest.raises(NotFound, match="/telephone-admin rescore"):
        await store.rescores.get("no such job")
    assert not await store.rescores.hold("no such job", "me", 1)
