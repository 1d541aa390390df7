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
async def service(tmp_path):
    house = await open_without_engine(Settings(_env_file=None, data_dir=tmp_path))
    yield house.service
    await house.close()


async def add(service, guild_id: int, state: GameState = GameState.QUEUED, **changes):
    asked = GameRequest(Prompt("a red barn"), Pair("doodles", "spotter-hazy"), turns=2, guild_id=guild_id, **changes)
    game = await service.store.games.add(asked)
    if state is not GameState.QUEUED:
        await service.store.games.move(game.id, state, only_from=[GameState.QUEUED])
    return game


@contextmanager
def asked(service) -> Iterator[list[str]]:
    """The statements that are run inside."""
    engine, statements = service.store._database.engine.sync_engine, []

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


async def test_the_games_that_wait_for_a_member_are_found_without_reading_others(service):
    for guild_id in OTHERS:
        await add(service, guild_id, GameState.WAITING)
    for state in (GameState.PLAYING, GameState.PAUSED, GameState.STOPPED):
        await add(service, GUILD, state)
    waiting = [await add(service, GUILD, GameState.WAITING, sealed=sealed) for sealed in (False, True)]
    with loaded() as guilds:
        found = await service.waiting(GUILD)
    assert [game.id for game in found] == [game.id for game in reversed(waiting)]
    assert guilds == [GUILD, GUILD]


async def test_a_pause_and_a_farewell_read_the_games_of_their_own_server_alone(service):
    for guild_id in OTHERS:
        await add(service, guild_id)
    mine = [await add(service, GUILD) for _ in range(2)]
    with loaded() as guilds:
        assert await service.pause(GUILD) == 2
        assert await service.resume(GUILD) == 2
        assert await service.leave(GUILD) == 2
    assert set(guilds) == {GUILD}
    assert {(await service.game(game.id)).state for game in mine} == {GameState.STOPPED}
    assert await service.store.games.count(None, [GameState.QUEUED]) == len(OTHERS)


async def test_finished_games_are_found_behind_any_number_of_others(service):
    finished = await add(service, GUILD, GameState.FINISHED)
    for _ in range(30):
        await add(service, GUILD, GameState.STOPPED)
    with loaded() as guilds:
        assert [game.id for game in await service.finished(GUILD)] == [finished.id]
    assert guilds == [GUILD]


async def test_status_takes_the_same_statements_for_any_number_of_games(service):
    async def counted() -> int:
        with asked(service) as statements:
            await service.status(GUILD)
        return len(statements)

    await add(service, GUILD)
    once = await counted()
    await add(service, GUILD, GameState.PLAYING)
    for _ in range(9):
        await add(service, GUILD)
    assert await counted() == once == 3
    standings = await service.status(GUILD)
    assert [(one.game.number, one.place) for one in standings[:3]] == [(2, 0), (1, 1), (3, 2)]
    assert [one.place for one in standings] == [*range(11)]
