"""`telephone rescore` as a process of its own, interrupted and gone on with."""

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from telephone.domain.games import GameRequest, GameState, Kind, Pair, Prompt, Step, StepKey
from telephone.settings import Settings
from telephone.store import Store
from tests.limits import LIMIT
from tests.support.played import UNFINISHED
from tests.telephone.cli.test_play import HERE, telephone

pytestmark = pytest.mark.slow

GAMES = 40
DATA = {"TELEPHONE_DATA_DIR": "data"}


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Forty games that nothing has measured."""
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    async with await Store.open(settings.store_url) as store:
        for n in range(GAMES):
            game = await store.games.add(GameRequest(Prompt("a fox mends a clock"), Pair("a", "b"), 2, n))
            for turn in (1, 2):
                text = f"a drawing of {n} foxes and {turn} clocks on a table in a room with a window"
                step = Step(StepKey(turn, Kind.CAPTION), "b", seed=1, text=text, raw=text)
                await store.steps.keep(game.id, step)
            await store.games.move(game.id, GameState.FINISHED, only_from=UNFINISHED)
    return tmp_path


def measured(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "data" / "telephone.sqlite", timeout=30)) as store:
        return int(store.execute("SELECT count(DISTINCT game_id) FROM distance").fetchone()[0])


async def test_one_that_is_interrupted_goes_on_where_it_stopped(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephone", "rescore", "minilm"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HERE.parent), **DATA},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT):
        while measured(folder) < 3:
            await asyncio.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert process.returncode == 130
    assert b"40 games to measure with MiniLM (offline)." in out
    assert b"The same command goes on" in err
    assert b"Traceback" not in err
    done = measured(folder)
    assert 3 <= done < GAMES
    status, said, err_text = await telephone("rescore", "minilm", cwd=folder, **DATA)
    assert (status, measured(folder)) == (0, GAMES), err_text
    first, last = said.splitlines()
    assert first.startswith("Going on after ")
    assert last == "40 games measured with MiniLM (offline)."


async def test_it_says_when_there_is_nothing_to_do_and_what_there_is_to_choose_from(tmp_path: Path) -> None:
    status, out, err = await telephone("rescore", "minilm", cwd=tmp_path, **DATA)
    assert (status, out) == (1, "")
    assert err == "Every game here is measured with MiniLM (offline) already; there is nothing to do.\n"
    status, _, err = await telephone("rescore", "abacus", cwd=tmp_path, **DATA)
    assert (status, "choose one of: minilm" in err) == (1, True)
