"""What the durable engine costs: games of players that sleep, beside the least time they could take.

    python bench/engine.py [--quick]

Every row plays its games with all that a bot has (engine, store, pictures, embedder, charts) but Discord, models
and safety checks, on SQLite in a folder of its own, with pictures of 64 x 64 pixels. The bound is the time that
the sleeping alone takes with so many games at once. Exits with status 1 when a game is not finished, a message is
missing or posted twice, a call is made twice, or a row is slower than it claims.
"""

import argparse
import asyncio
import hashlib
import io
import logging
import math
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image as pil

from telephone import log
from telephone.app import App
from telephone.bootstrap import Parts, open_terminal
from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import NO_GUILD, Game, GameState, Image, Step
from telephone.games.admission import StartRequest
from telephone.ports.games import Progress, Summary
from telephone.ports.posting import Posting
from telephone.providers.base import ModelTable
from telephone.safety import guard_of
from telephone.settings import Settings

PROVIDERS = ("bed", "offline", "openai", "replicate", "cog")
"""Ours, and those that the shipped tables name."""
PROMPT = "a fox mends a clock"
MODELS = """
[sleeping-artist]
kind = "t2i"
provider = "bed"
ref = "artist"
licence = "bench"

[sleeping-spotter]
kind = "i2t"
provider = "bed"
ref = "spotter"
licence = "bench"
"""


@dataclass(frozen=True, slots=True)
class Size:
    """So many games of so many turns, `at_once` of them together, every call `sleep` seconds long.

    `claim` is the most that the time may be over the bound, as a ratio; None where none is claimed.
    """

    games: int
    turns: int
    at_once: int
    sleep: float
    claim: float | None = None

    @property
    def steps(self) -> int:
        return self.games * self.turns * 2

    @property
    def bound(self) -> float:
        """Seconds that the sleeping alone takes."""
        return math.ceil(self.games / self.at_once) * self.turns * 2 * self.sleep


SIZES = (
    Size(games=1, turns=5, at_once=1, sleep=0.1),
    Size(games=8, turns=1, at_once=4, sleep=0.1),
    Size(games=2, turns=3, at_once=2, sleep=2.0, claim=1.4),
    Size(games=10, turns=2, at_once=10, sleep=2.0),
)
"""The third is what one server does by default, with calls as long as those of fast models."""
QUICK = (Size(games=4, turns=2, at_once=2, sleep=0.1),)


@dataclass(frozen=True, slots=True)
class Sleeper:
    """A provider whose every call takes as long: an artist that paints one colour, a spotter that names it.

    `calls` holds when each began, on the monotonic clock.
    """

    sleep: float
    calls: list[float] = field(default_factory=list)

    def why_not(self, model: ModelTable) -> str | None:
        far = model.kind == "embedder" and model.provider != "offline"
        return "it plays and does not embed" if far else None

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        return Ticket(reference=marker)

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        self.calls.append(time.monotonic())
        await asyncio.sleep(self.sleep)
        if model.kind == "t2i":
            return Answer(data=paint(f"{ask.text}/{ask.seed}"), cost_usd=0.0)
        seen = ask.image.sha256[:12] if ask.image else ""
        return Answer(text=f"a wall of colour {seen}", cost_usd=0.0)

    async def cancel(self, model: ModelTable, ticket: Ticket) -> None:
        """Does nothing: the sleep ends by itself."""

    async def exists(self, model: ModelTable) -> bool | None:
        return True

    async def close(self) -> None:
        """Does nothing: there is nothing to close."""


class CountingPresenter:
    """A presenter that counts the messages posted for each game."""

    def __init__(self) -> None:
        self.posts: Counter[str] = Counter()

    def _post(self, game: Game) -> int:
        self.posts[game.id] += 1
        return self.posts.total()

    async def post_card(self, game: Game, progress: Progress, posting: Posting) -> int:
        return self._post(game)

    async def open_thread(self, game: Game, posting: Posting) -> int:
        return self._post(game)

    async def post_opening(self, game: Game, posting: Posting) -> int:
        return self._post(game)

    async def post_step(self, game: Game, step: Step, image: Image | None, posting: Posting) -> int:
        return self._post(game)

    async def post_summary(self, game: Game, summary: Summary, posting: Posting) -> int:
        return self._post(game)

    async def edit_card(self, game: Game, progress: Progress, summary: Summary | None = None) -> None:
        """A card that is edited is still one message."""

    async def is_open(self, game: Game) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Run:
    """One size as it went, in seconds. Lag is how late the event loop came back from a nap of 10 ms."""

    first_call: float
    total: float
    cpu: float
    lags: list[float]
    faults: list[str]

    @property
    def late_ms(self) -> float:
        """The 99th percentile of the lag, in milliseconds."""
        return 1_000 * statistics.quantiles(self.lags, n=100)[-1]


