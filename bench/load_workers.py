"""1, 2 and 4 processes with an engine on one Postgres: nothing is called or posted twice, and a step costs as much.

Run by hand, as `python bench/load.py --workers`; the first of the processes is the one that starts the games.
"""

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from load_engine import CountingPresenter, Load, Sleeper, all_ended, asked, opened, share_places
from load_postgres import fresh
from load_rows import Found

from telephone import log
from telephone.domain.games import GameState

LOAD: Final = Load(games=60, turns=10, at_once=30, picture_s=1.0, caption_s=0.5, sigma=0.5, usd=0.001)
WORKERS: Final = (1, 2, 4)


async def workers(games: int = LOAD.games) -> Found:
    """The rows of so many games played by 1, 2 and 4 processes."""
    found, costs = Found(), list[float]()
    load = replace(LOAD, games=games)
    for number in WORKERS:
        with fresh() as url, tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
            told, took = await _played(load, number, url, Path(name))
        what = f"{number} worker{'s'[: number > 1]}, {games} games × {load.turns} turns"
        costs.append(sum(one["cpu"] for one in told) / load.steps * 1_000)
        calls, posts = Counter[str](), Counter[str]()
        for one in told:
            calls.update(one["calls"])
            posts.update(one["posts"])
        doubled = sum(n - 1 for n in calls.values()) + sum(max(0, n - _messages(load)) for n in posts.values())
        found.add(f"calls and messages doubled, {what}", doubled, 0, counted=True)
        lost = load.steps - len(calls) + sum(max(0, _messages(load) - n) for n in posts.values())
        found.add(f"calls and messages lost, {what}", lost + (games - len(posts)) * _messages(load), 0, counted=True)
        found.add(f"CPU ms a step, of all processes, {what}", costs[-1])
        found.add(f"  over one worker's, {what}", costs[-1] / costs[0], 1.2)
        found.add(f"  share of the calls that the busiest made, {what}", max(map(_made, told)) / load.steps)
        found.add(f"  s, {what}", took)
        found.faults += [fault for one in told for fault in one["faults"]]
    return found


def _messages(load: Load) -> int:
    return load.turns * 2 + 4  # card, thread, opening, the steps, summary


def _made(told: dict[str, Any]) -> int:
    return sum(told["calls"].values())


async def _played(load: Load, number: int, url: str, folder: Path) -> tuple[list[dict[str, Any]], float]:
    """What each process says of itself, and the seconds that they took."""
    async with AsyncExitStack() as stack:
        processes = [await _process(stack, load, url, folder, place) for place in range(number)]
        for process in processes:
            await _line(process)
        began = time.monotonic()
        for process in processes:
            process.stdin.write(b"go\n")
        await _line(processes[0])
        took = time.monotonic() - began
        for process in processes:
            process.stdin.write(b"end\n")
        return [json.loads(await _line(process)) for process in processes], took


async def _process(stack: AsyncExitStack, load: Load, url: str, folder: Path, place: int) -> Any:
    own = folder / f"worker-{place}"
    own.mkdir()
    words = [
        str(own),
        (folder / "pictures").as_uri(),
        url,
        json.dumps(asdict(load)),
        "starts" if not place else "plays",
    ]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, *words, stdin=pipe, stdout=pipe, limit=2**24
    )

    async def end() -> None:
        if process.returncode is None:
            process.kill()
        await process.wait()

    stack.push_async_callback(end)
    return process


async def _line(process: Any) -> str:
    line = await process.stdout.readline()
    if not line:
        raise SystemExit("a worker ended before it was done")
    return str(line.decode())


async def work(folder: Path, pictures: str, url: str, load: Load, *, starts: bool) -> None:
    """One of the processes: opens its engine, plays from "go" to "end", and tells what it did."""
    sleeper, presenter, faults = Sleeper(load), CountingPresenter(), list[str]()
    async with opened(folder, sleeper, presenter, load, url, pictures) as app:
        if starts:
            await share_places(app, load)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        cpu = time.process_time()
        if starts:
            games = [await app.games.start(asked(load, place)) for place in range(load.games)]
            await all_ended(app)
            games = [await app.games.closed(game.id, timeout=120) for game in games]
            faults = [f"game {g.number} is {g.state}: {g.reason}" for g in games if g.state is not GameState.FINISHED]
            print("done", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        cpu = time.process_time() - cpu
        calls = {f"{kind}/{seed}/{words}": n for (kind, seed, words), n in sleeper.calls.items()}
        print(json.dumps({"cpu": cpu, "calls": calls, "posts": presenter.posts, "faults": faults}), flush=True)


if __name__ == "__main__":
    log.configure(logging.ERROR)  # to stderr: on stdout it tells the bench what it did
    own, pictures, url, load, role = sys.argv[1:]
    asyncio.run(work(Path(own), pictures, url, Load(**json.loads(load)), starts=role == "starts"))
