"""Ten thousand games of two turns through the bot: whether its memory grows with the games that it has played.

Run by hand, as `python bench/load.py --soak`. Discord's limits are off, so that it lasts as long as the bot needs.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from load_calls import Calls
from load_proc import resident
from load_requests import Requests
from load_rows import Found
from load_stage import AT_ONCE, UNFINISHED, Stage, stage

from telephone.domain.games import GameState

GAMES: Final = 10_000
_TURNS: Final = 2
_SERVERS: Final = 4
_SAID_EVERY: Final = 500
"""After how many games the bench says on stderr how far it is: it lasts an hour or more."""
_WARM: Final = 0.25
"""The share of the games after which caches are as full as they get; the slope is that of the rest."""


async def soak(games: int = GAMES) -> Found:
    """The rows of so many games, a few servers' worth of them at once."""
    found = Found()
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
        options = {"servers": _SERVERS, "watched": False, "limits": False, "usd": 0.0}
        async with stage(Path(name), Calls(0.2, 0.1, 0.5), **options) as opened:
            looks = await _played(opened, games)
            ended = await opened.store.games.count(None, [GameState.FINISHED])
            made = (await opened.provider.counts())["made"]
    if ended != games:
        found.faults.append(f"{ended} of {games} games are finished")
    if len(made) != games * _TURNS * 2 or sum(made.values()) != len(made):
        found.faults.append(f"{sum(made.values())} calls for {len(made)} steps, not {games * _TURNS * 2}")
    done, mb = np.array(looks).T
    late = done >= _WARM * games
    slope = float(np.polyfit(done[late], mb[late], 1)[0]) * 1_000 if late.sum() > 2 else 0.0
    what = f"{games:,} games × {_TURNS} turns"
    found.add(f"RSS of the bot, MB for every 1,000 games more, {what}", slope)
    found.add(f"RSS of the bot after a quarter of them, MB, {what}", float(mb[late][0]))
    found.add(f"RSS of the bot at their end, MB, {what}", float(mb[-1]), 400)
    return found


async def _played(opened: Stage, games: int) -> list[tuple[int, float]]:
    """Plays the games, each server as many at once as it may; games ended and MB, at every look."""
    requests, looks, starts = Requests(()), list[tuple[int, float]](), set[asyncio.Task[None]]()
    begun = ended = 0
    while ended < games:
        unfinished = await opened.store.games.count(None, UNFINISHED)
        ended = begun - len(starts) - unfinished
        room = min(2 * _SERVERS * AT_ONCE - unfinished - len(starts), games - begun)
        for _ in range(max(0, room)):
            starts.add(asyncio.create_task(opened.start(begun, _TURNS)))
            begun += 1
        looks.append((max(0, ended), resident(opened.bot.pid)))
        if len(looks) > 1 and looks[-1][0] // _SAID_EVERY > looks[-2][0] // _SAID_EVERY:
            print(f"{looks[-1][0]:,} of {games:,} games ended, {looks[-1][1]:.0f} MB", file=sys.stderr)
        requests.read(opened.discord.sent)  # forgets what was sent
        await asyncio.sleep(0.5)
        for task in [task for task in starts if task.done()]:
            starts.discard(task)
            task.result()
    return looks
