"""Games whose journal is on a full disk for a while: they go on without a restart, and make place for others."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from telephone.domain.games import GameState
from telephone.engine import orphans
from telephone.games.admission import StartRequest
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.full_disk import Disk

pytestmark = pytest.mark.slow
GUILD = 7
ASKED = StartRequest(prompt="a fox mends a clock", t2i="painter", i2t="critic", turns=2, seed=7, guild_id=GUILD)
GAMES = 6


async def test_games_go_on_after_a_full_disk_and_the_servers_queue_with_them(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(orphans, "AFTER", 0.2)
    disk = Disk()
    async with running_app(tmp_path) as running:
        engine = running.recovery.engine
        disk.hold(engine._connections)
        running.provider.delay = 0.1
        games = [(await running.app.games.start(ASKED)).id for _ in range(GAMES)]
        await until(lambda: running.provider.submitted)
        grow(tmp_path)
        disk.is_full = True
        await until(lambda: told(caplog) and not engine._executions.claims())
        before = await states(running, games)
        assert GameState.PLAYING in before
        assert GameState.QUEUED in before
        assert not {GameState.FAILED, GameState.PAUSED} & set(before)
        disk.is_full = False
        while set(await states(running, games)) != {GameState.FINISHED}:
            await running.sweep.once()
            await asyncio.sleep(0.1)
        assert len(running.provider.submitted) == len(set(running.provider.submitted)) == 4 * GAMES
        for game_id in games:
            posts = [what for of, what in running.game_presenter.posts if of == game_id]
            assert len(posts) == len(set(posts))
    assert not [record for record in caplog.records if record.exc_info], "an outage is no traceback"


def told(caplog) -> bool:
    """Whether an outage of the journal was logged."""
    return any("the journal is waited for" in record.getMessage() for record in caplog.records)


def grow(folder) -> None:
    """Takes up the room that the journal's file still has, so that it has to grow with the next row."""
    with closing(sqlite3.connect(folder / "engine.sqlite", isolation_level=None, timeout=LIMIT)) as journal:
        journal.execute("VACUUM")


async def states(running: RunningApp, games: list[str]) -> list[GameState]:
    return [(await running.store.games.get(game_id)).state for game_id in games]


async def until(condition) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.02)
