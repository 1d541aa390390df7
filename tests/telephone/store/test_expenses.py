"""Expenses: money without a game, on the same books as games."""

import asyncio
import sys
from itertools import cycle, islice
from pathlib import Path

import pytest
from sqlalchemy import text, update

from telephone.domain.budgets import Caps
from telephone.errors import NotFound, OverBudget
from telephone.store import Order, Store
from telephone.store.tables.games import ExpenseRow
from tests.telephone.store.samples import GUILD, OTHER_GUILD
from tests.telephone.store.test_budgets import ALICE, CAPS, start, taken, tries, yesterday

ROOT = Path(__file__).parents[3]
DEAR = Order(0.4, CAPS)


async def reserves(store: Store, expense_id: str, usd: float, guild: int = GUILD, member: int = 0) -> bool:
    try:
        await store.expenses.reserve(expense_id, "rescore", Order(usd, CAPS), guild_id=guild, member_id=member)
    except OverBudget:
        return False
    return True


async def test_an_expense_holds_the_most_it_can_cost_until_it_is_settled(store: Store) -> None:
    expense = await store.expenses.reserve("e", "rescore imagebind", DEAR, guild_id=GUILD)
    assert (expense.reserved_usd, expense.spent_usd, expense.settled) == (0.4, 0.0, False)
    await store.expenses.spend("e", 0.03)
    await store.expenses.spend("e", 0.0000011)
    assert (await taken(store), await taken(store, GUILD)) == (0.4, 0.4)
    for _ in range(2):
        await store.expenses.settle("e")
        assert (await taken(store), await taken(store, GUILD)) == (0.030002, 0.030002)
    found = await store.expenses.get("e")
    assert found is not None
    assert (found.what, found.spent_usd, found.settled) == ("rescore imagebind", 0.030002, True)


async def test_what_is_spent_beyond_the_reservation_and_after_the_end_is_seen_at_once(store: Store) -> None:
    await store.expenses.reserve("e", "prompts", Order(0.01, CAPS), guild_id=GUILD)
    await store.expenses.spend("e", 0.02)
    assert await taken(store) == 0.02
    await store.expenses.settle("e")
    await store.expenses.spend("e", 0.01)
    assert await taken(store) == 0.03


async def test_the_same_expense_is_reserved_once_and_is_found_when_the_budget_is_gone(store: Store) -> None:
    await store.expenses.reserve("e", "rescore", Order(2.0, CAPS), guild_id=GUILD)
    again = await store.expenses.reserve("e", "rescore", Order(2.0, CAPS), guild_id=GUILD)
    assert again.reserved_usd == 2.0
    assert await taken(store) == 2.0
    assert not await reserves(store, "f", 0.01)


async def test_games_and_expenses_share_each_budget(store: Store) -> None:
    await start(store, 0.4)
    assert not await reserves(store, "member", 0.11, member=ALICE)
    assert await reserves(store, "server", 1.5)
    assert not await reserves(store, "too much", 0.11)
    assert not await tries(store, 0.11, GUILD, 99)
    assert await reserves(store, "operator", 3.0, guild=0)
    assert not await reserves(store, "nothing left", 0.11, guild=OTHER_GUILD)
    assert not await tries(store, 0.11, 0, 0)
    assert (await taken(store), await taken(store, GUILD)) == (4.9, 1.9)


async def test_what_is_done_for_a_server_has_no_members_budget_to_fit(store: Store) -> None:
    assert await reserves(store, "one", 0.9)
    assert await reserves(store, "two", 0.9, guild=OTHER_GUILD)
    assert not await reserves(store, "three", 0.6, member=ALICE)


async def test_what_costs_nothing_is_never_refused(store: Store) -> None:
    assert await reserves(store, "all", 2.0)
    assert await reserves(store, "free", 0.0)
    assert await taken(store) == 2.0


async def test_a_refusal_says_what_to_do_and_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(OverBudget, match=r"^This may cost up to \$2.10, more than the \$2.00 of a whole day; choose"):
        await store.expenses.reserve("e", "rescore", Order(2.1, CAPS), guild_id=GUILD)
    await store.budgets.change(GUILD, "server", CAPS, usd=0)
    with pytest.raises(OverBudget, match=r"^Nothing that costs money may be done here, or an admin can set a budget"):
        await store.expenses.reserve("e", "rescore", DEAR, guild_id=GUILD)
    with pytest.raises(OverBudget, match="or the operator can set a budget"):
        await store.expenses.reserve("e", "rescore", Order(0.1, Caps(0, 0, 0)))
    assert await store.expenses.get("e") is None
    assert await taken(store) == 0


