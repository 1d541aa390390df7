"""Everything goes wrong at once, and at the end nothing is lost, nothing doubled, and every cent is on the books.

    python bench/chaos.py [--quick | --short] [--json] [--seed N] [--database pgserver] [--games N] [--kills N]

Members start games of models of this machine, of Replicate and of OpenAI, battles, parties, and games in which they
upload pictures, on a Discord of this machine. Meanwhile the bot is killed with -9 again and again and told to end
twice; Discord and the providers fail, limit, lose answers and cut lines; the gateway drops, providers hang, threads and
channels are deleted, the store is refused, locked and full for a while, and the clock jumps by an hour. Then what
Discord shows, what the providers billed and what the database holds are compared. The exit status is 1 where a row has
not its goal.

Without an option it is 200 games and 100 kills, which take most of an hour on two cores; --short takes five minutes,
--quick one. SQLite in a process of its own by default; with --database pgserver Postgres, and two processes.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Final

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from chaos_audit import Audit
from chaos_faults import (
    ChannelDeleted,
    ClockJump,
    DiskFull,
    FileLocked,
    GatewayDrop,
    PostgresGone,
    ProviderHangs,
    Rates,
    ThreadDeleted,
    Trouble,
    kill,
)
from chaos_members import Crew
from chaos_stage import Stage, stage
from load_rows import Found, Row

from telephone import log

LAST: Final = 60.0
"""How long summaries and answers may take after the last game has ended, in seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is played, and what goes wrong meanwhile.

    After `most_s` nothing more is started or ended; `calm_s` is how long what is left may take then.
    """

    starts: Counter[str]
    kills: int
    stops: int
    troubles: tuple[Trouble, ...]
    servers: int
    at_once: int
    most_s: float
    calm_s: float


def _troubles(times: int, long_s: float) -> tuple[Trouble, ...]:
    """All that can go wrong, so many times each; what lasts does so for a few seconds, and once for `long_s`."""
    found: list[Trouble] = []
    for time_ in range(times):
        seconds = long_s if time_ == 0 else 6.0
        found += [GatewayDrop(resumes=True), GatewayDrop(resumes=False), ThreadDeleted(), ProviderHangs(seconds / 2)]
        found += [FileLocked("telephone", seconds), FileLocked("engine", seconds), DiskFull(seconds / 2)]
        found += [PostgresGone(how, seconds) for how in ("refused", "cut off from one process", "silent")]
        found.append(ClockJump(seconds))
    return (*found, ChannelDeleted(), ChannelDeleted())


QUICK: Final = Plan(
    Counter(offline=1, replicate=2, openai=2, members=1, battle=1),
    kills=3,
    stops=0,
    troubles=(GatewayDrop(resumes=True), GatewayDrop(resumes=False), FileLocked("telephone", 2.0), ThreadDeleted()),
    servers=1,
    at_once=8,
    most_s=500.0,
    calm_s=120.0,
)
SHORT: Final = Plan(
    Counter(offline=4, replicate=10, openai=10, members=3, battle=2, party=1),
    kills=14,
    stops=1,
    troubles=_troubles(1, 34.0),
    servers=2,
    at_once=12,
    most_s=1_500.0,
    calm_s=240.0,
)
FULL: Final = Plan(
    Counter(offline=24, replicate=60, openai=60, members=20, battle=12, party=4),
    kills=100,
    stops=2,
    troubles=_troubles(5, 45.0),
    servers=4,
    at_once=16,
    most_s=7_200.0,
    calm_s=240.0,
)


@dataclass(slots=True)
class Run:
    """One run of a plan."""

    plan: Plan
    here: Stage
    crew: Crew
    done: Counter[str]
    """What went wrong, and how often."""
    ended: float = 0.0
    """The share of the kills that were made."""
    since: float = field(default_factory=time.monotonic)

    @property
    def is_late(self) -> bool:
        return time.monotonic() - self.since > self.plan.most_s

    async def play(self) -> None:
        """Plays the plan, then lets everything come to rest."""
        rates, living = Rates(), asyncio.create_task(self.crew.live())
        rates.begin(self.here)
        acts = [self._starting(), self._killing(), self._troubling()]
        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(_raising(living))
                tasks = [group.create_task(act) for act in acts]
                await asyncio.wait(tasks)
                rates.end(self.here)
                await self._rest()
                watching.cancel()
        finally:
            living.cancel()

    async def _starting(self) -> None:
        """Starts everything, in some order, as fast as it is played and the kills go on."""
        kinds = list(self.plan.starts.elements())
        self.here.dice.shuffle(kinds)
        for number, kind in enumerate(kinds):
            while not self.is_late and (number > self._allowed(len(kinds)) or await self._busy()):
                await asyncio.sleep(0.5)
            if self.is_late:
                return
            await self.crew.start(number, kind)

    def _allowed(self, starts: int) -> float:
        """How many may be started by now, so that the last kills find something to interrupt."""
        return self.ended * starts + self.plan.at_once / 2

    async def _busy(self) -> bool:
        return sum(map(len, await self.crew.unfinished())) >= self.plan.at_once

    async def _killing(self) -> None:
        """Kills while something is played."""
        ends = [True] * self.plan.stops + [False] * self.plan.kills
        self.here.dice.shuffle(ends)
        self.ended = 0.0 if ends else 1.0
        for count, gently in enumerate(ends, 1):
            if self.is_late:
                return
            while not any(await self.crew.unfinished()) and not self._all_started:
                await asyncio.sleep(0.2)
            await kill(self.here, gently=gently)
            self.done["SIGTERM" if gently else "kill -9"] += 1
            self.ended = count / len(ends)

    @property
    def _all_started(self) -> bool:
        return self.crew.started.total() == self.plan.starts.total()

    async def _troubling(self) -> None:
        """Makes trouble, one after another, spread over the kills."""
        troubles = list(self.plan.troubles)
        self.here.dice.shuffle(troubles)
        for count, trouble in enumerate(troubles):
            while self.ended < count / len(troubles) and not self.is_late:
                await asyncio.sleep(0.2)
            if not self.is_late and await trouble.strike(self.here):
                self.done[trouble.name] += 1

    async def _rest(self) -> None:
        """Waits until everything has ended or pauses, at most `calm_s`, then for the last messages, at most LAST."""
        ends = time.monotonic() + self.plan.calm_s
        while (self.crew.is_starting or any(await self.crew.unfinished())) and time.monotonic() < ends:
            await asyncio.sleep(0.5)
        ends = time.monotonic() + LAST
        while self._unquiet() and time.monotonic() < ends:
            await asyncio.sleep(1.0)

    def _unquiet(self) -> bool:
        """Whether summaries, results, answers or settled money are still to come."""
        return Audit.of(self.here).is_waiting


async def _raising(living: asyncio.Task[None]) -> None:
    """Raises what the members' task raises."""
    await asyncio.wait({living})
    living.result()


