"""Cards are edited behind the games, seldom, and with what is stored when their turn comes."""

import asyncio

import pytest

from telephone.games.card_queue import CardQueue
from tests.limits import LIMIT


@pytest.fixture
def edited():
    return []


async def emptied(queue):
    async with asyncio.timeout(LIMIT):
        while queue._tasks:
            await asyncio.sleep(0.01)


async def test_a_card_that_is_touched_often_is_edited_at_once_and_once_more_when_its_time_has_come(edited):
    now, slept = [100.0], []

    async def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    async def edit(game_id):
        edited.append((game_id, now[0]))

    queue = CardQueue(edit, 5.0, clock=lambda: now[0], sleep=sleep)
    for _ in range(3):
        queue.touch("a")
    queue.touch("b")
    await emptied(queue)
    now[0] += 2.0
    for _ in range(3):
        queue.touch("a")
    await emptied(queue)
    assert edited == [("a", 100.0), ("b", 100.0), ("a", 105.0)]
    assert slept == [pytest.approx(3.0)]
    await queue.close()


async def test_a_closed_queue_edits_no_more(edited):
    async def edit(game_id):
        edited.append(game_id)

    queue = CardQueue(edit, 60.0)
    queue.touch("a")
    await emptied(queue)
    queue.touch("a")
    await queue.close()
    await emptied(queue)
    assert edited == ["a"]


async def test_what_changes_while_a_card_is_edited_is_shown_by_the_next_edit(edited):
    may = asyncio.Event()

    async def edit(game_id):
        edited.append(game_id)
        await may.wait()

    queue = CardQueue(edit, 0.0)
    queue.touch("a")
    await asyncio.sleep(0)
    queue.touch("a")
    may.set()
    await emptied(queue)
    assert edited == ["a", "a"]
