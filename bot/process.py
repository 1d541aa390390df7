"""The process of the bot: on Discord, until it is told to stop.

The exit status is for service managers: 0 after a signal; CONFIG where a person has to change something first;
UNAVAILABLE or TEMPFAIL where a later start may do, after the bot has waited as long as TELEPHONE_START_PATIENCE says.
"""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import aiohttp
import discord

from bot.app import TelephoneApp
from bot.client import BotRuntime
from bot.delivery.endpoints import point_at
from bot.delivery.first_requests import for_good, not_reached
from bot.interactions.errors import stray
from bot.readiness import Watched
from bot.surfaces import DiscordSurfaces
from telephone import log, memory
from telephone.errors import Misconfigured, Occupied, Unreachable
from telephone.retry import StartPatience
from telephone.settings import Settings
from telephone.web.drawing import DrawingPage
from telephone.web.operations import OperationsPage

WHAT_TO_SET = (
    "Set DISCORD_TOKEN to your bot's token to run on Discord; `make play` plays in the terminal and needs none."
)
CONFIG: Final = os.EX_CONFIG
UNAVAILABLE: Final = os.EX_UNAVAILABLE
TEMPFAIL: Final = os.EX_TEMPFAIL


def main(argv: Sequence[str] = ()) -> int:
    """Runs until SIGINT or SIGTERM; returns the exit status."""
    argparse.ArgumentParser(prog="telephone bot", description=__doc__).parse_args(argv)
    log.configure()
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # we do not speak
    try:
        settings = Settings.load()
        if settings.discord_token is None:
            raise Misconfigured(WHAT_TO_SET)
        asyncio.run(run(settings, settings.discord_token.get_secret_value()))
    except (Misconfigured, discord.DiscordException, aiohttp.ClientError) as error:
        return _refuse(error)
    return 0


async def run(settings: Settings, token: str) -> None:
    """Plays on Discord until a signal comes; then closes the runtime, then the client."""
    point_at(settings)

    async def open_runtime(surfaces: DiscordSurfaces) -> BotRuntime:
        # The models' libraries are heavy; a missing token is told without them.
        from telephone.bootstrap import open_with_engine

        runtime = await patience.reach("the database", lambda: open_with_engine(settings, surfaces))
        await drawing_page.open(runtime.app.turns)
        operations.watch(Watched(bot, runtime))
        memory.leave_alone_what_stays()
        gc.enable()
        return runtime

    drawing_page, patience = DrawingPage(settings), StartPatience(settings.start_patience)
    operations = OperationsPage(settings)
    await operations.open()
    bot = TelephoneApp(open_runtime, drawing_page, patience)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.set_exception_handler(stray)
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    running = asyncio.create_task(bot.start(token), name="discord")
    stopping = asyncio.create_task(stop.wait(), name="signals")
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await bot.close()
        if not running.done():
            running.cancel()
        await operations.close()
    with suppress(asyncio.CancelledError):
        await running


def _refuse(error: Exception) -> int:
    """Says on one line what to do, and returns the exit status; raises what is a bug of ours."""
    told = error if isinstance(error, Misconfigured) else for_good(error)
    if told is None and isinstance(error, discord.DiscordException) and not isinstance(error, discord.HTTPException):
        raise error
    told = told or not_reached(error)
    print(" ".join(filter(None, (told.sentence, told.detail))), file=sys.stderr)  # noqa: T201
    if isinstance(told, Occupied):
        return TEMPFAIL
    return UNAVAILABLE if isinstance(told, Unreachable) else CONFIG
