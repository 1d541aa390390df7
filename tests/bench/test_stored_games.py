"""The games that benches put into a store are like those that are played, and may be put beside others."""

import importlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from telephone.domain.games import GameState
from telephone.store import Pool, Store
from telephone.store.counted_distances import repeated
from tests.support.postgres import NoPostgres, new_database, running_postgres

BENCH = Path(__file__).resolve().parents[2] / "bench"
GAMES, UNFINISHED = 300, 8


@pytest.fixture
def stored(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("stored_games")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'telephone.sqlite'}"
        return
    try:
        with running_postgres() as server, new_database(server) as of_postgres:
            yield of_postgres
    except NoPostgres as reason:
        pytest.skip(f"no Postgres can be started here: {reason}")


async def test_stored_games_count_on_boards_as_played_ones_do(stored, url):
    stored.fill(url, GAMES, guilds=2, unfinished=UNFINISHED)
    stored.fill(url, GAMES, guilds=2, seed=8)
    busiest, other = stored.guild_ids(2)
    async with await Store.open(url) as store:
        assert await store.games.count(None, list(GameState)) == 2 * GAMES + UNFINISHED
        unfinished = await store.games.unfinished()
        assert len(unfinished) == UNFINISHED
        assert {game.state for game in unfinished} == {state for state in GameState if not state.is_final}
        games = [await store.games.by_number(busiest, number) for number in range(1, 101)]
        assert await store.games.count(busiest, list(GameState)) > await store.games.count(other, list(GameState))
        assert [len(game.steps) for game in games if game.state is GameState.FINISHED][:3] == [4, 4, 4]
        assert all(game.place.card_id and game.place.thread_id for game in games)
        assert {game.embedder for game in games if game.state is GameState.FINISHED} == {"minilm"}
        ((name, version, counted),) = await store.scores.embedders(busiest)
        assert name == "minilm"
        assert counted > 100
        assert sum(cell.games for cell in await store.scores.measured(Pool(busiest), name, version, 2)) > 50
        assert await store.polls.of(Pool(busiest))
        texts = [step.text for game in games for step in game.steps if step.text and game.embedder]
        kept = await store.vectors.get(name, version, [stored.hashlib.sha256(t.encode()).hexdigest() for t in texts])
        assert len(kept) == len(texts)


async def test_a_distance_repeats_its_game(stored, tmp_path):
    path = tmp_path / "telephone.sqlite"
    stored.fill(f"sqlite:///{path}", GAMES, guilds=2)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        columns = ("guild_id", "cell", "seed", "designed", "counted")
        found = connection.execute(f"SELECT DISTINCT game_id, {', '.join(columns)} FROM distance").fetchall()
    assert len(found) > 200
    async with await Store.open(f"sqlite:///{path}") as store, store._database.engine.connect() as asking:
        for game, *values in found:
            assert await asking.run_sync(repeated, game) == dict(zip(columns, values, strict=True))
