"""Daily budgets: what is reserved, what is spent, and that no race gets past a cap."""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import pytest
from sqlalchemy import update

from telephone.domain.budgets import Caps
from telephone.domain.calls import Ticket
from telephone.domain.games import Costs, GameState
from telephone.domain.refusals import NoMoneyLeft, Purpose
from telephone.errors import BadInput, OverBudget
from telephone.store import Order, Store
from telephone.store.reservations import DailyBudget, micros, midnight_after
from telephone.store.tables.games import ReservationRow
from tests.telephone.store.samples import CAPTION, GUILD, OTHER_GUILD, caption, picture, request

ROOT = Path(__file__).parents[3]
CAPS = Caps()
ALICE, BOB = 7, 8


async def taken(store: Store, guild_id: int | None = None) -> float:
    found = await store.budgets.today(CAPS, servers=100)
    return found[guild_id].taken_usd if guild_id in found else 0.0


async def start(store: Store, usd: float, guild: int = GUILD, member: int = ALICE, caps: Caps = CAPS) -> str:
    return (await store.games.add(request(guild, starter_id=member), Order(usd, caps))).id


async def tries(store: Store, usd: float, guild: int = GUILD, member: int = ALICE) -> bool:
    try:
        await start(store, usd, guild, member)
    except OverBudget:
        return False
    return True


def costing(step, usd: float):
    return replace(step, cost_usd=usd)


async def test_a_game_reserves_the_most_it_can_cost_and_carries_it(store: Store) -> None:
    game_id = await start(store, 0.21)
    assert (await store.games.get(game_id)).costs == Costs(reserved=0.21)
    assert (await taken(store), await taken(store, GUILD)) == (0.21, 0.21)
    allowed = await store.budgets.allowances(GUILD, CAPS)
    assert (allowed["server"].cap_usd, allowed["server"].taken_usd, allowed["server"].played) == (2.0, 0.21, 1)
    assert allowed["member"].cap_usd == 0.5


async def test_a_free_game_reserves_nothing_and_is_never_refused_for_money(store: Store) -> None:
    for member in range(10, 14):
        assert await tries(store, 0.5, GUILD, member)
    assert not await tries(store, 0.01, GUILD, 10)
    game = await store.games.add(request(starter_id=10), Order(0.0, CAPS))
    assert game.is_free
    assert await taken(store) == 2.0


@pytest.mark.parametrize(
    ("games", "words"),
    [
        ([(0.5, GUILD, ALICE)], "Your budget for today is used up; it refills at 00:00 UTC"),
        ([(0.5, GUILD, n) for n in range(4)], "Today's budget of this server is used up; it refills at 00:00 UTC"),
        ([(0.5, n, n) for n in range(1, 11)], "Today's budget is used up; it refills at 00:00 UTC"),
    ],
    ids=["member", "server", "operator"],
)
async def test_each_cap_is_told_when_it_is_used_up(store: Store, games, words: str) -> None:
    for game in games:
        assert await tries(store, *game)
    with pytest.raises(OverBudget, match=words):
        await start(store, 0.1)


async def test_a_refused_game_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(OverBudget, match=r"may cost up to \$0.51, more than the \$0.50 of a whole day"):
        await start(store, 0.501)
    assert await taken(store) == 0
    game = await store.games.add(request(), Order(0.1, CAPS))
    assert game.number == 1


async def test_a_members_money_counts_on_all_servers_and_others_play_on(store: Store) -> None:
    assert await tries(store, 0.5, GUILD)
    assert not await tries(store, 0.01, OTHER_GUILD)
    assert await tries(store, 0.5, OTHER_GUILD, BOB)


async def test_in_the_terminal_only_the_operators_own_cap_holds(store: Store) -> None:
    assert await tries(store, 4.9, 0, 0)
    assert not await tries(store, 0.11, 0, 0)


