"""Games with the real service, engine and store, and fake players, on a simulated Discord."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import discord
import pytest
import simcord

from bot.app import TelephoneApp
from telephone.domain.games import GameState
from tests.limits import LIMIT
from tests.support.app import running_app
from tests.support.provider import FakeProvider
from tests.support.shown import files

pytestmark = pytest.mark.slow

ASKED = {"prompt": "a fox mends a clock", "t2i": "painter", "i2t": "critic", "turns": 3}


class LiveRuntime:
    """A runtime as the composition root opens it, with players that can be slowed down."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.stack = AsyncExitStack()
        self.provider: FakeProvider

    async def open(self, surfaces):
        running = await self.stack.enter_async_context(running_app(self.folder, surfaces=surfaces))
        self.app, self.provider = running.app, running.provider
        return self

    async def close(self) -> None:
        await self.stack.aclose()


class LiveServer:
    """A server on which games are played for real."""

    def __init__(self, env, runtime, bot) -> None:
        self.env, self.runtime, self.bot = env, runtime, bot
        self.guild = env.create_guild()
        self.channel = self.guild.create_text_channel("telephone")
        self.alice = self.guild.add_member(env.create_user("alice"))
        manages = self.guild.create_role(
            "Admins", permissions=discord.Permissions(manage_guild=True, manage_messages=True)
        )
        self.admin = self.guild.add_member(env.create_user("ada"), roles=[manages])

    async def start(self, **changes):
        return await self.alice.slash(self.channel, "telephone start", **(ASKED | changes))

    async def reaches(self, state, number=1):
        async with asyncio.timeout(LIMIT):
            while (game := await self.runtime.app.games.by_number(self.guild.id, number)).state is not state:
                await asyncio.sleep(0.05)
        return game

    async def closed(self, number=1):
        """Waits until a game and its summary are shown."""
        game = await self.runtime.app.games.by_number(self.guild.id, number)
        return await self.runtime.app.games.closed(game.id, timeout=LIMIT)

    async def card_says(self, words):
        """Waits until a card says so; cards are edited after the store has moved on."""
        async with asyncio.timeout(LIMIT):
            while True:
                for card in self.channel.history():
                    if card.components and words in _text(card):
                        return card
                await asyncio.sleep(0.05)

    async def posted(self, count):
        """Waits until so many steps are in the newest thread."""
        async with asyncio.timeout(LIMIT):
            while not self.channel.threads or len(self.steps()) < count:
                await asyncio.sleep(0.05)

    def steps(self):
        return [one for one in self.channel.threads[-1].history() if one.content.startswith("**Turn")]


def _text(message) -> str:
    parts = message.components[0].children
    return "\n".join(part.content for part in parts if isinstance(part, discord.TextDisplay))


@pytest.fixture
async def runtime(tmp_path):
    """Closed also where a test failed: an engine that is left would take every later test of its process with it."""
    opened = LiveRuntime(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def bot(runtime):
    return TelephoneApp(runtime.open, shard_count=1)


async def test_a_game_is_played_from_the_command_to_the_summary(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        result = await server.start()
        await server.closed()
        (thread,) = server.channel.threads
        assert result.response.content == f"Game #1 is playing in <#{thread.id}>. It can cost up to $0.12."
        opening, *line, summary = thread.history()
        assert len(line) == 6
        assert [one.reference.message_id for one in line] == [opening.id, *(one.id for one in line[:-1])]
        assert [file.filename for file in files(summary)] == ["first.png", "last.png", "drift.png"]
        await bot.close()


async def test_stop_ends_a_game_while_it_is_played(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        runtime.provider.delay = 0.5
        await server.start()
        asked = await server.alice.click(await server.card_says("### #1 is played"), label="Stop")
        await server.alice.click(asked.response, label="Stop the game")
        await server.reaches(GameState.STOPPED)
        card = await server.card_says("### #1 stopped")
        assert "Not counted" in _text(card)
        await bot.close()


async def test_a_deleted_thread_pauses_the_game_and_continue_opens_another(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        runtime.provider.delay = 0.3
        await server.start()
        await server.card_says("### #1 is played")
        (thread,) = server.channel.threads
        env.backend.delete_channel(thread.id)
        await server.reaches(GameState.PAUSED)
        card = await server.card_says("press Continue for a new one")
        runtime.provider.delay = 0.0
        await server.alice.click(card, label="Continue")
        await server.reaches(GameState.FINISHED)
        await server.card_says("### #1 finished")
        (fresh,) = server.channel.threads
        assert fresh.id != thread.id
        pictures = [one for one in fresh.history() if one.content.startswith("**Turn") and files(one)]
        assert [files(one)[0].filename for one in pictures] == [f"turn-0{n}.png" for n in (1, 2, 3)]
        await bot.close()


def refusals(env) -> list[str]:
    """The kinds of what was refused, as telephone/errors.py draws them; the store's own errors narrow these."""
    kinds = [type(getattr(error, "original", error)).__mro__ for error in env.errors]
    return [next((one for one in kind if one.__module__ == "telephone.errors"), kind[0]).__name__ for kind in kinds]


async def test_an_admins_pause_stops_every_game_and_resume_goes_on(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        runtime.provider.delay = 0.3
        await server.start()
        await server.card_says("### #1 is played")
        paused = await server.admin.slash(server.channel, "telephone-admin pause")
        assert paused.response.content.startswith("1 game is paused")
        await server.card_says("### #1 paused")
        refused = await server.start()
        assert "Games are paused on this server" in refused.response.content
        runtime.provider.delay = 0.0
        await server.admin.slash(server.channel, "telephone-admin resume")
        await server.card_says("### #1 finished")
        assert refusals(env) == ["NotAllowed"]
        await bot.close()


async def test_a_bot_that_is_started_again_plays_on_without_posting_twice(runtime, bot, tmp_path):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        runtime.provider.delay = 0.2
        await server.start(turns=4)
        await server.posted(3)
        await bot.close()
        server.runtime = LiveRuntime(tmp_path)
        server.bot = TelephoneApp(server.runtime.open, shard_count=1)
        await env.restart_bot(server.bot)
        await server.card_says("### #1 finished")
        (thread,) = server.channel.threads
        line = [one.content.partition("\n")[0] for one in thread.history() if one.content.startswith("**Turn")]
        assert line == [
            f"**Turn {n} of 4, {what}" + ("** by painter" if what == "picture" else "** by critic")
            for n in (1, 2, 3, 4)
            for what in ("picture", "caption")
        ]
        await server.bot.close()


def live_server(env, runtime, bot, kind=LiveServer):
    # The world of the simulation begins in January; the store keeps real time.
    env.backend.advance_clock((datetime.now(UTC) - env.now()).total_seconds())
    return kind(env, runtime, bot)
