"""The board by distance of a server with a hundred thousand games, read from the store.

    python bench/board.py [--quick] [--database URL]

100,000 games of 12 pairs on 40 prompts (2,000 with --quick), ten turns each, measured by two embedders, are written
into a SQLite file, or into the empty Postgres database that URL names. An answer is the whole board: both embedders
ranked for the verdict, and what became of every game. Prints seconds by the clock and of this process's CPU, and the
latter's ratio to a tenth of the games. The claim is about CPU, which is what the clock shows on a machine that does
nothing else; exits with status 1 when it fails, but not with --quick. (Postgres works in processes of its own: there
the clock counts.)
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from sqlalchemy import insert, text  # noqa: E402

from telephone.domain.games import Level, Pair  # noqa: E402
from telephone.leaderboards.service import BoardRequest, Judge, LeaderboardService  # noqa: E402
from telephone.store import Store  # noqa: E402
from telephone.store.counted_distances import cell_of  # noqa: E402
from telephone.store.scores import Pool  # noqa: E402
from telephone.store.tables.games import DistanceRow, GameRow, ServerRow  # noqa: E402

LARGE, SMALL, TURNS, AT_ONCE, CLAIMED = 1, 2, 10, 2_000, 1.0
"""Two servers: one with all the games, one with a tenth as many, so that a ratio says how an answer grows."""
PAIRS = [Pair(f"artist-{a}", f"spotter-{b}") for a in range(3) for b in range(4)]
PROMPTS = [(level.value, f"#{level.value}-{n:03}") for n in range(10) for level in Level]
JUDGES = (Judge("imagebind", "1", "ImageBind"), Judge("minilm", "1", "MiniLM (offline)"))
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
Rows = list[dict[str, Any]]


def rows(guild_id: int, count: int) -> Iterator[tuple[Rows, Rows]]:
    """Games and their distances, as the product would have written them: one in twenty fails, a few share a seed."""
    rng = np.random.default_rng(guild_id)
    for start in range(0, count, AT_ONCE):
        games, distances = [], []
        for n in range(start, min(start + AT_ONCE, count)):
            game = _game(guild_id, n, int(rng.integers(len(PAIRS))), int(rng.integers(len(PROMPTS))))
            game["seed"] = int(rng.integers(2**31)) if n % 50 else 7
            game["state"] = "finished" if rng.random() < 0.95 else "failed"
            games.append(game)
            if game["state"] == "finished":
                distances += _distances(game, rng)
        yield games, distances


def _game(guild_id: int, n: int, pair: int, prompt: int) -> dict[str, Any]:
    level, slug = PROMPTS[prompt]
    return {
        "id": f"{guild_id:04x}{n:012x}", "guild_id": guild_id, "number": n + 1, "prompt": "a scene " * 15,
        "level": level, "slug": slug, "t2i": PAIRS[pair].t2i, "i2t": PAIRS[pair].i2t, "turns": TURNS, "channel_id": 1,
        "starter_id": 1, "embedder": "imagebind", "runs": 1, "created_at": MOMENT, "started_at": MOMENT,
        "nsfw": False, "voided": False,
    }  # fmt: skip


def _distances(game: dict[str, Any], rng: np.random.Generator) -> Rows:
    """Each pair is a little farther off than the one before it, each prompt too."""
    place = PAIRS.index(Pair(game["t2i"], game["i2t"]))
    base = 0.3 + 0.03 * place + 0.005 * PROMPTS.index((game["level"], game["slug"]))
    same = {
        "game_id": game["id"], "version": "1", "guild_id": game["guild_id"], "step_distance": 0.1,
        "measured_at": MOMENT, "seed": game["seed"],
        "cell": cell_of(game["t2i"], game["i2t"], game["level"], game["slug"], ""),
        "designed": False, "counted": True, "approximate": False,
    }  # fmt: skip
    noise = rng.normal(0, 0.1, (len(JUDGES), TURNS))
    return [
        same | {"embedder": judge.name, "turn": turn, "distance": base + float(one), "head": base + float(one)}
        for judge, of_judge in zip(JUDGES, noise, strict=True)
        for turn, one in enumerate(of_judge, 1)
    ]


async def fill(store: Store, guild_id: int, count: int) -> None:
    async with store._database.writing() as session:
        await session.execute(insert(ServerRow).values(guild_id=guild_id, last_number=count, paused=False))
    for games, distances in rows(guild_id, count):
        async with store._database.writing() as session:
            await session.execute(insert(GameRow), games)
            await session.execute(insert(DistanceRow), distances)


class Took(NamedTuple):
    """Seconds by the clock, and of this process's CPU."""

    clock: float
    cpu: float


async def seconds(work: Callable[[], Awaitable[object]], times: int = 3) -> Took:
    """The middle one of some runs."""
    found = []
    for _ in range(times):
        clock, cpu = time.perf_counter(), time.process_time()
        await work()
        found.append(Took(time.perf_counter() - clock, time.process_time() - cpu))
    return sorted(found)[times // 2]


async def answer(store: Store, guild_id: int) -> None:
    """A board that nobody has asked for yet."""
    board = await LeaderboardService(store, JUDGES).board(BoardRequest(guild_id))
    assert {row.pair for row in board.rows} == set(PAIRS)
    assert len(board.judges) == len(JUDGES)


async def measure(store: Store, guild_id: int) -> dict[str, Took]:
    pool, scores, kept = Pool(guild_id), store.scores, LeaderboardService(store, JUDGES)
    await kept.board(BoardRequest(guild_id))
    return {
        "cells of one embedder at one turn": await seconds(lambda: scores.measured(pool, "minilm", "1", TURNS)),
        "what became of the games": await seconds(lambda: scores.begun(pool)),
        "whether anything changed": await seconds(lambda: scores.states(guild_id)),
        "cells of all ten turns": await seconds(lambda: scores.curves(pool, "minilm", "1", range(1, TURNS + 1)), 1),
        "an answer that was given before": await seconds(lambda: kept.board(BoardRequest(guild_id))),
        "an answer": await seconds(lambda: answer(store, guild_id)),
    }


async def run(url: str, count: int) -> bool:
    async with await Store.open(url) as store:
        for guild_id, games in ((LARGE, count), (SMALL, count // 10)):
            await fill(store, guild_id, games)
        if url.startswith("postgres"):
            async with store._database.writing() as session:
                await session.execute(text("ANALYZE"))
        small, large = await measure(store, SMALL), await measure(store, LARGE)
    print(f"{count:,} games of {len(PAIRS)} pairs on {len(PROMPTS)} prompts, {TURNS} turns, {len(JUDGES)} embedders")
    for what, took in large.items():
        ratio = took.cpu / small[what].cpu
        print(f"{what:<36}{took.clock:6.2f} s   CPU {took.cpu:5.2f} s, {ratio:4.1f} times that of a tenth of the games")
    answered = large["an answer"].clock if url.startswith("postgres") else large["an answer"].cpu
    print(f"an answer in {answered:.2f} s, < {CLAIMED:.0f} s  {'ok' if answered < CLAIMED else 'MISSED'}")
    return answered < CLAIMED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two thousand games")
    parser.add_argument("--database", help="an empty Postgres database; left out, a SQLite file that goes away")
    asked = parser.parse_args()
    count = 2_000 if asked.quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database or f"sqlite:///{folder}/telephone.sqlite"
        holds = asyncio.run(run(url, count))
        raise SystemExit(0 if holds or asked.quick else 1)


if __name__ == "__main__":
    main()