async def test_an_end_lets_go_of_what_was_not_spent(store: Store) -> None:
    game_id = await start(store, 0.5)
    await store.steps.keep(game_id, costing(picture(), 0.02))
    await store.steps.keep(game_id, costing(caption(), 0.0006))
    assert await taken(store) == 0.5
    await store.games.move(game_id, GameState.PAUSED, only_from=[GameState.QUEUED])
    assert await taken(store) == 0.5
    await store.games.move(game_id, GameState.STOPPED, only_from=[GameState.PAUSED])
    assert await taken(store) == 0.0206
    assert await tries(store, 0.47)


async def test_a_finished_game_is_settled_once_it_is_measured(store: Store) -> None:
    game_id = await start(store, 0.5)
    await store.steps.keep(game_id, costing(picture(), 0.02))
    await store.games.move(game_id, GameState.FINISHED, only_from=[GameState.QUEUED])
    assert await taken(store) == 0.5
    await store.budgets.charge(game_id, "scoring/1", "scoring", 0.003)
    for _ in range(2):
        await store.budgets.settle(game_id)
        assert await taken(store) == 0.023
    game = await store.games.get(game_id)
    assert (game.costs.scoring, game.cost_usd) == (0.003, pytest.approx(0.023))


async def test_what_comes_in_after_the_end_is_booked_all_the_same(store: Store) -> None:
    game_id = await start(store, 0.5)
    await store.games.move(game_id, GameState.STOPPED, only_from=[GameState.QUEUED])
    assert await taken(store) == 0
    await store.steps.keep(game_id, costing(picture(), 0.02))
    for _ in range(2):
        await store.budgets.charge(game_id, "1c/0/0", "unused", 0.01)
    assert await taken(store) == 0.03


async def test_what_a_crash_may_have_doubled_counts_twice(store: Store) -> None:
    game_id = await start(store, 0.5)
    await store.steps.ask(game_id, CAPTION, "spotter-sharp", 12)
    await store.steps.keep_ticket(game_id, CAPTION, Ticket("job", maybe_billed_twice=True))
    await store.steps.keep(game_id, costing(caption(), 0.02))
    await store.budgets.charge(game_id, "2p/0/0", "unused", 0.1, doubled=True)
    await store.games.move(game_id, GameState.FAILED, only_from=[GameState.QUEUED])
    game = await store.games.get(game_id)
    assert game.cost_usd == pytest.approx(0.12)
    assert game.possibly_billed_twice_usd == pytest.approx(0.12)
    assert await taken(store) == 0.24


async def test_a_game_that_costs_more_than_it_reserved_is_seen_before_it_ends(store: Store) -> None:
    thought_free, dear = await start(store, 0.0), await start(store, 0.1)
    for game_id in (thought_free, dear):
        await store.steps.keep(game_id, costing(picture(), 0.25))
    assert await taken(store) == 0.5
    assert not await tries(store, 0.01)


async def test_midnight_refills_and_yesterdays_games_stay_on_yesterdays_books(store: Store) -> None:
    game_id = await start(store, 0.5)
    async with store._database.writing() as session:
        await session.execute(update(ReservationRow).values(day=yesterday()))
    assert await taken(store) == 0
    assert await tries(store, 0.5)
    await store.steps.keep(game_id, costing(picture(), 0.4))
    await store.games.move(game_id, GameState.FAILED, only_from=[GameState.QUEUED])
    assert await taken(store) == 0.5


def yesterday():
    return (datetime.now(UTC) - timedelta(days=1)).date()


async def test_an_admin_lowers_caps_and_raises_them_up_to_the_operators(store: Store) -> None:
    await store.budgets.change(GUILD, "member", CAPS, usd=0.05)
    assert not await tries(store, 0.06)
    await store.budgets.change(GUILD, "member", CAPS, usd=5)
    await store.budgets.change(GUILD, "server", CAPS, usd=3.5)
    assert await tries(store, 3)
    with pytest.raises(BadInput, match=r"\$5.00 a day in all"):
        await store.budgets.change(GUILD, "server", CAPS, usd=5.01)
    assert (await store.budgets.allowances(OTHER_GUILD, CAPS))["server"].cap_usd == 2
    lowered = Caps(operator_usd=1, server_usd=2, member_usd=0.5)
    assert (await store.budgets.allowances(GUILD, lowered))["server"].cap_usd == 1


