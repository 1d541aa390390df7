"""Games started by members on a Discord of this machine and played by the bot, and what they cost.

The bot is a process of its own, and so is the provider, whose calls only take time; Discord and the members live in
the bench. What the bot used is what it used beyond an idle bot in the same time.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
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
_WARM_UP: Final = 999_999
"""The seed of the game that is played before the others."""
_AFTER: Final = 7.0
"""How long after the last game cards may still be edited, in seconds."""


@dataclass(frozen=True, slots=True)
class Party:
    """`games` games of `turns` turns, `at_once` of them together, or as many as that many `servers` allow.

    `calls_at_once` is how many calls the provider takes together, None for all.
    `warm` has one more game played before, in which what is loaded once is loaded; it is in no figure.
    `offline` has the players and the checks of this machine play instead of those that only take time.
    """

    games: int
    turns: int
    servers: int
    calls: Calls
    pixels: int
    at_once: int | None = None
    calls_at_once: int | None = None
    idle_s: float = 4.0
    limits: bool = True
    warm: bool = True
    offline: bool = False

    @property
    def together(self) -> int:
        """How many of its games play at once."""
        return self.at_once or self.servers * AT_ONCE

    @property
    def places(self) -> int:
        """How many calls are made together at most: each game makes one after the other."""
        return min(self.together, self.calls_at_once or self.together)

    @property
    def turns_in_all(self) -> int:
        return self.games * self.turns

    @property
    def steps(self) -> int:
        return 2 * self.turns_in_all


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU seconds: those of cards, measuring and summaries, which are `apart` from steps, and all `threads` by kind."""

    apart: Counter[str]
    threads: Counter[str]


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
    by: Cpu
    acknowledged: list[float]
    most_calls: int
    faults: list[str]

    @property
    def cpu(self) -> float:
        """CPU seconds beyond those of an idle bot."""
        idle = self.idle.cpu / self.idle.seconds * self.used.seconds if self.idle.seconds else 0.0
        return self.used.cpu - idle

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds a turn, beyond those of an idle bot."""
        return self.cpu / self.party.turns_in_all * 1_000

    @property
    def cpu_alone(self) -> float:
        """CPU seconds without those of cards, measuring and summaries."""
        return self.cpu - self.by.apart.total()


async def play(party: Party, *, count: bool = False, beside: Any = None) -> Played:
    """Plays a party to its end. `beside(stage)` runs as long as there are games."""
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
        options: dict[str, Any] = {"servers": party.servers, "pixels": party.pixels, "limits": party.limits}
        options |= {"at_once": party.at_once, "calls_at_once": party.calls_at_once}
        options["env"] = {"TELEPHONE_MODERATION": "offline"} if party.offline else {}
        async with stage(Path(name), party.calls, count=count, **options) as opened:
            return await _play(opened, party, beside)


async def _play(opened: Stage, party: Party, beside: Any) -> Played:
    requests = Requests({one.channel.id for one in opened.servers})
    if party.warm:
        await _start(opened, party, _WARM_UP, 1)
        await opened.all_ended()
        await asyncio.sleep(_AFTER)
        opened.acknowledged.clear()
    async with watched(opened.bot.pid) as idle:
        await asyncio.sleep(party.idle_s)
    requests.skip(opened.discord.sent)
    await opened.take_figures()
    async with watched(opened.bot.pid) as used:
        reading = asyncio.create_task(_reading(opened, requests))
        began = time.monotonic()
        watching = asyncio.create_task(beside(opened)) if beside else None
        starts = [asyncio.create_task(_later(opened, party, place)) for place in range(party.games)]
        await asyncio.gather(*starts)
        await opened.all_ended()
        took = time.monotonic() - began
        if watching is not None:
            watching.cancel()
            (ended,) = await asyncio.gather(watching, return_exceptions=True)
            if not isinstance(ended, asyncio.CancelledError):
                raise ended
        figures = await opened.take_figures()
        await _summed_up(opened)
        used_cpu = _both(figures, await opened.take_figures())
    reading.cancel()
    requests.read(opened.discord.sent)
    games = [game for game in await opened.games() if game.request.seed != _WARM_UP]
    counts = await opened.provider.counts()
    bound = max(
        party.calls.bound(games, party.places),
        requests.total / GLOBAL if party.limits else 0.0,
        max(requests.posted.values(), default=0) * BUCKET_S if party.limits else 0.0,
    )
    faults = _faults(opened, party, games, counts["made"])
    seen = opened.acknowledged
    return Played(party, took, bound, used, idle, requests, figures, used_cpu, seen, counts["most"], faults)


def _both(*figures: dict[str, Any]) -> Cpu:
    """What the bot used of the CPU in two spans of time, by the bot's own figures."""
    apart, threads = Counter[str](), Counter[str]()
    for one in figures:
        apart.update(one["counts"]["cpu"])
        threads.update(one["threads"])
    return Cpu(apart, threads)


