"""A backup that is taken while games play is brought back, and what it holds plays on."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from telephone.backups.doubts import suspect
from telephone.backups.restoring import Preparation, Wishes, restore
from telephone.backups.taking import Backup, take
from telephone.domain.games import GameState
from telephone.errors import BadInput, Misconfigured, NotAllowed, Occupied
from telephone.games.admission import StartRequest
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.embedding_cache import CachedEmbedder
from telephone.media.images import Pictures
from telephone.models.registry import Registry
from telephone.privacy.replay import replay
from telephone.settings import Settings
from telephone.store import Store
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.embedders import LetterEmbedder
from tests.support.postgres import NoPostgres, new_database, running_postgres
from tests.telephone.store.samples import GUILD

ANN, BEN = 1_100_000_000_000_000_001, 1_100_000_000_000_000_002
WORDS = "grandmother's secret garden in Ulm"
TOKEN = "aW50ZXJhY3Rpb24-token-of-discord"
pytestmark = pytest.mark.slow


def settings_of(folder: Path, **more: object) -> Settings:
    return Settings(_env_file=None, data_dir=folder, models=folder / "models.toml", secret="key", **more)


def readied(games: list[int]) -> Callable[[Settings, Preparation], Awaitable[int]]:
    """What the command line does to a restored store, with the tests' embedder."""

    async def ready(settings: Settings, wanted: Preparation) -> int:
        async with await Store.open(settings.store_url) as store:
            pictures = Pictures.at(settings.pictures_url)
            measure = GameMeasurer(
                {"letters": CachedEmbedder(store, pictures, LetterEmbedder(), 0.0)}, "letters", "letters"
            )
            members = sum([await replay(store, measure, wanted.orders, names) for names in wanted.secrets])
            if wanted.played_since is not None:
                registry = Registry.load(["studio"], settings.models)
                games.append(await suspect(store, registry, wanted.played_since))
            return members

    return ready


async def brought_back(folder: Path, source: Path, **more: object):
    folder.mkdir(exist_ok=True)
    shutil.copy(source.parent / "bot" / "models.toml", folder)
    return await restore(settings_of(folder, **more), source, Wishes(), readied([]))


def bot_in(tmp_path: Path, **more: object):
    """The bot whose backups these tests take."""
    (tmp_path / "bot").mkdir()
    return running_app(tmp_path / "bot", **more)


def asked(starter: int, prompt: str, turns: int = 3) -> StartRequest:
    return StartRequest(prompt, "painter", "critic", turns, 7, guild_id=GUILD, channel_id=5, starter_id=starter)


async def under_load(running: RunningApp, to: Path, games: int = 6, **more: object) -> tuple[Backup, list[str]]:
    """A backup taken while so many games play, some steps of each stored."""
    running.provider.delay = 0.05
    begun = [(await running.app.games.start(asked(BEN + n, f"a cow on moon number {n}"))).id for n in range(games)]
    while sum([len((await running.app.games.get(one, server=GUILD)).steps) for one in begun]) < 2 * games:
        await asyncio.sleep(0.02)
    folder = to.parent / "bot"
    return await take(settings_of(folder, **more), to), begun


async def test_games_that_played_when_the_backup_was_taken_play_on_after_its_restore(tmp_path):
    async with bot_in(tmp_path) as running:
        done, begun = await under_load(running, tmp_path / "backup")
        for one in begun:
            await running.app.games.closed(one, timeout=LIMIT)
        provider, paid = running.provider, len(running.provider.submitted)
    assert done.manifest.missing == ()
    back = await brought_back(tmp_path / "back", done.folder)
    assert back.moved_to is None
    async with await Store.open(f"sqlite:///{tmp_path / 'back' / 'telephone.sqlite'}") as store:
        left = await store.games.unfinished()
        assert left, "the backup was taken while games played"
    async with running_app(tmp_path / "back", provider=provider) as again:
        for one in left:  # one that had ended, and whose end was not shown, is closed by a sweep some minutes later
            await again.app.games.closed(one.id, timeout=LIMIT)
        second = [await again.app.games.get(one, server=GUILD) for one in begun]
        assert {game.state for game in second} == {GameState.FINISHED}
        pictures = {turn.picture.image for game in second for turn in game.turns}
        assert all([await again.pictures.get(sha256) for sha256 in pictures])
        most = sum(max(0, 2 * one.request.turns - len(one.steps) - 1) for one in left)
        assert len(provider.submitted) - paid <= most, "the step that came next in each game was found, not asked again"


async def test_a_backup_holds_no_token_and_all_orders_of_deletion(tmp_path):
    async with bot_in(tmp_path) as running:
        game = await running.app.games.start(asked(ANN, WORDS))
        await running.app.games.closed(game.id, timeout=LIMIT)
        order = await running.app.privacy.erase(ANN)
        assert await running.app.privacy.erased(order.id, timeout=LIMIT)
        with closing(sqlite3.connect(tmp_path / "bot" / "telephone.sqlite")) as store, store:
            row = (1, 2, TOKEN, GUILD, 3, BEN, "play", 0, "worker", "2026-12-01 00:00:00")
            store.execute(f"INSERT INTO acknowledged VALUES ({','.join('?' * len(row))})", row)
        done = await take(settings_of(tmp_path / "bot"), tmp_path / "backup")
    files = {path: path.read_bytes() for path in done.folder.rglob("*") if path.is_file()}
    assert all(TOKEN.encode() not in data for data in files.values())
    assert [path.name for path in files if path.parent.name == "orders"] == [f"{order.id}.json"]
    assert all(str(ANN).encode() not in data for data in files.values()), "an order names nobody"
    with closing(sqlite3.connect(tmp_path / "bot" / "telephone.sqlite")) as store:
        assert store.execute("SELECT count(*) FROM acknowledged").fetchone() == (1,), "the bot still has its token"


