"""5, 120 and 500 games at once through the bot: what a turn costs, and how soon members are answered beside them."""

import asyncio
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from load_bot import Party, late, play
from load_calls import Calls
from load_rows import Found, percentile
from load_stage import Server, Stage

_SUBCOMMAND: Final = (1, 2)
_TURNS: Final = 2
_CALLS: Final = Calls(4.0, 2.0, 0.5)
_BETWEEN: Final = 4.0
"""Seconds between two rounds of questions: more of them would be what a turn costs."""
_STATUS: Final = 3
SIZES: Final = (
    Party(games=20, turns=_TURNS, servers=1, calls=_CALLS, pixels=64, at_once=5),
    Party(games=120, turns=_TURNS, servers=12, calls=_CALLS, pixels=64),
    Party(games=500, turns=_TURNS, servers=50, calls=_CALLS, pixels=64),
)
"""Few enough turns that 500 games are played in a few minutes, at 50 requests a second; the first has 5 at once."""


@dataclass(slots=True)
class Answers:
    """Milliseconds from a member's act to the answer: of `status`, and of each option that completes itself."""

    status: list[float] = field(default_factory=list)
    choices: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: list[float] = field(default_factory=list)


def completing(opened: Stage) -> Iterator[tuple[str, str]]:
    """Every command and option that completes itself."""

    def below(name: str, options: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
        for one in options:
            if one["type"] in _SUBCOMMAND:
                yield from below(f"{name} {one['name']}", one.get("options") or [])
            elif one.get("autocomplete"):
                yield name, one["name"]

    for commands in opened.discord.world.backend.commands.values():
        for command in commands.values():
            yield from below(command["name"], command.get("options") or [])


async def ask(opened: Stage, server: Server, answers: Answers) -> None:
    """Asks for the status, then types into every option that completes itself, one after another."""
    for _ in range(_STATUS):
        await _status(server, answers)
    for command, option in completing(opened):
        began = time.monotonic()
        await server.admin.autocomplete(server.channel, command, option, "")
        answers.choices[f"{command} {option}"].append((time.monotonic() - began) * 1_000)


async def _status(server: Server, answers: Answers) -> None:
    began = time.monotonic()
    asked = await server.admin.slash(server.channel, "telephone status")
    answers.acknowledged.append((asked.took or 0.0) * 1_000)
    while asked.response is None or asked.response.loading:
        await asyncio.sleep(0.002)
    answers.status.append((time.monotonic() - began) * 1_000)


async def asking(opened: Stage, answers: Answers) -> None:
    """Asks on one server after another until it is cancelled."""
    dice = random.Random(7)
    while True:
        await ask(opened, dice.choice(opened.servers), answers)
        await asyncio.sleep(_BETWEEN)


def add(found: Found, answers: Answers, beside: str) -> None:
    """Rows of how soon was answered."""
    everything = [one for values in answers.choices.values() for one in values]
    slowest = max(answers.choices, key=lambda name: percentile(answers.choices[name], 0.99), default="none")
    found.add(f"/telephone status p50, ms, {beside}", percentile(answers.status, 0.5))
    found.add(f"/telephone status p99, ms, {beside}", percentile(answers.status, 0.99), 50)
    found.add(f"{len(answers.choices)} autocompletions p99, ms, {beside}", percentile(everything, 0.99), 50)
    worst = percentile(answers.choices.get(slowest, []), 0.99)
    found.add(f"  the slowest of them, {slowest}, p99, ms", worst, 50)


async def grow() -> Found:
    """CPU a turn at 5, 120 and 500 games at once, and how soon members are answered."""
    found, costs = Found(), []
    for party in SIZES:
        answers = Answers()
        asked = party is not SIZES[0]
        played = await play(party, beside=(lambda opened, answers=answers: asking(opened, answers)) if asked else None)
        what = f"{party.together} games at once"
        costs.append(played.cpu_ms)
        found.faults += played.faults
        found.add(f"CPU ms a turn of the bot, {what}, {_TURNS} turns, 64² PNGs", played.cpu_ms)
        found.add(f"requests to Discord a step, {what}, {_TURNS} turns", played.requests.total / party.steps)
        found.add(f"answers of 429, {what}", played.requests.refused.total(), 0, counted=True)
        found.add(f"took, over the bound of {played.bound:.0f} s, {what}", played.took / played.bound)
        found.add(f"most calls in flight, {what}", played.most_calls)
        found.add(f"RSS of the bot and its children, MB, {what}", played.used.mb, 400 if party is SIZES[-1] else None)
        late(found, played, what)
        if asked:
            add(found, answers, f"beside {what}")
    found.add("CPU a turn at 500 games over that at 5", costs[-1] / costs[0], 1.2)
    return found
