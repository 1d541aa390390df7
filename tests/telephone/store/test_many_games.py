"""What is asked while people play costs no more when there are many games: no table that grows is read from end to end.

Each hot query is run on two stores, one with eight times as many games, and what it asked is looked at: SQLite's plan
of each statement, and how many instructions it takes.
"""

import importlib
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bot.app import EXTENSIONS
from telephone.app import App
from telephone.bootstrap import open_without_engine
from telephone.domain.budgets import Caps
from telephone.domain.games import Game, GameRequest, GameState, Image, Kind, Pair, Prompt, Step, StepKey
from telephone.games.admission import StartRequest
from telephone.settings import Settings
from telephone.store import Measurement, Order, Size, Store

BENCH = Path(__file__).resolve().parents[3] / "bench"
SMALL, LARGE = 400, 3_200
UNFINISHED = 12
GROWTH = 2.0
"""The most by which the instructions of a hot query may grow: an index eight times as long is a little deeper."""
NOISE = 2_000
"""Instructions that count for nothing."""
PICTURE, CAPTION = StepKey(1, Kind.PICTURE), StepKey(1, Kind.CAPTION)
DAY, SOON = timedelta(days=1), timedelta(minutes=20)


@pytest.fixture(scope="module")
def benches():
    sys.path.insert(0, str(BENCH))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in ("stored_games", "recorded_sql")})
    finally:
        sys.path.remove(str(BENCH))


@pytest.fixture(scope="module")
def folders(benches, tmp_path_factory):
    """Two folders with a store each, by the number of their games."""
    made = {games: tmp_path_factory.mktemp(f"{games}-games") for games in (SMALL, LARGE)}
    for games, folder in made.items():
        url = f"sqlite:///{folder / 'telephone.sqlite'}"
        benches.stored_games.fill(url, games, guilds=2, unfinished=UNFINISHED)
    return made


@dataclass(frozen=True)
class At:
    """An open app, its store, a server with most of the games, and a game that is being played on it."""

    app: App
    store: Store
    guild_id: int
    game: Game

    @property
    def press(self) -> Any:
        """As much of an interaction as autocompletion looks at."""
        return SimpleNamespace(
            client=SimpleNamespace(app=self.app, command_ids={}),
            guild_id=self.guild_id,
            namespace=SimpleNamespace(game_a=None, game_b=None),
            permissions=SimpleNamespace(manage_messages=True, manage_guild=True),
        )


Query = Callable[[At], Awaitable[object]]


async def status(at: At) -> None:
    await at.app.battles.unfinished(at.guild_id)
    await at.app.parties.unfinished(at.guild_id)
    await at.app.games.status(at.guild_id)


async def start(at: At) -> None:
    asked = StartRequest("a fox mends a clock", "stickers", "spotter-hazy", 2, guild_id=at.guild_id, starter_id=5)
    request = await at.app.games.admission.admit(asked)
    await at.store.games.add(request, Order(0.01, Caps()))


async def limited(at: At) -> None:
    await at.store.budgets.change(at.guild_id, "member", Caps(), games=1_000_000)
    await at.store.games.add(replace(at.game.request), Order(0.01, Caps()))


async def step(at: At) -> None:
    image = Image(b"x", "image/png", 1, 1)
    await at.store.games.glance(at.game.id)
    await at.store.steps.ask_in_run(at.game.id, at.game.run, PICTURE, "stickers", seed=1, stake=0.0)
    drawn = Step(PICTURE, "stickers", 1, image=image.sha256, cost_usd=0.01)
    await at.store.steps.keep_and_begin(at.game.id, drawn, image, "1p")
    await at.store.posts.done(at.game.id, "1p", 7)
    await at.store.steps.keep(at.game.id, Step(CAPTION, "spotter-hazy", 1, text="a fox"))
    await at.store.games.get(at.game.id)


async def end(at: At) -> None:
    await at.store.games.move(at.game.id, GameState.FINISHED, only_from=[GameState.PLAYING])
    await at.store.games.promote(at.guild_id, 3)
    await at.store.budgets.settle(at.game.id)


async def measuring(at: At) -> None:
    vector = np.ones(4, np.float32)
    await at.store.vectors.put("minilm", "1", {"a": vector}, {"a": Size(1, 1)})
    await at.store.vectors.get("minilm", "1", ["a", "b"])
    await at.store.distances.put(at.game.id, "minilm", "1", [Measurement(1, 0.1, 0.1)])
    await at.store.games.measured_with(at.game.id, "minilm")
    await at.store.distances.version(at.game.id, "minilm")


