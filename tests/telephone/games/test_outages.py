"""Outages of our own house while a game is played: none ends it, and nothing is paid twice."""

import asyncio
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from telephone import retry
from telephone.battles.admission import BattleAsked
from telephone.domain.battles import BattleState
from telephone.domain.games import Game, GameState
from telephone.engine import outages
from telephone.errors import Barred, Outage, Unsent
from telephone.games.admission import StartRequest
from telephone.ports.games import Delay
from telephone.store import database
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app

pytestmark = pytest.mark.slow

GUILD = 7
ASKED = StartRequest(prompt="a fox mends a clock", t2i="painter", i2t="critic", turns=2, seed=7, starter_id=5)


@pytest.fixture
async def running(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0)  # a lock is noticed at once
    monkeypatch.setattr(outages, "LONGEST_PAUSE", 0.5)
    async with running_app(tmp_path) as opened:
        yield opened


async def played(running: RunningApp, game: Game) -> Game:
    return await running.app.games.closed(game.id, timeout=LIMIT)


async def until(condition) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("moment", ["submitted", "collected"])
async def test_a_store_that_takes_no_writes_for_a_while_ends_no_game(running, moment):
    running.provider.delay = 0.5
    game = await running.app.games.start(ASKED)
    await until(lambda: running.provider.submitted if moment == "submitted" else running.provider.collected)
    with closing(sqlite3.connect(_file(running), isolation_level=None, timeout=LIMIT)) as other:
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(2.0)
        other.execute("ROLLBACK")
    done = await played(running, game)
    assert done.state is GameState.FINISHED
    assert len(running.provider.submitted) == len(set(running.provider.submitted)) == 4
    assert running.provider.collected.total() == 4


async def test_pictures_that_cannot_be_kept_for_a_while_are_paid_for_once_and_the_card_says_so(running, monkeypatch):
    pictures, down, delays = running.pictures, True, []
    put, edit_card = pictures.put, running.game_presenter.edit_card

    async def failing(image):
        if down:
            raise Outage("The pictures cannot be reached just now; please try again in a minute.")
        return await put(image)

    async def recorded(game, progress, summary=None):
        delays.append(progress.delay)
        await edit_card(game, progress, summary)

    monkeypatch.setattr(type(pictures), "put", lambda self, image: failing(image))
    monkeypatch.setattr(running.game_presenter, "edit_card", recorded)
    game = await running.app.games.start(ASKED)
    await until(lambda: Delay.OUTAGE in delays)
    down = False
    done = await played(running, game)
    assert done.state is GameState.FINISHED
    assert running.provider.collected == {"painter": 2, "critic": 2}
    assert delays[-1] is None


async def test_a_provider_to_whom_no_line_leads_is_waited_for_beyond_the_deadline(tmp_path, monkeypatch):
    async with running_app(tmp_path, deadline=0.5) as running:
        submit, down, delays = running.provider.submit, True, []
        edit_card = running.game_presenter.edit_card

        async def cut_off(model, ask, marker, since=None):
            if down:
                raise Unsent("painter cannot be reached just now; please try again in a minute.")
            return await submit(model, ask, marker, since)

        async def recorded(game, progress, summary=None):
            delays.append(progress.delay)
            await edit_card(game, progress, summary)

        monkeypatch.setattr(running.provider, "submit", cut_off)
        monkeypatch.setattr(running.game_presenter, "edit_card", recorded)
        game = await running.app.games.start(ASKED)
        await until(lambda: Delay.UNSENT in delays)
        await asyncio.sleep(1.5)  # three times the deadline
        assert (await running.store.games.get(game.id)).state is GameState.PLAYING
        down = False
        done = await played(running, game)
        assert done.state is GameState.FINISHED
        assert done.possibly_billed_twice_usd == 0


async def test_a_game_that_waits_for_an_outage_can_be_stopped(running, monkeypatch):
    async def failing(self, image):
        raise Outage("The pictures cannot be reached just now; please try again in a minute.")

    monkeypatch.setattr(type(running.pictures), "put", failing)
    game = await running.app.games.start(ASKED)
    await until(lambda: running.provider.collected)
    await running.app.games.stop(game.id, by=5, is_host=False)
    async with asyncio.timeout(LIMIT):
        while (now := await running.store.games.get(game.id)).costs.unused == 0:
            await asyncio.sleep(0.02)
    assert now.state is GameState.STOPPED


def cut_off(monkeypatch, running: RunningApp, *models: str) -> set[str]:
    """Leaves no line to these models, until they are taken out of the set; how often each was asked is not counted."""
    submit, out = running.provider.submit, set(models)

    async def submitted(model, ask, marker, since=None):
        if model.name in out:
            raise Unsent(f"{model.name} cannot be reached just now; please try again in a minute.")
        return await submit(model, ask, marker, since)

    monkeypatch.setattr(running.provider, "submit", submitted)
    return out


async def paused(running: RunningApp, game: Game) -> Game:
    async with asyncio.timeout(LIMIT):
        while (now := await running.store.games.get(game.id)).state is not GameState.PAUSED:
            assert not now.state.is_final, now.reason
            await asyncio.sleep(0.02)
    return now