async def _later(opened: Stage, party: Party, place: int) -> None:
    await asyncio.sleep(place / STARTS_A_SECOND)
    await _start(opened, party, place, party.turns)


async def _start(opened: Stage, party: Party, place: int, turns: int) -> None:
    await opened.start(place, turns, **(_OFFLINE if party.offline else {}))


async def _reading(opened: Stage, requests: Requests) -> None:
    while True:
        requests.read(opened.discord.sent)
        await asyncio.sleep(0.2)


async def _summed_up(opened: Stage) -> None:
    """Waits for the summaries of all games, then as long as their cards may still be edited."""
    while await opened.store.games.unclosed(timedelta(), timedelta(days=1)):
        await asyncio.sleep(0.5)
    await asyncio.sleep(_AFTER)


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
    wanted = 0 if party.offline else party.steps + 2 * party.warm  # those of the game before
    if twice or len(made) != wanted:
        faults.append(f"{sum(made.values())} calls for {len(made)} steps, not {wanted}; twice: {twice}")
    cards = sum(len(opened.discord.messages(one.channel)) for one in opened.servers)
    if cards != party.games + party.warm:
        faults.append(f"{cards} cards for {party.games} games")
    return faults


QUICK: Final = Party(games=3, turns=10, servers=1, calls=Calls(0.4, 0.2), pixels=256, idle_s=1.0, warm=False)
SHORT_TURNS: Final = 2
"""Turns of games that are played beside, to tell what a game costs from what its turns cost."""
PICTURES: Final = Party(games=8, turns=10, servers=1, calls=Calls(2.0, 1.0, 0.5), pixels=1024)
OFFLINE: Final = Party(games=4, turns=10, servers=1, calls=Calls(0.0, 0.0), pixels=64, offline=True)
_OFFLINE: Final = {"t2i": "stickers", "i2t": "spotter-sharp"}
ARTICLE: Final = Party(games=120, turns=10, servers=12, calls=Calls(2.0, 1.0, 0.5), pixels=256, calls_at_once=40)


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
    """CPU and memory with 1024² PNGs: a turn with its share of its game, and one turn more of a game that is played."""
    short = await play(replace(PICTURES, turns=SHORT_TURNS))
    played = await play(PICTURES)
    what = f"{PICTURES.games} games × {PICTURES.turns} turns, 1024² PNGs, safety off"
    found, games = _asked(played, what), PICTURES.games
    found.faults += short.faults
    more = PICTURES.turns_in_all - short.party.turns_in_all
    alone = (played.cpu_alone - short.cpu_alone) / more * 1_000
    found.add(f"CPU ms a turn of the bot, {what}, all included", played.cpu_ms, 40)
    found.add(f"CPU ms a turn of the bot, {what}, without what its game costs", alone, 40)
    found.add("  a game beside its turns, CPU ms", (played.cpu_ms - alone) * PICTURES.turns)
    for part, seconds in sorted(played.by.apart.items()):
        found.add(f"    of it {part}", seconds / games * 1_000)
    for kind, seconds in played.by.threads.most_common():
        found.add(f"  CPU ms a turn on threads, all included: {kind}", seconds / PICTURES.turns_in_all * 1_000)
    found.add("RSS of the bot and its children, MB", played.used.mb)
    late(found, played, what)
    return found


async def offline() -> Found:
    """CPU of a turn of the offline players with the offline checks."""
    played = await play(OFFLINE)
    found = Found(faults=played.faults)
    found.add(f"CPU ms a turn of offline players, safety on, {OFFLINE.games} games × 10 turns", played.cpu_ms, 250)
    found.add("RSS of the bot and its children, MB", played.used.mb)
    late(found, played, "offline players, safety on")
    return found


async def article() -> Found:
    """The makespan of the article's 12 pairs on 10 prompts."""
    played = await play(ARTICLE)
    what = f"{ARTICLE.games} games × {ARTICLE.turns} turns through the bot, {ARTICLE.places} calls at once"
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
    for route, times in requests.refused.items():
        found.add(f"  of them to {route}", times)
    found.add(f"most edits of one card within 5 s, {what}", requests.most_edits, 1, counted=True)
    return found
