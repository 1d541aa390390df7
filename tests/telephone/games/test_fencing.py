"""Two workers on one Postgres: whatever becomes of their lines, a step is asked for, stored and posted once."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from telephone.domain.games import Game, GameState
from telephone.store import Store
from tests.limits import LIMIT
from tests.support.cut_line import line_to
from tests.support.postgres import NoPostgres, new_database, running_postgres
from tests.support.worker import TIMES, Log

pytestmark = pytest.mark.long
STEPS = ["1p", "1c", "2p", "2c"]


@pytest.fixture(scope="module")
def server():
    try:
        with running_postgres() as url:
            yield url
    except NoPostgres as reason:
        pytest.skip(f"no Postgres here: {reason}")


@pytest.fixture
def url(server):
    with new_database(server) as database:
        yield database


@pytest.fixture
def log():
    with tempfile.TemporaryDirectory(prefix="w-") as folder:  # short, for the name of a socket
        yield Log(Path(folder))


@asynccontextmanager
async def worker(url: str, log: Log, name: str, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    with (log.folder / f"{name}.log").open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.worker", url, str(log.folder), name, *more),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=written,
        )
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        print((log.folder / f"{name}.log").read_text()[-8_000:])


async def started(process: asyncio.subprocess.Process) -> str:
    process.stdin.write(b"start\n")
    return (await process.stdout.readline()).decode().strip()


async def until(condition) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.02)


async def finished(url: str, game_id: str, log: Log) -> Game:
    """The game once it is finished and summed up: whoever lives may do that."""
    async with await Store.open(url) as store, asyncio.timeout(LIMIT):
        while (game := await store.games.get(game_id)).state is not GameState.FINISHED:
            await asyncio.sleep(0.05)
    await until(lambda: any(post.startswith("summary ") for post in log.of("post")))
    return game


def cut(url: str) -> None:
    """Ends every session that holds a worker's lock."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [0x7E1E]
        )


def each_once(log: Log) -> None:
    assert len(log.of("submit")) == len(set(log.of("submit"))) == len(STEPS)
    posted_once(log)


def posted_once(log: Log) -> None:
    posts = [what.partition(" ")[0] for what in log.of("post")]
    assert [what for what in posts if what in STEPS] == STEPS
    assert len(posts) == len(set(posts))


@pytest.mark.parametrize("seconds", [0.0, 4.0])
async def test_when_the_sessions_of_both_are_cut_a_step_is_played_by_one_of_them(url, log, seconds):
    async with worker(url, log, "a") as first, worker(url, log, "b") as second:
        game_id = await started(first)
        await until(lambda: log.of("collect"))
        cut(url)
        ends = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.05)
            cut(url)
        await asyncio.sleep(TIMES.free + 3 * TIMES.every)
        log.gate.touch()
        await finished(url, game_id, log)
        each_once(log)
        assert log.of("answer", "a") + log.of("answer", "b") == log.of("submit"), "nobody else waited for an answer"
        assert first.returncode is None is second.returncode


async def taken_over(log: Log, name: str) -> None:
    """Waits until a worker waits for the answer of a step."""
    await until(lambda: log.of("collect", name) or log.of("submit", name))


@pytest.mark.parametrize("awake", ["before the answer", "after the game"])
async def test_a_worker_that_was_stopped_for_longer_than_its_lease_does_no_more(url, log, awake):
    async with worker(url, log, "a") as first:
        game_id = await started(first)
        await taken_over(log, "a")
        async with worker(url, log, "b"):
            os.kill(first.pid, signal.SIGSTOP)
            await taken_over(log, "b")
            done = len(log.of("submit", "a")), len(log.of("post", "a"))
            if awake == "before the answer":
                os.kill(first.pid, signal.SIGCONT)
                await asyncio.sleep(1.0)
            log.gate.touch()
            game = await finished(url, game_id, log)
            os.kill(first.pid, signal.SIGCONT)
            await asyncio.sleep(3.0)
            assert (len(log.of("submit", "a")), len(log.of("post", "a"))) == done
            each_once(log)
            assert game.possibly_billed_twice_usd == 0, "the call was found again"
            assert await started(first), "it takes new games"


async def test_a_call_that_nobody_finds_again_is_a_doubt_once(url, log):
    async with worker(url, log, "a", "whole") as first:
        game_id = await started(first)
        await taken_over(log, "a")
        async with worker(url, log, "b", "whole"):
            os.kill(first.pid, signal.SIGSTOP)
            await taken_over(log, "b")
            os.kill(first.pid, signal.SIGCONT)
            log.gate.touch()
            await until(lambda: log.of("answer", "a"))
            game = await finished(url, game_id, log)
            await asyncio.sleep(1.0)
            assert len(log.of("submit", "a")) == 1
            assert len(log.of("submit", "b")) == len(STEPS)
            posted_once(log)
            assert game.possibly_billed_twice_usd == pytest.approx(0.02)


async def test_a_worker_whose_line_is_dead_does_nothing_until_it_is_whole_and_then_no_more_of_what_was_taken(url, log):
    async with line_to(url, log.folder / "line") as (line, near), worker(near, log, "a") as first:
        game_id = await started(first)
        await taken_over(log, "a")
        async with worker(url, log, "b"):
            line.whole.clear()
            await taken_over(log, "b")
            done = len(log.of("submit", "a")), len(log.of("post", "a"))
            log.gate.touch()
            await finished(url, game_id, log)
            line.whole.set()
            await asyncio.sleep(3.0)
            assert (len(log.of("submit", "a")), len(log.of("post", "a"))) == done
            each_once(log)
            assert await started(first), "it takes new games"


async def test_a_worker_that_is_closed_hands_its_games_over_at_once(url, log):
    async with worker(url, log, "a") as first, worker(url, log, "b"):
        game_id = await started(first)
        await until(lambda: log.of("collect"))
        mine = "a" if log.of("collect", "a") else "b"
        first.stdin.close()
        assert await first.wait() == 0
        if mine == "a":
            await until(lambda: log.of("collect", "b"))
        log.gate.touch()
        await finished(url, game_id, log)
        each_once(log)