async def test_a_game_without_a_line_pauses_after_a_while_gives_its_place_and_goes_on(running, monkeypatch):
    monkeypatch.setattr(retry, "CUT_OFF_MAX", 1.0)
    await running.app.servers.change(GUILD, parallel=1)
    out = cut_off(monkeypatch, running, "painter")
    game = await running.app.games.start(replace(ASKED, guild_id=GUILD))
    other = await running.app.games.start(replace(ASKED, t2i="stickers", guild_id=GUILD))
    now = await paused(running, game)
    assert re.fullmatch(r"painter cannot be reached since \d\d:\d\d UTC; Continue tries again\.", now.reason)
    assert (now.cost_usd, now.possibly_billed_twice_usd, now.costs.unused) == (0, 0, 0)
    assert (await running.app.games.closed(other.id, timeout=LIMIT)).state is GameState.FINISHED
    out.clear()
    await running.app.games.resume(game.id, by=5, is_host=False, server=GUILD)
    done = await played(running, game)
    assert done.state is GameState.FINISHED
    assert running.provider.collected["painter"] == 2
    assert done.possibly_billed_twice_usd == 0


async def test_what_was_submitted_before_the_line_broke_is_collected_after_continue(running, monkeypatch):
    monkeypatch.setattr(retry, "CUT_OFF_MAX", 1.0)
    collect, down = running.provider.collect, True

    async def collected(model, ask, ticket):
        if down:
            raise Unsent("painter cannot be reached just now; please try again in a minute.")
        return await collect(model, ask, ticket)

    monkeypatch.setattr(running.provider, "collect", collected)
    game = await running.app.games.start(replace(ASKED, guild_id=GUILD))
    await paused(running, game)
    assert len(running.provider.submitted) == 1
    assert running.provider.cancelled == []
    down = False
    await running.app.games.resume(game.id, by=5, is_host=False, server=GUILD)
    done = await played(running, game)
    assert done.state is GameState.FINISHED
    assert len(running.provider.submitted) == len(set(running.provider.submitted)) == 4
    assert (done.costs.unused, done.possibly_billed_twice_usd) == (0, 0)


async def test_a_game_whose_pictures_may_not_be_kept_pauses_and_says_so(running, monkeypatch):
    monkeypatch.setattr(outages, "BARRED_MAX", 1.0)
    put, barred = type(running.pictures).put, True

    async def refused(self, image):
        if barred:
            raise Barred("The pictures cannot be reached just now; please try again in a minute.")
        return await put(self, image)

    monkeypatch.setattr(type(running.pictures), "put", refused)
    game = await running.app.games.start(replace(ASKED, guild_id=GUILD))
    now = await paused(running, game)
    assert "pictures" in now.reason
    assert now.reason.endswith("Continue tries again.")
    barred = False
    await running.app.games.resume(game.id, by=5, is_host=False, server=GUILD)
    done = await played(running, game)
    assert done.state is GameState.FINISHED
    assert len(running.provider.submitted) == 4
    assert running.provider.collected == {"painter": 2, "critic": 2}, "nobody is asked again for what was answered"


async def test_a_game_waits_for_a_line_to_the_safety_check_and_pauses_without_paying_again(running, monkeypatch):
    monkeypatch.setattr(retry, "CUT_OFF_MAX", 1.0)
    check, down, delays = running.checker.check_picture, True, []
    edit_card = running.game_presenter.edit_card

    async def checked(image):
        if down:
            raise Unsent("The safety check cannot be reached just now.")
        return await check(image)

    async def recorded(game, progress, summary=None):
        delays.append(progress.delay)
        await edit_card(game, progress, summary)

    monkeypatch.setattr(running.checker, "check_picture", checked)
    monkeypatch.setattr(running.game_presenter, "edit_card", recorded)
    game = await running.app.games.start(replace(ASKED, guild_id=GUILD))
    now = await paused(running, game)
    assert re.fullmatch(r"The safety check cannot be reached since .* UTC; Continue tries again\.", now.reason)
    assert Delay.UNCHECKED in delays
    down = False
    await running.app.games.resume(game.id, by=5, is_host=False, server=GUILD)
    done = await played(running, game)
    assert done.state is GameState.FINISHED
    assert len(running.provider.submitted) == 4
    assert (done.costs.unused, done.possibly_billed_twice_usd) == (0, 0)


async def test_a_battle_pauses_with_a_side_that_has_no_line_and_does_not_name_its_model(running, monkeypatch):
    monkeypatch.setattr(retry, "CUT_OFF_MAX", 1.0)
    out = cut_off(monkeypatch, running, "painter")
    sides = ("painter × critic", "stickers × critic")
    asked = BattleAsked("a fox mends a clock", sides, turns=2, seed=7, guild_id=GUILD, starter_id=5, vote_seconds=60)
    battle = await running.app.battles.start(asked)
    async with asyncio.timeout(LIMIT):
        while (now := await running.store.battles.get(battle.id)).state is not BattleState.PAUSED:
            assert not now.state.is_final, now.reason
            await asyncio.sleep(0.02)
    assert re.fullmatch(r"A model of this battle cannot be .*; Continue tries again\.", now.reason)
    out.clear()
    await running.app.battles.resume(battle.id, by=5, is_host=False, server=GUILD)
    async with asyncio.timeout(LIMIT):
        while (now := await running.store.battles.get(battle.id)).state is not BattleState.VOTING:
            assert not now.state.is_final, now.reason
            await asyncio.sleep(0.02)


def _file(running: RunningApp) -> Path:
    return Path(str(running.store._database.url.database))
