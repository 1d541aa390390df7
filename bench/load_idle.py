"""What a bot takes of a core while its games wait: for a provider, for a member, or paused."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from load_calls import Calls
from load_proc import watched
from load_rows import Found
from load_stage import AT_ONCE, Stage, stage

_FOR_EVER: Final = Calls(3_600.0, 3_600.0)
PROVIDED: Final = 100
WAITING: Final = 1_000
_SETTLED: Final = 15.0
"""So many seconds after the last request to Discord all cards are edited, and a sweep has found nothing new."""
_LOOK: Final = 20.0
"""Seconds in which the CPU is added up; the sweep runs every ten."""
_STARTERS: Final = 8
"""How many members start games at a time, so that acknowledgements do not wait for one another."""


async def idle(provided: int = PROVIDED, waiting: int = WAITING) -> Found:
    """The rows of games that wait."""
    found = Found()
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
        options: dict[str, Any] = {"servers": provided // AT_ONCE, "watched": False, "limits": False}
        async with stage(Path(name), _FOR_EVER, **options) as opened:
            await settled(opened)
            found.add("% of a core, nothing to do", await _share(opened))
            await started(opened, provided)
            while (await opened.provider.counts())["running"] < provided:
                await asyncio.sleep(0.2)
            await settled(opened)
            found.add(f"% of a core, {provided} games that wait for a provider", await _share(opened), 2)
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
        async with stage(Path(name), _FOR_EVER, servers=10, watched=False, limits=False) as opened:
            await started(opened, waiting, human_step="1p", i2t="bench-spotter")
            await _all_invited(opened, waiting)
            for one in opened.servers[::2]:
                await opened.answered(await one.admin.slash(one.channel, "telephone-admin pause"))
            await settled(opened)
            words = f"% of a core, {waiting} games of which half wait for a member and half are on paused servers"
            found.add(words, await _share(opened), 1)
            async with watched(opened.bot.pid) as used:
                await asyncio.sleep(1)
            found.add(f"RSS of the bot beside {waiting} such games, MB", used.mb)
    return found


async def started(opened: Stage, games: int, **options: Any) -> None:
    """Has members start so many games of one turn, a few at a time."""
    places = asyncio.Queue[int]()
    for place in range(games):
        places.put_nowait(place)

    async def starter() -> None:
        while not places.empty():
            await opened.start(places.get_nowait(), 1, **options)

    await asyncio.gather(*(starter() for _ in range(_STARTERS)))


async def _all_invited(opened: Stage, games: int) -> None:
    """Waits until every game asks its members: card, thread, and an invitation in it."""
    backend = opened.discord.world.backend

    def invited() -> int:
        threads = [one.id for one in list(backend.channels.values()) if one.is_thread]
        return sum(any(message.components for message in backend.messages[one].values()) for one in threads)

    while invited() < games:
        await asyncio.sleep(0.5)


async def settled(opened: Stage) -> None:
    """Waits until the bot has asked nothing of Discord for a while."""
    asked, since = len(opened.discord.sent), time.monotonic()
    while time.monotonic() - since < _SETTLED:
        await asyncio.sleep(0.5)
        if len(opened.discord.sent) != asked:
            asked, since = len(opened.discord.sent), time.monotonic()


async def _share(opened: Stage) -> float:
    async with watched(opened.bot.pid) as used:
        await asyncio.sleep(_LOOK)
    return used.cpu / used.seconds * 100
