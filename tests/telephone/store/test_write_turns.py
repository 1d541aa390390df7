"""Writers take turns: in order, urgent ones first, and none is lost where a waiting one is cancelled."""

import asyncio

from telephone.store.write_turns import WriteTurns


async def _begun(turns: WriteTurns, done: list[str], *names: str) -> list[asyncio.Task[None]]:
    """Tasks that wait for their turn; those whose names begin with a capital are urgent."""

    async def write(name: str) -> None:
        async with turns.turn(urgent=name[0].isupper()):
            done.append(name)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(write(name)) for name in names]
    await asyncio.sleep(0)
    return tasks


async def test_writers_come_in_order_and_urgent_ones_first() -> None:
    turns, done = WriteTurns(), list[str]()
    async with turns.turn():
        tasks = await _begun(turns, done, "a", "b", "Member", "c", "Other member")
        assert done == []
    late = await _begun(turns, done, "d")
    await asyncio.gather(*tasks, *late)
    assert done == ["Member", "Other member", "a", "b", "c", "d"]


async def test_who_comes_just_when_a_turn_ends_does_not_go_before_those_who_waited() -> None:
    turns, done = WriteTurns(), list[str]()
    async with turns.turn():
        tasks = await _begun(turns, done, "a")
    async with turns.turn():
        done.append("late")
    await asyncio.gather(*tasks)
    assert done == ["a", "late"]


async def test_a_cancelled_writer_keeps_nobody_waiting() -> None:
    turns, done = WriteTurns(), list[str]()
    async with turns.turn():
        first, second, third, last = await _begun(turns, done, "a", "b", "c", "d")
        first.cancel()  # before its turn
        await asyncio.sleep(0)
        second.cancel()  # as its turn is passed on
    third.cancel()  # as it has the turn, and has not begun
    await asyncio.gather(first, second, third, last, return_exceptions=True)
    assert done == ["d"]
    async with asyncio.timeout(5), turns.turn():
        assert done == ["d"]


async def test_at_most_one_writes_however_they_end() -> None:
    turns, inside, most = WriteTurns(), 0, 0

    async def write(number: int) -> None:
        nonlocal inside, most
        async with turns.turn(urgent=number % 3 == 0):
            inside += 1
            most = max(most, inside)
            try:
                await asyncio.sleep(0)
            finally:
                inside -= 1

    tasks = [asyncio.create_task(write(number)) for number in range(60)]
    for number in range(0, 60, 7):
        await asyncio.sleep(0)
        tasks[(number * 5) % 60].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most == 1
    assert inside == 0