@asynccontextmanager
async def runtime(folder: Path, sleeper: Sleeper, presenter: CountingPresenter) -> AsyncIterator[App]:
    """What a bot opens, in a fresh SQLite folder, with every provider replaced by the sleeper."""
    own = folder / "models.toml"
    own.write_text(MODELS, encoding="utf-8")
    settings = Settings(
        _env_file=None, data_dir=folder, database_url=None, storage_url=None, models=own, moderation="off"
    )
    parts = Parts(dict.fromkeys(PROVIDERS, sleeper), guard_of(settings))
    opened = await open_terminal(settings, presenter, parts=parts)
    try:
        yield opened.app
    finally:
        await opened.close()


async def measured(size: Size) -> Run:
    """Plays the games of one size, all asked for at once."""
    sleeper, presenter = Sleeper(size.sleep), CountingPresenter()
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
        async with runtime(Path(name), sleeper, presenter) as app:
            await app.servers.change(NO_GUILD, parallel=size.at_once)
            watch = asyncio.create_task(_lags())
            began, cpu = time.monotonic(), time.process_time()
            games = [await app.games.start(_asked(size, seed)) for seed in range(size.games)]
            for game in games:
                await _ended(app, game)
            total, cpu = time.monotonic() - began, time.process_time() - cpu
            watch.cancel()
            lags = await watch
            games = [await app.games.closed(game.id, timeout=60) for game in games]
    return Run(sleeper.calls[0] - began, total, cpu, lags, _faults(size, games, presenter, sleeper))


def _asked(size: Size, seed: int) -> StartRequest:
    return StartRequest(PROMPT, "sleeping-artist", "sleeping-spotter", size.turns, seed)


async def _ended(app: App, game: Game) -> None:
    """Waits for the last step; the summary follows behind and is not waited for. Looks seldom, since looking costs."""
    while not (await app.games.get(game.id)).state.is_final:
        await asyncio.sleep(0.25)


async def _lags() -> list[float]:
    lags: list[float] = []
    try:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            lags.append(time.monotonic() - began - 0.01)
    except asyncio.CancelledError:
        return lags


def _faults(size: Size, games: list[Game], presenter: CountingPresenter, sleeper: Sleeper) -> list[str]:
    faults = [f"game {g.number} is {g.state}: {g.reason}" for g in games if g.state is not GameState.FINISHED]
    wanted = size.turns * 2 + 4  # card, thread, opening, the steps, summary
    faults += [
        f"game {g.number} has {presenter.posts[g.id]} of {wanted} messages"
        for g in games
        if presenter.posts[g.id] != wanted
    ]
    return faults if len(sleeper.calls) == size.steps else [*faults, f"{len(sleeper.calls)} calls, not {size.steps}"]


def paint(words: str) -> bytes:
    """A 64 × 64 PNG in a colour made from the words."""
    red, green, blue = hashlib.sha256(words.encode()).digest()[:3]
    buffer = io.BytesIO()
    pil.new("RGB", (64, 64), (red, green, blue)).save(buffer, "PNG")
    return buffer.getvalue()


HEAD = "games  turns  at once  call s | to 1st call s  bound s  took s  took/bound | CPU ms/step  loop lag p99 ms"


def row(size: Size, run: Run) -> str:
    ratio = run.total / size.bound
    verdict = "" if size.claim is None else f"  ≤ {size.claim} {'ok' if ratio <= size.claim else 'MISSED'}"
    return (
        f"{size.games:>5}  {size.turns:>5}  {size.at_once:>7}  {size.sleep:>6.1f} | {run.first_call:>13.2f}"
        f"  {size.bound:>7.1f}  {run.total:>6.1f}  {ratio:>10.2f} | {1_000 * run.cpu / size.steps:>11.0f}"
        f"  {run.late_ms:>15.0f}{verdict}"
    )


async def bench(sizes: tuple[Size, ...]) -> int:
    """Prints a row a size; returns how many were not as claimed."""
    print(HEAD)
    missed = 0
    for size in sizes:
        run = await measured(size)
        print(row(size, run), flush=True)
        for fault in run.faults:
            print(f"  {fault}")
        missed += bool(run.faults) or (size.claim is not None and run.total / size.bound > size.claim)
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one small size: a few seconds")
    log.configure(logging.WARNING)
    return 1 if asyncio.run(bench(QUICK if parser.parse_args().quick else SIZES)) else 0


if __name__ == "__main__":
    sys.exit(main())
