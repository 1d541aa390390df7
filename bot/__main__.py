"""`python -m bot`: the bot on Discord, until it is told to stop."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

import aiohttp
import discord

from bot.app import TelephoneApp
from bot.client import BotRuntime
from bot.delivery.endpoints import point_at
from bot.interactions.errors import stray
from bot.surfaces import DiscordSurfaces
from telephone import log
from telephone.errors import Misconfigured
from telephone.settings import Settings
from telephone.web.drawing import DrawingPage

WHAT_TO_SET = (
    "Set DISCORD_TOKEN to your bot's token to run on Discord; `make play` plays in the terminal and needs none."
)
NOT_REACHED = "Discord cannot be reached; check the network and DISCORD_API_BASE, then start the bot again."
NOT_ACCEPTED = "Discord does not accept this DISCORD_TOKEN; copy it again from the Bot page of your application."


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
    except aiohttp.ClientConnectionError:
        return _refuse(NOT_REACHED)
    except discord.LoginFailure:
        return _refuse(NOT_ACCEPTED)
    except Misconfigured as error:
        return _refuse(" ".join(filter(None, (error.sentence, error.detail))))
    return 0


async def run(settings: Settings, token: str) -> None:
    """Plays on Discord until a signal comes; then closes the runtime, then the client."""
    point_at(settings)

    async def open_runtime(surfaces: DiscordSurfaces) -> BotRuntime:
        # The models' libraries are heavy; a missing token is told without them.
        from telephone.bootstrap import open_with_engine

        runtime = await open_with_engine(settings, surfaces)
        await drawing_page.open(runtime.app.turns)
        return runtime

    drawing_page = DrawingPage(settings)
    bot = TelephoneApp(open_runtime, drawing_page)
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
    with suppress(asyncio.CancelledError):
        await running


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
