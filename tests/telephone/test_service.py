"""The service without an engine: what its answers cost in statements and in games that are read."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from telephone.bootstrap import open_without_engine
from telephone.domain.games import GameRequest, GameState, Pair, Prompt
from telephone.settings import Settings
from telephone.store.tables.games import GameRow

GUILD, OTHERS = 41, range(100, 130)


@pytest.fixture
async def app(tmp_path):
    runtime = await open_without_engine(Settings(_env_file=None, data_dir=tmp_path))
    yield runtime.app
    await runtime.close()


async def add(app, guild_id: int, state: GameState = GameState.QUEUED, **changes):
    asked = GameRequest(Prompt("a red barn"), Pair("doodles", "spotter-hazy"), turns=2, guild_id=guild_id, **changes)
    game = await app.games.store.games.add(asked)
    if state is not GameState.QUEUED:
        await app.games.store.games.move(game.id, state, only_from=[GameState.QUEUED])
    return game


@contextmanager
def asked(app) -> Iterator[list[str]]:
    """The statements that are run inside."""
    engine, statements = app.games.store._database.units, []

    def note(_connection, _cursor, statement, *_rest):
        if statement.startswith(("SELECT", "UPDATE", "INSERT")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def loaded() -> Iterator[list[int]]:
    """The servers of the games that are read inside."""
    guilds: list[int] = []

    def note(row, _context):
        guilds.append(row.guild_id)

    event.listen(GameRow, "load", note)
    try:
        yield guilds
    finally:
        event.remove(GameRow, "load", note)


async def test_the_games_that_wait_for_a_member_are_found_without_reading_others(app):
    for guild_id in OTHERS:
        await add(app, guild_id, GameState.WAITING)
    for state in (GameState.PLAYING, GameState.PAUSED, GameState.STOPPED):
        await add(app, GUILD, state)
    waiting = [await add(app, GUILD, GameState.WAITING, sealed=sealed) for sealed in (False, True)]
    with loaded() as guilds:
        found = await app.games.waiting(GUILD)
    assert [game.id for game in found] == [game.id for game in reversed(waiting)]
    assert guilds == [GUILD, GUILD]


async def test_a_pause_and_a_farewell_read_the_games_of_their_own_server_alone(app):
    for guild_id in OTHERS:
        await add(app, guild_id)
    mine = [await add(app, GUILD) for _ in range(2)]
    with loaded() as guilds:
        assert await app.servers.pause(GUILD) == 2
        assert await app.servers.resume(GUILD) == 2
        assert await app.servers.leave(GUILD) == 2
    assert set(guilds) == {GUILD}
    assert {(await app.games.get(game.id, server=GUILD)).state for game in mine} == {GameState.STOPPED}
    assert await app.games.store.games.count(None, [GameState.QUEUED]) == len(OTHERS)


async def test_finished_games_are_found_behind_any_number_of_others(app):
    finished = await add(app, GUILD, GameState.FINISHED)
    for _ in range(30):
        await add(app, GUILD, GameState.STOPPED)
    with loaded() as guilds:
        assert [game.id for game in await app.games.finished(GUILD)] == [finished.id]
    assert guilds == [GUILD]


async def test_status_takes_the_same_statements_for_any_number_of_games(app):
    async def counted() -> int:
        with asked(app) as statements:
            await app.games.status(GUILD)
        return len(statements)

    await add(app, GUILD)
    once = await counted()
    await add(app, GUILD, GameState.PLAYING)
    for _ in range(9):
        await add(app, GUILD)
    assert await counted() == once == 3
    standings = await app.games.status(GUILD)
    assert [(one.game.number, one.place) for one in standings[:3]] == [(2, 0), (1, 1), (3, 2)]
    assert [one.place for one in standings] == [*range(11)]
