"""The database itself: settings of each connection, keys, time, text, and addresses that do not work."""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import IntegrityError, StatementError

from telephone.domain.calls import Ticket
from telephone.domain.games import NO_GUILD, GameState, Step
from telephone.errors import Misconfigured, Unreachable
from telephone.store import Store
from telephone.store.database import CACHE_KIB, POOL_SIZE, UNIT_THREADS
from telephone.store.tables.columns import now
from telephone.store.tables.games import ImageRow, StepRow
from tests.limits import LIMIT
from tests.telephone.store.samples import CAPTION, GUILD, OTHER_GUILD, PICTURE, caption, picture, request


async def test_every_sqlite_connection_has_wal_foreign_keys_patience_and_a_small_cache(sqlite_url: str) -> None:
    async with await Store.open(sqlite_url) as store:
        everybody_here = asyncio.Barrier(POOL_SIZE)

        async def settings() -> tuple[object, ...]:
            async with store._database.reading() as session:
                names = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous", "cache_size")
                found = [await session.scalar(text(f"PRAGMA {name}")) for name in names]
                await everybody_here.wait()  # so that each has a connection of its own
                return tuple(found)

        seen = await asyncio.gather(*(settings() for _ in range(POOL_SIZE)))
    assert set(seen) == {("wal", 1, 30_000, 2, -CACHE_KIB)}


async def test_a_reader_is_not_held_up_by_a_writer(store: Store) -> None:
    game = await store.games.add(request())
    async with store._database.writing() as session:
        await session.execute(text("UPDATE game SET reason = 'in between'"))
        assert await asyncio.wait_for(store.games.get(game.id), LIMIT) == game


async def test_what_members_look_at_waits_neither_for_a_write_nor_for_the_threads_of_games(store: Store) -> None:
    game, asked, let_go = await store.games.add(request()), threading.Semaphore(0), threading.Event()

    def hold(_connection: object) -> bool:
        asked.release()
        return let_go.wait(LIMIT)

    async with store._database.writing() as session:
        await session.execute(text("UPDATE game SET reason = 'in between'"))
        games = [asyncio.create_task(store._database.ask(hold)) for _ in range(UNIT_THREADS)]
        try:
            for _ in games:
                await asyncio.to_thread(asked.acquire, timeout=LIMIT)
            assert await asyncio.wait_for(store.games.recent(GUILD), LIMIT) == [game]
            assert await asyncio.wait_for(store.games.queue(GUILD), LIMIT) == [game.id]
        finally:
            let_go.set()
            assert all(await asyncio.gather(*games))


async def test_a_failed_transaction_leaves_nothing_behind(store: Store) -> None:
    game = await store.games.add(request())

    async def break_off() -> None:
        async with store._database.writing() as session:
            await session.execute(text("UPDATE game SET reason = 'half done'"))
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await break_off()
    assert await store.games.get(game.id) == game


async def test_a_row_without_its_game_is_refused(store: Store) -> None:
    game = await store.games.add(request())
    row = {"turn": 1, "kind": "p", "player": "stickers", "seed": 1, "asked_at": now()}
    for wrong in (
        {"game_id": "feedbeef", "guild_id": GUILD},  # no such game
        {"game_id": game.id, "guild_id": OTHER_GUILD},  # another server's
        {"game_id": game.id, "guild_id": GUILD, "kind": "x"},  # no such kind
    ):
        with pytest.raises(IntegrityError):
            async with store._database.writing() as session:
                await session.execute(insert(StepRow).values(**(row | wrong)))
    with pytest.raises(IntegrityError):
        async with store._database.writing() as session:
            await session.execute(text("UPDATE game SET guild_id = 404"))
    with pytest.raises(IntegrityError):
        async with store._database.writing() as session:
            await session.execute(text("INSERT INTO operator (id, paused) VALUES (2, true)"))


async def test_all_that_belongs_to_a_server_goes_with_it(store: Store) -> None:
    for guild in (GUILD, OTHER_GUILD, NO_GUILD):
        game = await store.games.add(request(guild))
        await store.steps.keep(game.id, picture())
        await store.posts.done(game.id, "card", 1)
        await store.distances.put(game.id, "minilm", "1", [(1, 0.5, 0.5)])
    async with store._database.writing() as session:
        await session.execute(text("DELETE FROM server WHERE guild_id = :guild"), {"guild": GUILD})
    async with store._database.reading() as session:
        for table in ("game", "step", "post", "distance"):
            guilds = await session.scalars(text(f"SELECT guild_id FROM {table} ORDER BY guild_id"))
            assert list(guilds) == [NO_GUILD, OTHER_GUILD], table


@pytest.fixture
def far_from_utc() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Kathmandu"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
async def test_a_moment_is_the_same_moment_in_utc_wherever_the_machine_stands(store: Store) -> None:
    noon = datetime(2026, 7, 1, 12, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=-9, minutes=-30)))
    values = {"media_type": "image/png", "width": 1, "height": 1, "size": 1}
    async with store._database.writing() as session:
        await session.execute(insert(ImageRow).values(hash="aa", created_at=noon, **values))
    fact = await store.images.get("aa")
    assert fact is not None
    assert fact.created_at == noon
    assert fact.created_at.tzinfo is UTC
    assert fact.created_at.isoformat() == "2026-07-01T21:30:00.123456+00:00"
    with pytest.raises(StatementError, match="needs its time zone"):
        async with store._database.writing() as session:
            await session.execute(insert(ImageRow).values(hash="bb", created_at=datetime(2026, 7, 1), **values))  # noqa: DTZ001