async def test_games_a_day_are_counted_by_server_and_member_free_ones_too(store: Store) -> None:
    await store.budgets.change(GUILD, "member", CAPS, games=2)
    await store.budgets.change(GUILD, "server", CAPS, games=3)
    assert [await tries(store, 0, GUILD, ALICE) for _ in range(3)] == [True, True, False]
    assert [await tries(store, 0, GUILD, BOB) for _ in range(2)] == [True, False]
    assert await tries(store, 0, OTHER_GUILD, ALICE)
    with pytest.raises(OverBudget, match="This server's games for today \\(3\\) are used up"):
        await start(store, 0, GUILD, BOB)


async def race(url: str, usd: float, seats: list[tuple[int, int]]) -> tuple[int, float]:
    async with await Store.open(url) as one, await Store.open(url) as two:
        stores = islice(cycle((one, two)), len(seats))
        won = await asyncio.gather(
            *(tries(store, usd, guild, member) for store, (guild, member) in zip(stores, seats, strict=True))
        )
        return sum(won), await taken(one)


async def test_a_hundred_starts_at_once_never_pass_the_members_cap(url: str) -> None:
    assert await race(url, 0.06, [(GUILD, ALICE)] * 100) == (8, 0.48)


async def test_a_hundred_starts_at_once_never_pass_the_servers_cap(url: str) -> None:
    assert await race(url, 0.15, [(GUILD, n) for n in range(1, 101)]) == (13, 1.95)


async def test_a_hundred_starts_at_once_on_many_servers_never_pass_the_operators_cap(url: str) -> None:
    assert await race(url, 0.3, [(n, n) for n in range(1, 101)]) == (16, 4.8)


async def test_an_end_and_a_last_cost_at_once_are_both_booked(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        ids = [await start(one, 0.1, n, n) for n in range(1, 21)]
        await asyncio.gather(
            *(one.steps.keep(game_id, costing(picture(), 0.02)) for game_id in ids),
            *(two.games.move(game_id, GameState.STOPPED, only_from=[GameState.QUEUED]) for game_id in ids),
            *(one.budgets.charge(game_id, "1c/0/0", "unused", 0.01) for game_id in ids),
        )
        assert await taken(two) == 0.6


RACER = """
import asyncio, sys
from telephone.store import Store
from tests.telephone.store.test_budgets import tries

async def main(url):
    async with await Store.open(url) as store:
        print(sum(await asyncio.gather(*(tries(store, 0.06) for _ in range(34)))))

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.long
async def test_processes_that_start_games_at_once_share_one_budget(url: str) -> None:
    async def run() -> int:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", RACER, url), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        return int((await process.communicate())[0])

    assert sum(await asyncio.gather(*(run() for _ in range(3)))) == 8


def test_sums_are_rounded_up_to_millionths_without_dust() -> None:
    assert [micros(usd) for usd in (0.1 + 0.2, 0.0000001, 0.0, 0.5, 20 * 0.0206)] == [300_000, 1, 0, 500_000, 412_000]


def test_the_day_ends_at_midnight_in_utc() -> None:
    assert midnight_after(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (
            DailyBudget("server", 0, 0),
            "No game that costs money may be played here; choose free models, or an admin can set",
        ),
        (DailyBudget("member", 400_000, 0), "more than the $0.40 of a whole day; choose fewer turns or cheaper models"),
        (DailyBudget("operator", 5_000_000, 4_995_000), "Today's budget is used up; it refills at 00:00 UTC ("),
        (
            DailyBudget("server", 2_000_000, 1_700_000),
            "and today's budget of this server has $0.30 left; choose fewer turns",
        ),
    ],
)
def test_the_sentence_says_what_to_do_next(room: DailyBudget, words: str) -> None:
    refused = NoMoneyLeft(
        Purpose.GAME, room.whose, most=412_000, cap=room.cap, left=room.left, refills_in=timedelta(hours=3)
    )
    assert words in refused.sentence
