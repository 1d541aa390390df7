"""What waiting costs: statements a second and share of a core while games, battles and parties wait for somebody.

    python bench/waiting.py [--quick] [--json] [--database URL]

Each row opens the application with an engine, its sweep at its usual pace, brings so many games, battles or parties to
where they wait, lets what that started come to rest, and then counts while nothing happens. --quick waits with few and
says what one more that waits asks a second. Exits with status 1 where a count is over its goal.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import sqlalchemy as sa
from load_engine import PROMPT, PROVIDERS, Load, Sleeper

from telephone import log
from telephone.app import App
from telephone.battles.admission import BattleAsked
from telephone.bootstrap import EngineRuntime, Parts, open_with_engine
from telephone.domain.battles import BattleState
from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import GameState
from telephone.domain.parties import PartyState
from telephone.games.admission import StartRequest
from telephone.parties.service import PartyAsked
from telephone.providers.base import ModelTable
from telephone.safety import guard_of
from telephone.settings import Settings
from tests.support.surfaces import (
    RecordedBattles,
    RecordedCleanup,
    RecordedGames,
    RecordedJobs,
    RecordedParties,
    RecordedSurfaces,
)

GUILD: Final = 7
HOST: Final = 11
MEMBERS: Final = (11, 12, 13)
_MODELS: Final = """
[{name}]
kind = "{kind}"
provider = "bed"
ref = "{name}"
price_usd = 0.0
licence = "bench"
"""
_CALM_S: Final = 3.0
"""How long nothing may have been written before the counting begins, in seconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. A goal that is counted must hold; one that is timed is printed beside what was measured."""

    what: str
    measured: float
    goal: float | None
    counted: bool

    @property
    def missed(self) -> bool:
        return self.goal is not None and self.measured > self.goal


@dataclass(slots=True)
class Hanging(Sleeper):
    """A provider that answers at once, or, once told to hang, never."""

    hangs: bool = False
    held: int = 0
    """How many calls hang now."""

    def why_not(self, model: ModelTable) -> str | None:
        return None if model.provider in ("bed", "offline") else "it plays nothing here"

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        if self.hangs:
            self.held += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.held -= 1
        return await Sleeper.collect(self, model, ask, ticket)


@dataclass(slots=True)
class Asked:
    """What was asked of the databases: statements by the part that asked, and by their first words."""

    by_part: Counter[str] = field(default_factory=Counter)
    by_words: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: int = 0
    """Rows that were read."""


@dataclass(frozen=True, slots=True)
class Idle:
    """So many that wait, as measured for `seconds` seconds: `cpu` seconds of this process, and what was asked."""

    waiting: int
    seconds: float
    cpu: float
    asked: Asked

    @property
    def statements(self) -> float:
        """Statements a second."""
        return self.asked.by_part.total() / self.seconds

    @property
    def percent(self) -> float:
        """Of a core."""
        return 100 * self.cpu / self.seconds


@contextmanager
def counting() -> Iterator[Asked]:
    """Counts the statements of every database of this process."""
    asked = Asked()

    def statement(connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        name = threading.current_thread().name
        journal = "engine" if "engine" in str(connection.engine.url.database) else "store"
        part = name if name.startswith(("queue-worker", "dbos-")) else journal
        asked.by_part[part] += 1
        asked.by_words[part, " ".join(text.split())[:110]] += 1

    sa.event.listen(sa.Engine, "before_cursor_execute", statement)
    try:
        yield asked
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", statement)


@asynccontextmanager
async def _opened(folder: Path, provider: Hanging, url: str | None) -> AsyncIterator[EngineRuntime]:
    own = folder / "models.toml"
    tables = (("hanging-artist", "t2i"), ("hanging-spotter", "i2t"), ("other-artist", "t2i"))
    own.write_text("".join(_MODELS.format(name=name, kind=kind) for name, kind in tables), encoding="utf-8")
    settings = Settings(
        _env_file=None,
        data_dir=folder,
        database_url=url,
        storage_url=None,
        models=own,
        moderation="off",
        secret="bench",
    )
    games = RecordedGames()
    surfaces = RecordedSurfaces(games, RecordedBattles(), RecordedParties(), games, RecordedJobs(), RecordedCleanup())
    opened = await open_with_engine(
        settings, surfaces, parts=Parts(dict.fromkeys(PROVIDERS, provider), guard_of(settings))
    )
    try:
        await opened.store.servers.change(GUILD, parallel=10_000)
        yield opened
    finally:
        provider.hangs = False
        await opened.close()


async def _until(reached: Callable[[], Awaitable[bool]]) -> None:
    while not await reached():
        await asyncio.sleep(0.25)


async def _all(opened: EngineRuntime, count: int, state: GameState) -> None:
    async def reached() -> bool:
        return await opened.store.games.count(GUILD, [state]) >= count

    await _until(reached)


async def _start(app: App, count: int, **more: Any) -> None:
    asked = StartRequest(PROMPT, "hanging-artist", "hanging-spotter", 2, guild_id=GUILD, starter_id=HOST)
    for seed in range(count):
        await app.games.start(replace(asked, seed=seed, **more))


async def nothing(opened: EngineRuntime, provider: Hanging, count: int) -> None:
    """Nobody plays."""


async def provider(opened: EngineRuntime, provider: Hanging, count: int) -> None:
    """Games wait for a provider's answer."""
    provider.hangs = True
    await _start(opened.app, count)

    async def reached() -> bool:
        return provider.held >= count

    await _until(reached)


