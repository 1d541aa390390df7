"""How soon a bot is ready that has 100,000 games stored, and how soon it answers beside them."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import sqlalchemy as sa
from load_calls import Calls
from load_grow import Answers, add, ask
from load_idle import settled, started
from load_proc import watched
from load_rows import Found
from load_stage import Stage, stage
from sqlmodel import SQLModel
from stored_games import BUSIEST, fill

from telephone.store.database import read_url

GAMES: Final = 100_000
UNFINISHED: Final = 500
_FOR_EVER: Final = Calls(3_600.0, 3_600.0)
_ROUNDS: Final = 100
_STARTS: Final = 3


async def start(games: int = GAMES) -> Found:
    """The rows of a start, and of answers beside so many finished and 500 unfinished games."""
    found = Found()
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'telephone.sqlite'}"
        began = time.monotonic()
        await asyncio.to_thread(fill, url, games)
        found.add(f"s to store {games:,} games in bulk", time.monotonic() - began)
        async with stage(folder, _FOR_EVER, servers=1, watched=False, limits=False) as opened:
            await _starts(found, opened, games)
            await _answers(found, opened, games, url)
    return found


async def _starts(found: Found, opened: Stage, games: int) -> None:
    took = []
    for _ in range(_STARTS):
        await opened.bot.stop()
        began = time.monotonic()
        await opened.bot.restart()
        took.append(time.monotonic() - began)
    found.add(f"s from exec to READY with {games:,} games stored, of {_STARTS} the best", min(took), 2)
    found.add(f"s from exec to READY with {games:,} games stored, of {_STARTS} the worst", max(took))
    async with watched(opened.bot.pid) as used:
        await asyncio.sleep(10)
    found.add("% of a core in the ten seconds after READY", used.cpu / used.seconds * 100)
    found.add("RSS of the bot after a start, MB", used.mb)


async def _answers(found: Found, opened: Stage, games: int, url: str) -> None:
    """Has the busiest server be the one on which members are, and starts games there that wait for members."""
    await opened.bot.stop()
    await asyncio.to_thread(_move, url, BUSIEST, opened.servers[0].guild.id)
    await opened.bot.restart()
    await started(opened, UNFINISHED, human_step="1p", i2t="bench-spotter")
    await settled(opened)
    found.add("unfinished games on that server", await opened.unfinished())
    answers = Answers()
    await ask(opened, opened.servers[0], Answers())  # what is loaded at the first question is told apart
    for _ in range(_ROUNDS):
        await ask(opened, opened.servers[0], answers)
    add(found, answers, f"beside {games:,} finished and {UNFINISHED} unfinished games")


def _move(url: str, old: int, new: int) -> None:
    """Gives the rows of one server to another, which may have rows of its own."""
    engine = sa.create_engine(read_url(url).set(drivername="sqlite+pysqlite"))
    with engine.begin() as connection:
        known = sa.inspect(connection).get_table_names()
        for table in SQLModel.metadata.sorted_tables:
            if "guild_id" in table.c and table.name in known:
                words = f"UPDATE OR IGNORE {table.name} SET guild_id = :new WHERE guild_id = :old"
                connection.execute(sa.text(words), {"new": new, "old": old})
    engine.dispose()
