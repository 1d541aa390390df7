"""What has been kept for long enough is deleted, and nothing before, nor what is needed again."""

import asyncio
import os
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from telephone.bootstrap import Sweep
from telephone.domain.deletions import Pruned
from telephone.domain.games import Game
from telephone.games.admission import StartRequest
from telephone.media.images import verify
from telephone.privacy.orders import DeletionOrders
from telephone.retention import Keep, Retention
from telephone.store.tables.columns import now
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.pictures import paint

ANN, GONE, HERE = 1_100_000_000_000_000_001, 71 << 22, 72 << 22
WORDS = "grandmother's secret garden in Ulm"
KEEP = Keep(pictures=7, servers=30, backups=90)
pytestmark = pytest.mark.slow


def retention_of(running: RunningApp, folder: Path) -> Retention:
    orders = DeletionOrders.at((folder / "orders").as_uri(), lambda: b"key")
    return Retention(running.store, running.pictures, running.measure, orders, KEEP)


async def played(running: RunningApp, guild_id: int, prompt: str) -> Game:
    asked = StartRequest(prompt, "painter", "critic", 2, 7, guild_id=guild_id, channel_id=5, starter_id=ANN)
    game = await running.app.games.start(asked)
    return await running.app.games.closed(game.id, timeout=LIMIT)


def left(folder: Path, guild_id: int, days: float) -> None:
    """As if a server had removed the bot so many days ago, with all that was done there long before."""
    then = now() - timedelta(days=days)
    with closing(sqlite3.connect(folder / "telephone.sqlite")) as store, store:
        moment, before = (f"{one:%Y-%m-%d %H:%M:%S}" for one in (then, then - timedelta(days=9)))
        assert store.execute("UPDATE server SET left_at = ? WHERE guild_id = ?", (moment, guild_id)).rowcount == 1
        store.execute("UPDATE game SET created_at = ? WHERE guild_id = ?", (before, guild_id))


async def test_a_server_that_removed_the_bot_goes_after_thirty_days_with_all_that_only_it_said(tmp_path):
    async with running_app(tmp_path) as running:
        gone, here = await played(running, GONE, WORDS), await played(running, HERE, "a cow on the moon")
        await running.app.servers.leave(GONE)
        retention = retention_of(running, tmp_path)
        left(tmp_path, GONE, 29.5)
        assert await retention.prune() == Pruned()
        left(tmp_path, GONE, 30.5)
        assert await retention.prune(dry=True) == Pruned(servers=1, games=1)
        assert (await running.app.games.get(gone.id, server=GONE)).id == gone.id, "a dry run deletes nothing"
        assert await retention.prune() == Pruned(servers=1, games=1)
        assert await retention.prune() == Pruned()
        held = b"".join(path.read_bytes() for path in tmp_path.rglob("telephone.sqlite*"))
        assert WORDS.encode() not in held
        names = {path.name for path in (tmp_path / "pictures").rglob("*")}
        assert names.isdisjoint(turn.picture.image for turn in gone.turns)
        assert names >= {turn.picture.image for turn in here.turns}
        assert await running.app.games.get(here.id, server=HERE) == here
        embedder = running.measure.embedders["letters"]
        assert not set(await embedder.kept([WORDS]))


async def test_a_server_that_invites_the_bot_again_keeps_everything(tmp_path):
    async with running_app(tmp_path) as running:
        game = await played(running, GONE, WORDS)
        await running.app.servers.leave(GONE)
        assert GONE not in await running.app.servers.known()
        left(tmp_path, GONE, 30.5)
        await running.app.servers.joined([GONE, HERE])
        assert GONE in await running.app.servers.known()
        assert await retention_of(running, tmp_path).prune() == Pruned()
        await running.app.servers.leave(GONE)
        left(tmp_path, GONE, 30.5)
        newer = await played(running, GONE, "something new")
        assert await retention_of(running, tmp_path).prune() == Pruned(), "somebody plays there"
        assert {one.id for one in (await running.app.games.get(game.id, server=GONE), newer)} == {game.id, newer.id}


async def test_a_picture_that_nothing_refers_to_goes_when_it_is_old(tmp_path):
    async with running_app(tmp_path) as running:
        game = await played(running, HERE, WORDS)
        sha256 = await running.pictures.put(verify(paint("nobody's")))
        files = {path.name: path for path in (tmp_path / "pictures").rglob("*") if path.is_file()}
        retention = retention_of(running, tmp_path)
        assert await retention.prune() == Pruned()
        old = (now() - timedelta(days=7.5)).timestamp()
        for path in files.values():
            os.utime(path, (old, old))
        assert await retention.prune(dry=True) == Pruned(pictures=1)
        assert await retention.prune() == Pruned(pictures=1)
        assert not files[sha256].exists()
        assert all(files[turn.picture.image].exists() for turn in game.turns)


async def test_an_order_of_deletion_goes_when_no_backup_needs_it(tmp_path):
    async with running_app(tmp_path) as running:
        retention = retention_of(running, tmp_path)
        await retention.orders.keep("a" * 16, ANN, now() - timedelta(days=90.5))
        await retention.orders.keep("b" * 16, ANN, now() - timedelta(days=89.5))
        assert await retention.prune() == Pruned(orders=1)
        assert [one.id for one in await retention.orders.of(ANN)] == ["b" * 16]
        document = await running.app.privacy.file_of(ANN)
        assert document.rows["deletions_kept_for_backups"] == 1


async def test_a_running_bot_prunes_once_a_day_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("telephone.bootstrap._PRUNE_AFTER", 0.0)
    journals, pruned = [], []

    class Counting:
        async def recover(self):
            """There is no engine to look after."""

        async def leads(self):
            return True

        async def prune(self):
            pruned.append(len(journals))
            return Pruned()

        async def forget_old(self, keep_for):
            journals.append(keep_for)
            return 0

    sweeps = 0

    class Counted:
        async def recover(self):
            nonlocal sweeps
            sweeps += 1

    counting = Counting()
    sweep = Sweep([Counted()], counting, None, 0.01, retention=counting, keep_journals=timedelta(days=3))
    task = asyncio.create_task(sweep.run())
    while sweeps < 4:
        await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert (journals, pruned) == ([timedelta(days=3)], [1])