async def test_text_comes_back_whole(store: Store) -> None:
    prompt = ("🦊👩‍👩‍👧‍👦 Ünïcödé \u202e ' \" ; -- % :name \\ \n" * 200)[:4_000]
    game = await store.games.add(request(prompt=prompt))
    assert (await store.games.get(game.id)).request.prompt.text == prompt
    step = Step(CAPTION, "spotter-sharp", 1, text=prompt, raw=prompt * 10, parameters={"prompt": prompt})
    assert await store.steps.keep(game.id, step) == step


async def test_what_no_database_holds_is_left_out_of_a_raw_answer(store: Store) -> None:
    game = await store.games.add(request(prompt="a\0b"))
    assert game.request.prompt.text == "ab"
    step = Step(
        CAPTION, "spotter-sharp", 1, text="a fox", raw="a\0 fox\ud83d", parameters={"stop": "\0", "odd": "\ud83d"}
    )
    kept = await store.steps.keep(game.id, step)
    assert kept.raw == "a fox\ufffd"
    assert (await store.games.get(game.id)).last_caption == kept
    await store.games.move(game.id, GameState.FAILED, only_from=[GameState.QUEUED], reason="no\0pe")
    assert (await store.games.get(game.id)).reason == "nope"


async def test_no_query_reads_a_whole_table(sqlite_url: str) -> None:
    async with await Store.open(sqlite_url) as store:
        asked: list[tuple[str, object]] = []
        for engine in (store._database.engine.sync_engine, store._database.units):
            event.listen(
                engine, "before_cursor_execute", lambda _c, _u, sql, values, *_rest: asked.append((sql, values))
            )
        game = await store.games.add(request())
        await store.steps.ask(game.id, PICTURE, "stickers", 1)
        await store.steps.keep_ticket(game.id, PICTURE, Ticket())
        await store.steps.keep(game.id, picture())
        await store.steps.keep(game.id, caption())
        await store.steps.drop_ticket(game.id, CAPTION)
        await store.posts.begin(game.id, "card")
        await store.posts.done(game.id, "card", 1)
        await store.posts.begin(game.id, "card")
        await store.posts.owner_of_thread(1)
        await store.posts.forget(game.id, "card")
        await store.games.by_number(GUILD, 1)
        await store.games.recent(GUILD)
        await store.games.recent(GUILD, states=[GameState.QUEUED, GameState.PLAYING])
        await store.games.unfinished()
        await store.games.unfinished(GUILD, states=[GameState.WAITING])
        await store.games.queue(GUILD)
        await store.games.place_in_queue(game.id)
        await store.games.promote(GUILD, 2)
        await store.games.next_run(game.id)
        await store.games.count(GUILD, [GameState.PLAYING])
        await store.vectors.get("minilm", "1", ["aa"])
        await store.servers.paused(GUILD)
        plans = sqlite3.connect(str(store._database.url.database))
        for sql, values in [each for each in asked if each[0].split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")]:
            for *_, step in plans.execute(f"EXPLAIN QUERY PLAN {sql}", values):
                assert not step.startswith("SCAN") or step.split()[1] in ("operator", "mine", "CONSTANT"), (step, sql)
        plans.close()
    assert len(asked) > 40


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "cannot be read"),
        ("telephone.sqlite", "cannot be read"),
        ("postgresql://host:port/x", "cannot be read"),
        ("mysql://root@localhost/x", "cannot use mysql"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
async def test_a_wrong_address_is_explained(url: str, sentence: str) -> None:
    with pytest.raises(Misconfigured, match=sentence) as raised:
        await Store.open(url)
    assert "TELEPHONE_DATABASE_URL" in raised.value.sentence


async def test_a_database_that_does_not_answer_is_explained_without_its_password() -> None:
    with pytest.raises(Unreachable, match="does not answer") as raised:
        await Store.open("postgres://me:hush@127.0.0.1:1/telephone?connect_timeout=2")
    assert "hush" not in raised.value.sentence + raised.value.detail


async def test_a_file_that_is_no_database_is_explained_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, this is no database. " * 100)
    with pytest.raises(Misconfigured, match="file is not a database"):
        await Store.open(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear diary")
    with pytest.raises(Misconfigured, match="folder cannot be made"):
        await Store.open(f"sqlite:///{path}/store.sqlite")
    with pytest.raises(Misconfigured, match="unable to open"):
        await Store.open(f"sqlite:///{tmp_path}")


async def test_the_store_makes_its_folder_and_takes_either_name_of_the_driver(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "100%" / "telephone.sqlite"
    async with await Store.open(f"sqlite+aiosqlite:///{path}") as store:
        game = await store.games.add(request())
    async with await Store.open(f"sqlite:///{path}") as store:
        assert await store.games.get(game.id) == game


async def test_postgres_answers_to_all_its_names(postgres_url: str) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        async with await Store.open(postgres_url.replace("postgresql", scheme, 1)) as store:
            await store.games.add(request())