def suggestions() -> dict[str, Query]:
    """Every autocompletion of the cogs, by its module and name."""
    found: dict[str, Query] = {}
    for extension in EXTENSIONS:
        for name, suggest in vars(importlib.import_module(extension)).items():
            if name.startswith("suggest_") and suggest.__module__ == extension:
                found[f"{extension}.{name}"] = lambda at, suggest=suggest: suggest.__wrapped__(at.press, "")
    return found


HOT: dict[str, Query] = {
    **suggestions(),
    "status": status,
    "start": start,
    "start where games are counted": limited,
    "step": step,
    "end": end,
    "measuring": measuring,
    "game by its number": lambda at: at.store.games.by_number(at.guild_id, 7),
    "game of a thread": lambda at: at.app.games.in_thread(5),
    "place in the queue": lambda at: at.store.games.place_in_queue(at.game.id),
    "step of a message": lambda at: at.store.posts.at(at.guild_id, 5),
    "what is played when the bot starts": lambda at: at.store.servers.busy(),
    "unfinished games": lambda at: at.store.games.unfinished(),
    "games without a summary": lambda at: at.store.games.unclosed(SOON, DAY),
    "messages that show what is hidden": lambda at: at.store.reports.stale(),
    "unfinished battles": lambda at: at.store.battles.unfinished(),
    "unfinished parties": lambda at: at.store.parties.unfinished(),
    "budgets of a server": lambda at: at.app.servers.budget(at.guild_id),
    "redraws of a server": lambda at: at.store.redraws.of(at.guild_id),
}
BOUNDED = {"redraws of a server": 1_000, "cogs.prompts.suggest_own": 0, "cogs.play.suggest_prompt": 0}
"""These read what grows up to some number of games, or a server's own prompts, which moderators accept one by one."""


async def asked(benches: Any, folder: Path, query: Query) -> list[Any]:
    """What a query asks of the store in a folder."""
    settings = Settings(_env_file=None, data_dir=folder, database_url=None, storage_url=None, moderation="off")
    guild_id = benches.stored_games.BUSIEST
    runtime = await open_without_engine(settings)
    try:
        request = GameRequest(Prompt("a fox"), Pair("stickers", "spotter-hazy"), 2, 1, guild_id, starter_id=5)
        game = await runtime.store.games.add(request, Order(0.01, Caps()))
        await runtime.store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
        at = At(runtime.app, runtime.store, guild_id, await runtime.store.games.get(game.id))
        with benches.recorded_sql.recording() as statements:
            await query(at)
        return list(statements)
    finally:
        await runtime.close()


@pytest.mark.parametrize("name", HOT)
async def test_a_hot_query_reads_no_growing_table_from_end_to_end_and_works_no_longer_for_more_games(
    name, benches, folders
):
    work = {}
    for games, folder in folders.items():
        statements = await asked(benches, folder, HOT[name])
        with benches.recorded_sql.opened(folder / "telephone.sqlite") as connection:
            scanned = {one.statement: found for one in statements if (found := one.scanned(connection))}
            assert scanned == {}
            work[games] = sum(one.work(connection) for one in statements)
    if name not in BOUNDED:
        assert work[LARGE] <= GROWTH * work[SMALL] + NOISE, work


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT count(*) FROM step WHERE text LIKE ?", ["step"]),
        ("SELECT a.id FROM server, game AS a WHERE a.prompt = ? AND a.guild_id + 0 = server.guild_id", ["game"]),
        ("UPDATE distance SET counted = 1 WHERE version = ?", ["distance"]),
        ("SELECT id FROM game WHERE id = ?", []),
        ("SELECT what FROM post WHERE hidden = 1 AND what <> ?", []),
        ("SELECT paused FROM server WHERE nsfw = ?", []),
    ],
)
def test_a_scan_is_noticed(statement, tables, benches, folders):
    with benches.recorded_sql.opened(folders[SMALL] / "telephone.sqlite") as connection:
        assert benches.recorded_sql.Asked(statement, ("x",)).scanned(connection) == tables


def test_work_that_grows_with_the_games_of_a_server_is_noticed(benches, folders):
    query = benches.recorded_sql.Asked(
        "SELECT count(*) FROM game WHERE guild_id = ? AND prompt = 'x'", (benches.stored_games.BUSIEST,)
    )
    work = {}
    for games, folder in folders.items():
        with benches.recorded_sql.opened(folder / "telephone.sqlite") as connection:
            assert query.scanned(connection) == []
            work[games] = query.work(connection)
    assert work[LARGE] > GROWTH * work[SMALL] + NOISE
