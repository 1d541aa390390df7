"""A small Discord on this machine: a server, a channel, three invented members, and the bot."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import discord
import simcord
from pydantic_settings import BaseSettings
from pydantic_settings import PydanticBaseSettingsSource as Source
from simcord.backend.errors import SetupError

from bot.app import TelephoneApp
from bot.client import BotRuntime
from bot.demo.browser import Window
from bot.surfaces import DiscordSurfaces
from telephone.settings import Settings
from telephone.web.drawing import DrawingPage

MEMBERS: Final = ("Ada", "Bo", "Cleo")
"""The invented members. Ada may manage the server and its messages, so that every command can be tried."""
PATIENCE: Final = 30.0
"""How long one press may take on a slow machine, in seconds."""
_TICK: Final = 0.25
_TOPIC: Final = "Type /telephone start and choose a prompt. Each game opens a thread."


class OfflineSettings(Settings):
    """Settings that read neither the environment nor .env: whatever keys are there, the demo plays offline."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Source, *others: Source, **more: Source
    ) -> tuple[Source, ...]:
        return (init_settings,)


class NoPort(Exception):
    """The port asked for is taken."""


async def show(port: int, data: Path, announce: Callable[[str], None]) -> None:
    """Serves the demo on 127.0.0.1 until a signal comes. Raises NoPort and Misconfigured."""
    drawing_port = _free_port()
    address = f"http://127.0.0.1:{drawing_port}"
    settings = OfflineSettings(data_dir=data, http_port=drawing_port, public_url=address)
    stop = _until_signalled()
    drawing_page = DrawingPage(settings)
    bot = TelephoneApp(open_outside(settings, drawing_page), drawing_page, shard_count=1)
    # The demo shows errors as a member sees them; simcord would count them as failed assertions.
    async with simcord.run(bot, check_errors=False, settle_timeout=PATIENCE) as env:
        try:
            await _serve(env, port, announce, stop)
        finally:
            await bot.close()  # the engine posts to this Discord until it is closed


async def _serve(env: simcord.Env, port: int, announce: Callable[[str], None], stop: asyncio.Event) -> None:
    keep_time(env)
    env.backend.edit_bot_profile("AI Telephone")
    guild = env.create_guild("AI Telephone, the demo")
    manages = guild.create_role("Hosts", permissions=discord.Permissions(manage_guild=True, manage_messages=True))
    people = [
        guild.add_member(env.create_user(name.lower(), global_name=name), roles=[manages] if name == MEMBERS[0] else [])
        for name in MEMBERS
    ]
    channel = guild.create_text_channel("telephone", topic=_TOPIC)
    window = Window(env, channel, tuple(people), port)
    try:
        await window.__aenter__()
    except SetupError as error:
        raise NoPort(str(port)) from error
    try:
        announce(window.url)
        while not stop.is_set():
            keep_time(env)
            window.publish_changes()
            await _up_to(_TICK, stop)
    finally:
        await window.close()


def _free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago, for the drawing page."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        return int(other.getsockname()[1])


def keep_time(env: simcord.Env) -> None:
    """Sets the simulated clock, which does not run by itself, to the current time."""
    env.backend.advance_clock(max(0.0, (datetime.now(UTC) - env.now()).total_seconds()))


def open_outside(settings: Settings, drawing_page: DrawingPage) -> Callable[[DiscordSurfaces], Awaitable[BotRuntime]]:
    """Gives an `on_setup` that opens the runtime and the drawing page in a task from before simcord began.

    In a task from after that, simcord would take the runtime's sweeping and timers, and browsers that stay connected
    to the drawing page, for work that every press waits for.
    """
    from telephone.bootstrap import open_with_engine

    given: asyncio.Future[DiscordSurfaces] = asyncio.get_running_loop().create_future()

    async def when_given() -> BotRuntime:
        surfaces = await given
        runtime = await open_with_engine(settings, surfaces)
        await drawing_page.open(runtime.app.turns)
        return runtime

    opening = asyncio.create_task(when_given())

    async def on_setup(surfaces: DiscordSurfaces) -> BotRuntime:
        given.set_result(surfaces)
        return await opening

    return on_setup


def _until_signalled() -> asyncio.Event:
    """An event that the first signal sets; a second one ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        stop.set()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, end)
    return stop


async def _up_to(seconds: float, stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