async def bench(plan: Plan, seed: int, postgres: str | None) -> tuple[Found, dict[str, Any]]:
    """The rows of one run, and what else is told of it."""
    this = asyncio.current_task()
    if this is not None:  # what was started and mounted goes with the bench, however it ends
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    dice = Random(seed)
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        async with stage(Path(name), postgres, servers=plan.servers, dice=dice) as here:
            run = Run(plan, here, Crew(here), Counter())
            await run.play()
            audit = Audit.of(here)
            found, stored = audit.run(), audit.stored
            played = Counter(row.state for _, row in stored.owned())
            told = {
                "started": dict(run.crew.started),
                "members": dict(run.crew.done),
                "went wrong": dict(run.done),
                "states": dict(played),
                "reasons": dict(audit.reasons),
                "unacknowledged": here.unanswered,
            }
            if keep := os.environ.get("CHAOS_LOGS"):
                Path(keep).write_text(here.logs, encoding="utf-8")
    left_out = plan.starts.total() - run.crew.started.total() + plan.kills - run.done["kill -9"]
    found.rows[:0] = [
        Row("games played", len(stored.games)),
        Row("kill -9, and SIGTERM", run.done["kill -9"] + run.done["SIGTERM"]),
        Row("starts and kills left out, since it took too long", left_out, 0, counted=True),
    ]
    return found, told


def _line(row: Row) -> str:
    goal = "" if row.goal is None else f"{row.goal:g}  {'MISSED' if row.missed else 'ok'}"
    return f"{row.what:<70} {row.measured:>9g}  {goal}".rstrip()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="8 games and 3 kills, in a minute")
    parser.add_argument("--short", action="store_true", help="every fault at least once, in five minutes")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--seed", type=int, default=1, help="of the dice that say what goes wrong when")
    parser.add_argument("--kills", type=int, help="another number of kills")
    parser.add_argument("--database", choices=["pgserver"], help="Postgres, started from a package, and two processes")
    given = parser.parse_args(argv)
    log.configure(logging.CRITICAL)
    plan = QUICK if given.quick else SHORT if given.short else FULL
    plan = plan if given.kills is None else replace(plan, kills=given.kills)
    began = time.monotonic()
    with _database(given.database) as postgres:
        found, told = asyncio.run(bench(plan, given.seed, postgres))
    machine = {"cores": os.cpu_count(), "took": round(time.monotonic() - began), "seed": given.seed}
    if given.json:
        rows = [asdict(row) | {"missed": row.missed} for row in found.rows]
        print(json.dumps({"rows": rows, "faults": found.faults, "told": told, "machine": machine}))
    else:
        print(*map(_line, found.rows), *found.faults, sep="\n")
        for what, counts in told.items():
            print(f"{what}: {counts}")
        print(f"{machine['cores']} cores, {machine['took']} s, seed {given.seed}")
    return 1 if any(row.missed for row in found.rows) else 0


def _database(given: str | None) -> Any:
    if given is None:
        return nullcontext(None)
    from load_postgres import fresh

    return fresh()


if __name__ == "__main__":
    sys.exit(main())