async def member(opened: EngineRuntime, provider: Hanging, count: int) -> None:
    """Games wait for a member's turn."""
    await _start(opened.app, count, t2i="human")
    await _all(opened, count, GameState.WAITING)


async def paused(opened: EngineRuntime, provider: Hanging, count: int) -> None:
    """Games are paused by an admin."""
    await _start(opened.app, count, t2i="human")
    await _all(opened, count, GameState.WAITING)
    await opened.app.servers.pause(GUILD)


async def battles(opened: EngineRuntime, provider: Hanging, count: int) -> None:
    """Battles are open for votes."""
    pairs = ("hanging-artist x hanging-spotter", "other-artist x hanging-spotter")
    for number in range(count):
        prompt = f"{PROMPT} for the {number}th time"
        await opened.app.battles.start(BattleAsked(prompt, pairs, turns=1, guild_id=GUILD, starter_id=HOST))

    async def reached() -> bool:
        states = [BattleState.VOTING]
        return len(await opened.store.battles.recent(GUILD, states=states, limit=count)) >= count

    await _until(reached)


async def parties(opened: EngineRuntime, provider: Hanging, count: int) -> None:
    """Parties wait for their members in the first round."""
    asked = PartyAsked(players=len(MEMBERS), guild_id=GUILD, starter_id=HOST)
    begun = [(await opened.app.parties.start(asked)).id for _ in range(count)]
    for party in begun:
        for who in MEMBERS:
            await opened.app.parties.join(party, who)
    for party in begun:
        await _until(partial(_is, opened, party, PartyState.PROMPTS))
        for who in MEMBERS:
            await opened.app.parties.bring(party, who, f"the prompt of member {who}", 1_000)
    for party in begun:
        await _until(partial(_is, opened, party, PartyState.PLAYING))


async def _is(opened: EngineRuntime, party: str, state: PartyState) -> bool:
    return (await opened.app.parties.party(party)).state is state


Scene = Callable[[EngineRuntime, Hanging, int], Awaitable[None]]


async def measure(scene: Scene, count: int, seconds: float, *, url: str | None = None) -> Idle:
    """What `count` that wait cost, for so many seconds after all that their start began has come to rest."""
    hanging = Hanging(Load(games=1, turns=1, at_once=1, picture_s=0.0, caption_s=0.0))
    with tempfile.TemporaryDirectory() as folder:
        async with _opened(Path(folder), hanging, url) as opened:
            await scene(opened, hanging, count)
            await opened.sweep.once()
            await _rest()
            with counting() as asked:
                began, cpu = time.monotonic(), time.process_time()
                await asyncio.sleep(seconds)
                took, cpu = time.monotonic() - began, time.process_time() - cpu
    return Idle(count, took, cpu, asked)