async def test_a_block_settles_its_expense_however_it_ends(store: Store) -> None:
    async with store.expenses.paying("prompts", DEAR, guild_id=GUILD, member_id=ALICE) as expense:
        await store.expenses.spend(expense.id, 0.01)
        assert await taken(store) == 0.4
    assert await taken(store) == 0.01
    with pytest.raises(RuntimeError, match="a bug"):
        await _break_off(store)
    begun = asyncio.Event()
    task = asyncio.create_task(_hang(store, begun))
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await taken(store) == 0.01


async def _break_off(store: Store) -> None:
    async with store.expenses.paying("prompts", DEAR, guild_id=GUILD):
        raise RuntimeError("a bug")


async def _hang(store: Store, begun: asyncio.Event) -> None:
    async with store.expenses.paying("prompts", DEAR, guild_id=GUILD):
        begun.set()
        await asyncio.Event().wait()


async def test_one_that_nobody_settled_holds_all_of_its_day_and_nothing_of_the_next(store: Store) -> None:
    """A process that died in the middle: nobody knows how much of it was paid."""
    await store.expenses.reserve("e", "prompts", DEAR, guild_id=GUILD, member_id=ALICE)
    await store.expenses.spend("e", 0.1)
    assert await taken(store) == 0.4
    assert not await tries(store, 0.11)
    async with store._database.writing() as session:
        await session.execute(update(ExpenseRow).values(day=yesterday()))
    assert await taken(store) == 0
    assert await tries(store, 0.5)


async def test_an_expense_that_was_never_reserved_is_an_error(store: Store) -> None:
    for call in (store.expenses.spend("no such", 0.1), store.expenses.settle("no such")):
        with pytest.raises(NotFound):
            await call
    assert await store.expenses.get("no such") is None


async def test_a_servers_expenses_go_with_it(store: Store) -> None:
    for guild in (GUILD, OTHER_GUILD):
        await reserves(store, str(guild), 0.1, guild=guild)
    async with store._database.writing() as session:
        await session.execute(text("DELETE FROM server WHERE guild_id = :guild"), {"guild": GUILD})
    assert await store.expenses.get(str(GUILD)) is None
    assert await store.expenses.get(str(OTHER_GUILD)) is not None


async def test_a_hundred_expenses_and_games_at_once_never_pass_the_servers_cap(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        stores = list(islice(cycle((one, two)), 50))
        won = await asyncio.gather(
            *(reserves(store, f"e{n}", 0.15) for n, store in enumerate(stores)),
            *(tries(store, 0.15, GUILD, n + 1) for n, store in enumerate(stores)),
        )
        assert (sum(won), await taken(one)) == (13, 1.95)


async def test_of_fifty_that_reserve_one_expense_all_find_it_and_it_counts_once(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        stores = list(islice(cycle((one, two)), 50))
        assert all(await asyncio.gather(*(reserves(store, "e", 1.5) for store in stores)))
        assert await taken(one) == 1.5


async def test_payments_at_once_are_all_counted(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        await one.expenses.reserve("e", "rescore", DEAR, guild_id=GUILD)
        stores = list(islice(cycle((one, two)), 50))
        paid = (store.expenses.spend("e", 0.001) for store in stores)
        await asyncio.gather(*paid, *(store.expenses.settle("e") for store in stores))
        found = await two.expenses.get("e")
        assert found is not None
        assert found.spent_usd == 0.05


RACER = """
import asyncio, sys
from telephone.store import Store
from tests.telephone.store.test_expenses import reserves

async def main(url, who):
    async with await Store.open(url) as store:
        print(sum(await asyncio.gather(*(reserves(store, f"{who}-{n}", 0.3, n, n) for n in range(1, 21)))))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.long
async def test_processes_that_reserve_at_once_share_the_operators_budget(url: str) -> None:
    async def run(who: str) -> int:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", RACER, url, who), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        return int((await process.communicate())[0])

    assert sum(await asyncio.gather(*(run(who) for who in "abc"))) == 16
