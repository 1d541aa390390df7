"""Games started by members on a Discord of this machine and played by the bot, and what they cost.

The bot is a process of its own, and so is the provider, whose calls only take time; Discord and the members live in
the bench. What the bot used is what it used beyond an idle bot in the same time.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from load_calls import Calls
from load_proc import Used, watched
from load_requests import Requests
from load_rows import Found, percentile
from load_stage import AT_ONCE, BUCKET_S, GLOBAL, Stage, stage

from telephone.domain.games import Game, GameState

STARTS_A_SECOND: Final = 25
_AFTER: Final = 7.0
"""How long after the last game cards may still be edited, in seconds."""


@dataclass(frozen=True, slots=True)
class Party:
    """`games` games of `turns` turns, `at_once` of them together, or as many as that many `servers` allow."""

    games: int
    turns: int
    servers: int
    calls: Calls
    pixels: int
    at_once: int | None = None
    idle_s: float = 4.0
    limits: bool = True

    @property
    def together(self) -> int:
        """How many of its games play at once."""
        return self.at_once or self.servers * AT_ONCE

    @property
    def turns_in_all(self) -> int:
        return self.games * self.turns

    @property
    def steps(self) -> int:
        return 2 * self.turns_in_all


@dataclass(slots=True)
class Played:
    """A party as it was played: `took` is in seconds, `bound` the least it could take, `figures` the bot's own."""

    party: Party
    took: float
    bound: float
    used: Used
    idle: Used
    requests: Requests
    figures: dict[str, Any]
    acknowledged: list[float]
    most_calls: int
    faults: list[str]
    beside: list[Any]

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds a turn, beyond those of an idle bot."""
        idle = self.idle.cpu / self.idle.seconds * self.used.seconds if self.idle.seconds else 0.0
        return (self.used.cpu - idle) / self.party.turns_in_all * 1_000


async def play(party: Party, *, count: bool = False, beside: Any = None) -> Played:
    """Plays a party to its end. `beside(stage)` runs as long as there are games, and its results are kept."""
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
        options = {"servers": party.servers, "pixels": party.pixels, "limits": party.limits, "at_once": party.at_once}
        async with stage(Path(name), party.calls, count=count, **options) as opened:
            return await _play(opened, party, beside)


async def _play(opened: Stage, party: Party, beside: Any) -> Played:
    requests = Requests({one.channel.id for one in opened.servers})
    async with watched(opened.bot.pid) as idle:
        await asyncio.sleep(party.idle_s)
    requests.skip(opened.discord.sent)
    await opened.take_figures()
    async with watched(opened.bot.pid) as used:
        reading = asyncio.create_task(_reading(opened, requests))
        began = time.monotonic()
        watching = asyncio.create_task(beside(opened)) if beside else None
        starts = [asyncio.create_task(_start(opened, party, place)) for place in range(party.games)]
        await asyncio.gather(*starts)
        await opened.all_ended()
        took = time.monotonic() - began
        results: list[Any] = []
        if watching is not None:
            watching.cancel()
            results = await asyncio.gather(watching, return_exceptions=True)
        figures = await opened.take_figures()
        await _summed_up(opened, party)
    reading.cancel()
    requests.read(opened.discord.sent)
    games, counts = await opened.games(), await opened.provider.counts()
    bound = max(
        party.calls.bound(games, party.together),
        requests.total / GLOBAL if party.limits else 0.0,
        max(requests.posted.values(), default=0) * BUCKET_S if party.limits else 0.0,
    )
    faults = _faults(opened, party, games, counts["made"])
    return Played(
        party, took, bound, used, idle, requests, figures, opened.acknowledged, counts["most"], faults, results
    )


async def _start(opened: Stage, party: Party, place: int) -> None:
    await asyncio.sleep(place / STARTS_A_SECOND)
    await opened.start(place, party.turns)


async def _reading(opened: Stage, requests: Requests) -> None:
    while True:
        requests.read(opened.discord.sent)
        await asyncio.sleep(0.2)


async def _summed_up(opened: Stage, party: Party) -> None:
    """Waits for the summaries of all games, then as long as their cards may still be edited."""
    wanted = 2 * party.turns + 2
    deadline = time.monotonic() + 600
    while any(len(posts) < wanted for posts in _threads(opened).values()) and time.monotonic() < deadline:
        await asyncio.sleep(0.25)
    await asyncio.sleep(_AFTER)


def _threads(opened: Stage) -> dict[int, dict[int, Any]]:
    """What was posted in each thread."""
    backend = opened.discord.world.backend
    return {one.id: backend.messages[one.id] for one in list(backend.channels.values()) if one.is_thread}


def _faults(opened: Stage, party: Party, games: list[Game], made: dict[str, int]) -> list[str]:
    """What was lost, doubled or called twice."""
    faults = [f"{game.number} is {game.state}: {game.reason}" for game in games if game.state is not GameState.FINISHED]
    if len(games) != party.games:
        faults.append(f"{len(games)} games were stored, not {party.games}")
    for game in games:
        posts = opened.discord.messages(game.place.thread_id) if game.place.thread_id else []
        said, ids = Counter(post.text for post in posts), {post.id for post in posts}
        faults += [f"game {game.number} says {n} times: {words[:60]!r}" for words, n in said.items() if n > 1]
        missing = [str(step.key) for step in game.steps if step.message_id not in ids]
        if missing or len(game.steps) != 2 * party.turns:
            faults.append(f"game {game.number} has {len(game.steps)} steps, of which these are not posted: {missing}")
        files = sum(len(post.files) for post in posts[:-1])
        if files < party.turns:
            faults.append(f"game {game.number} shows {files} pictures of {party.turns}")
    twice = {call: n for call, n in made.items() if n > 1}
    if twice or len(made) != party.steps:
        faults.append(f"{sum(made.values())} calls for {len(made)} steps, not {party.steps}; made twice: {twice}")
    cards = sum(len(opened.discord.messages(one.channel)) for one in opened.servers)
    if cards != party.games:
        faults.append(f"{cards} cards for {party.games} games")
    return faults


QUICK: Final = Party(games=3, turns=10, servers=1, calls=Calls(0.4, 0.2), pixels=256, idle_s=1.0)
PICTURES: Final = Party(games=8, turns=10, servers=1, calls=Calls(2.0, 1.0, 0.5), pixels=1024)
ARTICLE: Final = Party(games=120, turns=10, servers=4, calls=Calls(2.0, 1.0, 0.5), pixels=256)


async def quick() -> Found:
    """A small party with what it asks of Discord and of the database; counts only."""
    played = await play(QUICK, count=True)
    found = _asked(played, f"{QUICK.games} games × {QUICK.turns} turns through the bot")
    counts, steps = played.figures["counts"], QUICK.steps
    for name, words in (("statements", "SQL statements"), ("commits", "writing commits"), ("loads", "loads of a game")):
        all_of_them = sum(n for part, n in counts[name].items() if part != "poll")
        found.add(f"{words} a step through the bot, all but polling", all_of_them / steps)
    return found


async def pictures() -> Found:
    """CPU and memory with 1024² PNGs."""
    played = await play(PICTURES)
    what = f"{PICTURES.games} games × {PICTURES.turns} turns, 1024² PNGs, safety off"
    found = _asked(played, what)
    found.add(f"CPU ms a turn of the bot, {what}", played.cpu_ms, 40)
    found.add("RSS of the bot and its children, MB", played.used.mb)
    late(found, played, what)
    return found


async def article() -> Found:
    """The makespan of the article's 12 pairs on 10 prompts."""
    played = await play(ARTICLE)
    what = f"{ARTICLE.games} games × {ARTICLE.turns} turns through the bot, {ARTICLE.together} at once"
    found = _asked(played, what)
    found.add(f"makespan of {what}, over the bound of {played.bound:.0f} s", played.took / played.bound, 1.10)
    found.add(f"CPU ms a turn of the bot, {what}, 256² PNGs", played.cpu_ms)
    found.add("RSS of the bot and its children, MB", played.used.mb)
    late(found, played, what)
    return found


def late(found: Found, played: Played, what: str) -> None:
    """The lateness of the bot's loop and of its acknowledgements."""
    found.add(f"loop lag p50, ms, {what}", percentile(played.figures["late"], 0.5))
    found.add(f"loop lag p99, ms, {what}", percentile(played.figures["late"], 0.99), 20)
    found.add(f"acknowledgement p99 of starts, ms, {what}", percentile(played.acknowledged, 0.99) * 1_000, 250)


def _asked(played: Played, what: str) -> Found:
    """The rows of what was asked of Discord; they are counted."""
    found, requests, steps = Found(faults=played.faults), played.requests, played.party.steps
    found.add(f"requests to Discord a step, {what}", requests.total / steps, 1.3, counted=True)
    for kind in ("posts", "card edits", "others"):
        found.add(f"  of them {kind}", requests.kinds[kind] / steps)
    found.add("answers to interactions a game, apart", requests.kinds["answers"] / played.party.games)
    found.add(f"answers of 429, {what}", requests.refused.total(), 0, counted=True)
    found.add(f"most edits of one card within 5 s, {what}", requests.most_edits, 1, counted=True)
    return found
