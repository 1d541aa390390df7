"""What holds when many write at once: in one process, in two stores, in several processes."""

import asyncio
import sys
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pytest

from telephone.domain.games import GameState
from telephone.store import Store
from tests.limits import LIMIT
from tests.telephone.store.samples import CAPTION, GUILD, caption, request

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


async def test_fifty_games_at_once_are_numbered_one_to_fifty(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        stores = islice(cycle((one, two)), 50)
        games = await asyncio.gather(*(store.games.add(request()) for store in stores))
        assert sorted(game.number for game in games) == list(range(1, 51))
        assert len({game.id for game in games}) == 50


async def test_fifty_callers_at_once_promote_no_game_too_many(url: str) -> None:
    async def promote(store: Store, guild: int, after_s: float) -> list[str]:
        await asyncio.sleep(after_s)  # one counts while another is between its count and its end
        return await store.games.promote(guild, 3)

    async with await Store.open(url) as one, await Store.open(url) as two:
        for guild in range(1, 4):
            ids = [(await one.games.add(request(guild))).id for _ in range(20)]
            for each in ids:
                await one.games.opened(each, 0)
            stores = islice(cycle((one, two)), 50)
            promoted = await asyncio.gather(*(promote(store, guild, n / 2_000) for n, store in enumerate(stores)))
            assert sorted(each for some in promoted for each in some) == sorted(ids[:3])
            assert await one.games.count(guild, [GameState.PLAYING]) == 3


async def test_of_fifty_writers_of_one_step_one_wins_and_all_see_it(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        game = await one.games.add(request())
        stores = list(islice(cycle((one, two)), 50))
        asked = await asyncio.gather(*(store.steps.ask(game.id, CAPTION, "spotter-sharp", 12) for store in stores))
        assert sum(each.first for each in asked) == 1
        kept = await asyncio.gather(
            *(store.steps.keep(game.id, caption(text=f"fox {n}")) for n, store in enumerate(stores))
        )
        assert len({step.text for step in kept}) == 1
        began = await asyncio.gather(*(store.posts.begin(game.id, "1c") for store in stores))
        assert sum(not post.again for post in began) == 1
        assert sorted(await asyncio.gather(*(store.games.next_run(game.id) for store in stores))) == list(range(1, 51))


async def test_a_game_is_moved_by_one_of_many(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        game = await one.games.add(request())
        moves = (
            store.games.move(game.id, GameState.STOPPED, only_from=[GameState.QUEUED], reason=f"by {n}")
            for n, store in enumerate(islice(cycle((one, two)), 20))
        )
        assert sum(await asyncio.gather(*moves)) == 1


async def test_writers_that_meet_crosswise_do_not_lock_each_other_out(url: str) -> None:
    names = [f"{n:04x}" for n in range(300)]
    async with await Store.open(url) as one, await Store.open(url) as two:
        for version in "123":
            forth = {name: np.zeros(8, np.float32) for name in names}
            back = {name: np.ones(8, np.float32) for name in reversed(names)}
            await asyncio.gather(*(s.vectors.put("m", version, v) for s, v in ((one, forth), (two, back)) * 4))
            assert len(await one.vectors.get("m", version, names)) == 300


async def test_a_cancelled_writer_leaves_no_lock_and_no_gap(store: Store) -> None:
    tasks = [asyncio.create_task(store.games.add(request())) for _ in range(30)]
    for n in range(30):
        await asyncio.sleep(0.002)
        if n % 3:
            tasks[n - 1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert any(task.cancelled() for task in tasks)
    last = await asyncio.wait_for(store.games.add(request()), LIMIT)
    numbers = [game.number for game in await store.games.recent(GUILD, limit=100)]
    assert numbers == list(range(last.number, 0, -1))


async def test_writers_cancelled_in_the_middle_of_a_statement_leave_no_lock_to_others(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:

        async def play() -> None:
            game = await one.games.add(request())
            await one.steps.keep(game.id, caption())

        for n in range(12):
            tasks = [asyncio.create_task(play()) for _ in range(20)]
            await asyncio.sleep(0.01 * n)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.wait_for(two.games.add(request()), LIMIT)
            await asyncio.wait_for(one.games.add(request()), LIMIT)


WRITER = """
import asyncio, sys
from telephone.store import Store
from tests.telephone.store.samples import request, picture, caption

async def main(url):
    async with await Store.open(url) as store:
        async def play():
            game = await store.games.add(request())
            for step in (picture(), caption()):
                await store.steps.ask(game.id, step.key, step.player, step.seed)
                await store.steps.keep(game.id, step)
        await asyncio.gather(*(play() for _ in range(25)))

asyncio.run(main(sys.argv[1]))
"""


async def _write(url: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, url, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await process.communicate()
    return process.returncode, stderr.decode()


@pytest.mark.long
async def test_processes_that_start_at_once_and_write_at_once_do_not_lock_each_other_out(empty_url: str) -> None:
    for returncode, stderr in await asyncio.gather(*(_write(empty_url) for _ in range(3))):
        assert returncode == 0, stderr
    async with await Store.open(empty_url) as store:
        games = await store.games.unfinished()
    assert sorted(game.number for game in games) == list(range(1, 76))
    assert all(len(game.steps) == 2 for game in games)