async def test_what_was_deleted_after_the_backup_does_not_come_back(tmp_path):
    async with bot_in(tmp_path) as running:
        mine = await running.app.games.start(asked(ANN, WORDS))
        mine = await running.app.games.closed(mine.id, timeout=LIMIT)
        bens = await running.app.games.start(asked(BEN, "a cow on the moon"))
        bens = await running.app.games.closed(bens.id, timeout=LIMIT)
        going = await running.app.games.start(asked(ANN, f"{WORDS} again", turns=9))
        done = await take(settings_of(tmp_path / "bot"), tmp_path / "backup")
        order = await running.app.privacy.erase(ANN)
        assert await running.app.privacy.erased(order.id, timeout=LIMIT)
    back = tmp_path / "back"
    back.mkdir()
    shutil.copytree(tmp_path / "bot" / "orders", back / "orders")
    restored = await brought_back(back, done.folder)
    assert restored.deletions == 1
    held = b"".join(path.read_bytes() for path in back.rglob("*") if path.is_file() and path.name != "models.toml")
    assert WORDS.encode() not in held
    assert mine.turns[0].picture.image not in {path.name for path in back.rglob("*")}
    async with running_app(back) as again:
        assert await again.app.privacy.erased(await _order(again), timeout=LIMIT)
        assert await again.app.games.get(bens.id, server=GUILD) == bens
        assert {spot.owner_id for spot in again.cleanup.swept} == {mine.id, going.id}, "what is on Discord goes too"
        assert (await again.store.traces.counts(ANN))["games"] == 0


async def _order(running: RunningApp) -> str:
    """The order by which a restored store is cleaned, which the bot carries on at its start."""
    with closing(sqlite3.connect(f"{running.store._database.url.database}")) as store:
        (found,) = store.execute("SELECT id FROM erasure ORDER BY ordered_at DESC").fetchmany(1)
    return str(found[0])


async def test_a_restore_writes_over_nothing_without_being_told(tmp_path):
    async with bot_in(tmp_path) as running:
        await running.app.games.start(asked(BEN, "a cow on the moon"))
        done = await take(settings_of(tmp_path / "bot"), tmp_path / "backup")
        with pytest.raises(Occupied, match="stop it first"):
            await restore(settings_of(tmp_path / "bot"), done.folder, Wishes(over=True), readied([]))
    before = (tmp_path / "bot" / "telephone.sqlite").read_bytes()
    with pytest.raises(NotAllowed, match="--over"):
        await restore(settings_of(tmp_path / "bot"), done.folder, Wishes(), readied([]))
    assert (tmp_path / "bot" / "telephone.sqlite").read_bytes() == before
    restored = await restore(settings_of(tmp_path / "bot"), done.folder, Wishes(over=True), readied([]))
    assert restored.moved_to is not None
    assert (restored.moved_to / "telephone.sqlite").read_bytes() == before
    with pytest.raises(BadInput, match="something in it"):
        await take(settings_of(tmp_path / "bot"), done.folder)


async def test_a_damaged_old_or_strange_backup_is_refused_and_nothing_is_changed(tmp_path):
    async with bot_in(tmp_path) as running:
        game = await running.app.games.start(asked(BEN, "a cow on the moon"))
        await running.app.games.closed(game.id, timeout=LIMIT)
        done = await take(settings_of(tmp_path / "bot"), tmp_path / "backup")
    manifest = json.loads((done.folder / "manifest.json").read_text())
    to = tmp_path / "back"
    for change, refusal, said in (
        ({"taken_at": "2026-01-01T00:00:00+00:00"}, NotAllowed, "--old"),
        ({"revision": "9999"}, Misconfigured, "newer version"),
        ({"format": 2}, BadInput, "newer version"),
        ({"files": {"../secret": "0" * 64}}, BadInput, "outside"),
    ):
        (done.folder / "manifest.json").write_text(json.dumps(manifest | change))
        with pytest.raises(refusal, match=said):
            await brought_back(to, done.folder)
    (done.folder / "manifest.json").write_text(json.dumps(manifest))
    picture = next(path for path in (done.folder / "pictures").rglob("*") if path.is_file())
    picture.write_bytes(picture.read_bytes() + b"!")
    with pytest.raises(BadInput, match="hash differs"):
        await brought_back(to, done.folder)
    with pytest.raises(BadInput, match="holds no backup"):
        await brought_back(to, tmp_path / "bot")
    assert not (to / "telephone.sqlite").exists()


async def test_a_backup_of_postgres_is_restored_on_sqlite_and_on_postgres(tmp_path):
    try:
        server = running_postgres()
        with server as url, new_database(url) as one, new_database(url) as two:
            async with bot_in(tmp_path, database=one) as running:
                done, begun = await under_load(running, tmp_path / "backup", 3, database_url=one)
                with pytest.raises(Occupied, match="stop it first"):
                    await brought_back(tmp_path / "back", done.folder, database_url=one)
            with pytest.raises(NotAllowed, match="new, empty one"):
                await brought_back(tmp_path / "back", done.folder, database_url=one)
            await brought_back(tmp_path / "back", done.folder, database_url=two)
            await brought_back(tmp_path / "other", done.folder)
            for folder, database in (("back", two), ("other", None)):
                async with running_app(tmp_path / folder, database=database) as again:
                    ended = [await again.app.games.closed(game, timeout=LIMIT) for game in begun]
                    assert {game.state for game in ended} == {GameState.FINISHED}
    except NoPostgres as error:
        pytest.skip(f"Postgres cannot be started here: {error}")
