"""A game that pauses leaves what it asked for on the books: when it goes on it finds the call, and pays no other."""

import asyncio
from dataclasses import replace

import pytest

from telephone.domain.calls import Ticket
from telephone.domain.games import Game, GameState
from telephone.games import steps
from telephone.games.admission import StartRequest
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app

pytestmark = pytest.mark.slow

ASKED = StartRequest(prompt="a fox mends a clock", t2i="painter", i2t="critic", turns=2, seed=7, starter_id=5)


@pytest.fixture
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


async def until(condition) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.02)


async def paused(running: RunningApp, game: Game) -> None:
    await running.app.servers.pause(0)
    async with asyncio.timeout(LIMIT):
        while (await running.store.games.get(game.id)).state is not GameState.PAUSED:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)  # whoever calls off what was under way has the time to


async def goes_on(running: RunningApp, game: Game) -> Game:
    await running.app.servers.resume(0)
    await running.recovery.recover()
    return await running.app.games.closed(game.id, timeout=LIMIT)


def paid_once(running: RunningApp, done: Game) -> None:
    assert done.state is GameState.FINISHED
    assert len(running.provider.submitted) == len(set(running.provider.submitted)) == 4
    assert (done.costs.unused, done.possibly_billed_twice_usd) == (0, 0)
    assert done.cost_usd == pytest.approx(2 * 0.02 + 2 * 0.01)
    assert running.provider.cancelled == []


async def test_a_call_that_is_waited_for_while_its_game_pauses_is_collected_when_it_goes_on(running):
    running.provider.delay = 60
    game = await running.app.games.start(ASKED)
    await until(lambda: running.provider.submitted)
    await asyncio.sleep(0.3)
    await paused(running, game)
    running.provider.delay = 0
    paid_once(running, await goes_on(running, game))


async def test_a_call_that_is_being_made_while_its_game_pauses_is_found_when_it_goes_on(running, monkeypatch):
    monkeypatch.setattr(steps, "_SUBMIT_GRACE", 0.1)
    submit, hangs = running.provider.submit, True

    async def hanging(model, ask, marker, since=None) -> Ticket:
        ticket = replace(await submit(model, ask, marker, since), found=since is not None)
        if hangs:
            await asyncio.sleep(60)
        return ticket

    monkeypatch.setattr(running.provider, "submit", hanging)
    game = await running.app.games.start(ASKED)
    await until(lambda: running.provider.submitted)
    await paused(running, game)
    hangs = False
    paid_once(running, await goes_on(running, game))