async def _rest() -> None:
    """Waits until nothing writes any more."""
    while True:
        with counting() as asked:
            await asyncio.sleep(_CALM_S)
        writes = sum(n for (part, words), n in asked.by_words.items() if words.startswith(("INSERT", "UPDATE")))
        if writes <= 2 * _CALM_S:  # the engine's own
            return


@dataclass(frozen=True, slots=True)
class Case:
    """A scene with so many that wait, and goals: percent of a core, and statements a second of each that waits."""

    what: str
    scene: Scene
    waiting: int
    percent: float | None


FULL: Final = (
    Case("nobody", nothing, 0, 0.5),
    Case("games waiting for a provider", provider, 100, 2.0),
    Case("games waiting for a member", member, 1_000, 1.0),
    Case("paused games", paused, 1_000, 1.0),
    Case("battles open for votes", battles, 100, 1.0),
    Case("parties in a round", parties, 20, None),
)
QUICK: Final = tuple(replace(case, waiting=count) for case, count in zip(FULL, (0, 8, 8, 8, 4, 2), strict=True))
EACH: Final = 0.05
"""The most statements a second that one more that waits may ask: a sweep's share."""
EMPTY: Final = 10.0
"""The most statements a second that an idle process may ask."""


async def idle(
    cases: tuple[Case, ...] = FULL, *, seconds: float = 20.0, url: str | None = None, only: str = "", tell: bool = False
) -> list[Row]:
    """The rows of all cases: statements a second of all, of each that waits, and percent of a core."""
    rows: list[Row] = []
    empty: Idle | None = None
    for case in cases:
        if only and only not in case.what:
            continue
        found = await measure(case.scene, case.waiting, seconds, url=url)
        if tell:
            _tell(case, found)
        name = f"{case.waiting or ''} {case.what}".strip()
        if not case.waiting:
            empty = found
            rows.append(Row(f"SQL statements a second, {name}", found.statements, EMPTY, counted=True))
        else:
            more = (found.statements - (empty.statements if empty else 0.0)) / case.waiting
            rows.append(Row(f"SQL statements a second of each, {name}", max(0.0, more), EACH, counted=True))
        rows.append(Row(f"percent of a core, {name}", found.percent, case.percent, counted=False))
    return rows


def _tell(case: Case, found: Idle) -> None:
    print(f"# {case.what}: {found.waiting}, {found.statements:.1f} statements/s, {found.percent:.2f}%", file=sys.stderr)
    for (part, words), n in found.asked.by_words.most_common(25):
        print(f"#   {n / found.seconds:8.2f}/s  {part:28} {words}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few that wait, for a few seconds; counts only")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases whose words contain this")
    parser.add_argument("--verbose", action="store_true", help="prints which statements were asked, and how often")
    parser.add_argument("--database", metavar="URL", help="an empty Postgres instead of SQLite in a folder of its own")
    wanted = parser.parse_args()
    log.configure(logging.ERROR)
    cases, seconds = (QUICK, 6.0) if wanted.quick else (FULL, 30.0)
    rows = asyncio.run(idle(cases, seconds=seconds, url=wanted.database, only=wanted.only, tell=wanted.verbose))
    if wanted.json:
        print(json.dumps({"rows": [asdict(row) for row in rows]}, indent=2))
    else:
        for row in rows:
            goal = "" if row.goal is None else f"   goal {row.goal:g}" + (" MISSED" if row.missed else "")
            print(f"{row.what:70} {row.measured:9.3f}{goal}")
    return int(any(row.missed and row.counted for row in rows))


if __name__ == "__main__":
    sys.exit(main())
