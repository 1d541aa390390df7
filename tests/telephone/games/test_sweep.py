"""A sweep reads what is due: games that only wait or are paused cost it nothing, however many they are."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from telephone.domain.games import HUMAN, GameRequest, GameState, Pair, Prompt, StepKey
from telephone.engine import workflow_ids
from telephone.games.workflow import PAUSED_HERE
from tests.support.app import running_app

PAIR = Pair(HUMAN, "spotter-hazy")
FIRST = StepKey.at(0)


@pytest.fixture
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


@pytest.fixture
def enqueued(running, monkeypatch):
    """The ids of the workflows that a sweep asks for; they do not run."""
    ids = []

    async def enqueue(workflow_id, _workflow, *_args):
        ids.append(workflow_id)

    monkeypatch.setattr(running.recovery.engine, "enqueue", enqueue)
    return ids


async def waiting(running, seconds=600.0):
    store = running.store
    game = await store.games.add(GameRequest(Prompt("a fox"), PAIR, 2, guild_id=7))
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    await store.seats.open(game.id, FIRST, "painter", seconds)
    assert await store.seats.wait(game.id, FIRST)
    return game


async def paused(running, reason="its thread is gone", guild_id=8):
    game = await running.store.games.add(GameRequest(Prompt("a fox"), PAIR, 2, guild_id=guild_id))
    await running.store.games.move(game.id, GameState.PAUSED, only_from=[GameState.QUEUED], reason=reason)
    return game


async def asked(running) -> list[str]:
    """The statements of one sweep of games, those of the engine left out, and what else asks at that moment."""
    return min([await asked_meanwhile(running) for _ in range(3)], key=len)


async def asked_meanwhile(running) -> list[str]:
    statements = []

    def count(_connection, _cursor, text, *_):
        statements.append(text)

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    try:
        await running.recovery.recover()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", count)
    return [text for text in statements if "workflow" not in text and "queue" not in text]


async def test_games_that_wait_or_are_paused_cost_a_sweep_nothing(running, enqueued):
    await running.recovery.recover()
    none = await asked(running)
    for _ in range(15):
        await waiting(running)
        await paused(running)
    await running.recovery.recover()
    many = await asked(running)
    assert len(many) == len(none) <= 16


async def test_a_paused_game_is_settled_once_and_again_when_others_are_paused(running, enqueued):
    first = await paused(running)
    await running.recovery.recover()
    assert enqueued == [workflow_ids.settling(first.id, 0, "paused")]
    await running.recovery.recover()
    assert len(enqueued) == 1
    second = await paused(running)
    await running.recovery.recover()
    assert workflow_ids.settling(second.id, 0, "paused") in enqueued


async def test_a_game_whose_pause_is_over_goes_on_and_one_in_a_pause_does_not(running, enqueued):
    await running.store.servers.change(7, paused=True)
    held, freed = await paused(running, PAUSED_HERE, 7), await paused(running, PAUSED_HERE, 8)
    await running.recovery.recover()
    assert (await running.store.games.get(held.id)).state is GameState.PAUSED
    now = await running.store.games.get(freed.id)
    assert (now.state, now.run) == (GameState.QUEUED, 1)


async def test_what_is_due_about_a_waiting_turn_is_found_and_what_is_not_due_is_left(running, enqueued):
    later, half = await waiting(running), await waiting(running, 60.0)
    due = running.store.due
    assert await due.turns() == []
    await running.store.seats.claim(half.id, FIRST, 5, 0.0)
    assert await due.turns() == [half.id]
    over = await waiting(running, 0.0)
    assert set(await due.turns()) == {half.id, over.id}
    await running.recovery.recover()
    assert (await running.store.games.get(over.id)).state is GameState.QUEUED
    assert (await running.store.seats.get(half.id, FIRST)).claim is None
    assert await due.turns() == []
    seat = await running.store.seats.get(later.id, FIRST)
    assert seat.due_at > datetime.now(UTC)


async def test_only_a_server_with_a_free_place_and_no_pause_is_asked_to_promote(running, enqueued):
    store = running.store
    games = [await store.games.add(GameRequest(Prompt("a fox"), PAIR, 2, guild_id=7)) for _ in range(3)]
    assert await store.due.promotable() == []
    for game in games:
        await store.games.opened(game.id, 0)
    assert await store.due.promotable() == [7]
    await store.servers.change(7, paused=True)
    assert await store.due.promotable() == []
    await store.servers.change(7, paused=False, parallel=1)
    assert await store.games.promote(7, 1) == [games[0].id]
    assert await store.due.promotable() == []
