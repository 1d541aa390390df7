"""Engine and store alone: what a step asks of the database, what CPU it takes, and the makespan of a load."""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from load_counts import Counts
from load_engine import PROMPT, Load, Played, play
from load_postgres import fresh
from load_rows import Found

from telephone.line import TelephoneLine

PAID: Final = Load(games=6, turns=10, at_once=6, picture_s=0.02, caption_s=0.01, usd=0.001)
ARTICLE: Final = Load(
    games=120, turns=10, at_once=120, picture_s=1.0, caption_s=0.5, sigma=0.5, usd=0.001, calls_at_once=40
)
"""The article's 12 pairs on 10 prompts, all under way, with a provider that takes 40 calls at once.

Calls alone need 1.042 times the bound then, since its places are not all taken at the end. With 40 games at once, in
order, they need 1.19 times it: whole games fit worse into 40 places than calls do."""
SHORT_TURNS: Final = 4
_MORE: Final = 2
_NOTHING: Final = 0.1
"""A figure so small that its ratio says nothing."""
_WARM_UP: Final = replace(PAID, games=1, turns=1)
"""Played first, so that what is loaded and compiled once a process is in no figure."""
_LINES: Final = 3
"""How many of a load's games the article's loop plays; the others' calls take as long as they say."""


@dataclass(frozen=True, slots=True)
class Goals:
    """The most that a step may ask of the database."""

    statements: float
    commits: float
    loads: float = 0.2


PLAYERS: Final = (
    ("players that cost money", PAID, Goals(20, 6)),
    ("players of this machine", replace(PAID, usd=0.0), Goals(20, 4)),
)


async def quick(url: str | None) -> Found:
    """What a step costs, of players of each kind."""
    return await _costs_of_all(1, url)


async def steps(url: str | None) -> Found:
    """The same of more games, so that the CPU of a step stands out from other work on the machine."""
    return await _costs_of_all(_MORE, url)


async def _costs_of_all(times: int, url: str | None) -> Found:
    found = Found()
    await _played(_WARM_UP, url)
    for what, load, goals in PLAYERS:
        await _costs(found, replace(load, games=load.games * times), what, goals, url)
    return found


async def _costs(found: Found, load: Load, what: str, goals: Goals, url: str | None) -> None:
    """What a step of this load costs, beyond what a game costs however long it is."""
    short = await _played(replace(load, turns=SHORT_TURNS), url)
    long = await _played(load, url)
    more = long.load.steps - short.load.steps

    def share(counter: Callable[[Counts], Counter[str]]) -> float:
        return (counter(long.counts)["step"] - counter(short.counts)["step"]) / more

    found.faults += short.faults + long.faults
    for words, goal, counter in (
        ("SQL statements", goals.statements, lambda counts: counts.statements),
        ("writing commits", goals.commits, lambda counts: counts.commits),
        ("loads of a whole game", goals.loads, lambda counts: counts.loads),
    ):
        found.add(f"{words} a step, {what}", share(counter), goal, counted=True)
    apart = (long.cpu - sum(long.apart.values())) - (short.cpu - sum(short.apart.values()))
    found.add(f"CPU ms a step without cards, measuring and summary, {what}", apart / more * 1_000, 10)
    found.add(f"CPU ms a step, all included, {what}", (long.cpu - short.cpu) / more * 1_000)
    for part, seconds in sorted(long.apart.items()):
        found.add(f"CPU ms a game, {part}, {what}", seconds / long.load.games * 1_000)
    found.add(f"SQL statements a second of the engine's polling, {what}", long.counts.statements["poll"] / long.took)


async def postgres() -> Found:
    """What a step costs on Postgres, over what it costs on SQLite; the goal is half as much again."""
    found, here = Found(), Found()
    await _played(_WARM_UP, None)
    what, load, goals = PLAYERS[0]
    await _costs(here, load, what, goals, None)
    there = Found()
    with fresh() as url:
        await _costs(there, load, what, goals, url)
    for one, other in zip(here.rows[:4], there.rows[:4], strict=True):
        if one.measured > _NOTHING:
            counted = one.counted
            found.add(f"{one.what}: Postgres over SQLite", other.measured / one.measured, 1.5, counted=counted)
    found.faults += here.faults + there.faults
    return found


async def makespan(url: str | None) -> Found:
    """How long a load takes over the least that its calls need, and the article's loop beside it."""
    line = asyncio.create_task(_line(ARTICLE))
    played = await _played(ARTICLE, url)
    what = f"{ARTICLE.games} games, {ARTICLE.places} calls at once, engine alone"
    found = Found(faults=played.faults)
    found.add(f"makespan of {what}, over the bound of {played.bound:.0f} s", played.took / played.bound, 1.05)
    found.add(f"CPU ms a step of that load, all included, {what}", played.cpu / ARTICLE.steps * 1_000)
    took, calls = await line
    serial = took / calls * played.work
    words = f"the article's serial loop over it ({_LINES} games played, {serial:.0f} s for all by their calls)"
    found.add(f"{words}, times as long", serial / played.took)
    return found


async def _line(load: Load) -> tuple[float, float]:
    """Plays some games one after another as the article does; the seconds that it and that its calls alone took."""
    sleeping = _Sleeping(load)
    line, began = TelephoneLine(sleeping, sleeping), time.monotonic()
    for seed in random.Random(7).sample(range(load.games), _LINES):
        await line.play(PROMPT, load.turns, seed=seed)
    return time.monotonic() - began, sleeping.slept


@dataclass(slots=True)
class _Sleeping:
    """An artist and a spotter of the article's kind, whose calls take as long as those of the load."""

    load: Load
    slept: float = 0.0

    async def generate_image(self, text: str, *, seed: int) -> bytes:
        await self._sleep(seed, "t2i")
        return text.encode()

    async def generate_text(self, image: Any, *, seed: int) -> str:
        await self._sleep(seed, "i2t")
        return f"a wall of colour {seed}"

    async def _sleep(self, seed: int, kind: str) -> None:
        takes = self.load.calls.takes(seed, kind)
        self.slept += takes
        await asyncio.sleep(takes)


async def _played(load: Load, url: str | None) -> Played:
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as folder:
        return await play(load, Path(folder), url)
