"""Old games measured again as an admin asks for it, with the real job, engine and card on a simulated Discord."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import discord
import pytest
import simcord

from bot.app import TelephoneApp
from telephone.domain.games import GameRequest, GameState, Kind, Pair, Prompt, Step, StepKey
from tests.cogs.test_scoring import items, words
from tests.limits import LIMIT
from tests.support.app import running_app
from tests.support.embedders import ColourEmbedder
from tests.support.played import UNFINISHED

pytestmark = pytest.mark.slow

COMMAND, PRICE = "telephone-admin rescore", 0.001


class RescoreRuntime:
    def __init__(self, folder: Path) -> None:
        self.folder, self.stack, self.colours, self.price = folder, AsyncExitStack(), ColourEmbedder(), 0.0

    async def open(self, surfaces):
        opening = running_app(
            self.folder,
            surfaces=surfaces,
            colours=self.colours,
            text_usd=self.price,
        )
        self.running = await self.stack.enter_async_context(opening)
        self.app, self.store = self.running.app, self.running.store
        return self

    async def close(self) -> None:
        await self.stack.aclose()


@pytest.fixture
def runtime(tmp_path):
    return RescoreRuntime(tmp_path)


@asynccontextmanager
async def opened(runtime: RescoreRuntime):
    """A server with old games and the bot on it."""
    bot = TelephoneApp(runtime.open, shard_count=1)
    async with simcord.run(bot, check_errors=False, settle_timeout=60) as env:
        env.backend.advance_clock((datetime.now(UTC) - env.now()).total_seconds())
        server = Server(env, runtime)
        await server.fill()
        yield server
        await bot.close()


class Server:
    """A server with three old games that prism has not measured."""

    def __init__(self, env: simcord.Env, runtime: RescoreRuntime) -> None:
        self.env, self.runtime = env, runtime
        self.guild = env.create_guild()
        self.channel = self.guild.create_text_channel("telephone")
        manages = self.guild.create_role(
            "Admins", permissions=discord.Permissions(manage_guild=True, manage_messages=True)
        )
        self.alice = self.guild.add_member(env.create_user("alice"))
        self.admin = self.guild.add_member(env.create_user("ada"), roles=[manages])

    async def fill(self) -> None:
        store = self.runtime.store
        for n in range(3):
            request = GameRequest(Prompt("a fox mends a clock"), Pair("a", "b"), 1, n, self.guild.id)
            game = await store.games.add(request)
            text = f"a clock {n}"
            await store.steps.keep(game.id, Step(StepKey(1, Kind.CAPTION), "b", seed=1, text=text, raw=text))
            await store.games.move(game.id, GameState.FINISHED, only_from=UNFINISHED)

    async def card_says(self, expected: str):
        async with asyncio.timeout(LIMIT):
            while True:
                for message in self.channel.history():
                    if message.components and expected in words(message):
                        return message
                await asyncio.sleep(0.05)


async def test_what_costs_nothing_begins_at_once_and_its_card_ends_as_finished(runtime):
    async with opened(runtime) as server:
        answer = await server.admin.slash(server.channel, COMMAND, embedder="prism")
        assert answer.ephemeral
        assert answer.response.content.startswith("3 games are being measured; how far it is: https://discord.com/")
        card = await server.card_says("### 3 games are measured with prism")
        assert "Boards, insights and pairs can be asked for it now." in words(card)
        assert items(card, discord.ui.Button) == []
        again = await server.admin.slash(server.channel, COMMAND, embedder="prism")
        assert again.response.content == "Every game here is measured with prism already; there is nothing to do."


async def test_money_is_asked_about_first_and_spent_on_a_press(runtime):
    runtime.price = PRICE
    async with opened(runtime) as server:
        asked = await server.admin.slash(server.channel, COMMAND, embedder="prism")
        assert asked.response.content == (
            "3 games are not measured with prism yet. Measuring them costs up to $0.01, which is reserved now; what is "
            "not spent is let go of at the end. Its scale costs the operator up to $0.16 more, once."
        )
        assert runtime.colours.read == []
        assert (await runtime.app.servers.budget(server.guild.id))["server"].taken_usd == 0
        pressed = await server.admin.click(asked.response, label="Measure them, up to $0.01")
        assert "3 games are being measured" in pressed.response.content
        card = await server.card_says("### 3 games are measured with prism")
        assert "Less than $0.01 spent." in words(card)
        taken = (await runtime.app.servers.budget(server.guild.id))["server"].taken_usd
        assert taken == pytest.approx(4 * PRICE), "a prompt and three captions"


async def test_only_admins_and_those_whom_the_server_let_in_may_ask(runtime):
    async with opened(runtime) as server:
        with pytest.raises(simcord.SetupError):
            await server.alice.slash(server.channel, COMMAND, embedder="prism")
        rescore = server.env.bot.command_ids["telephone-admin"]
        server.guild.set_command_permissions(rescore, {server.alice: True})
        answer = await server.alice.slash(server.channel, COMMAND, embedder="prism")
        assert answer.response.content.startswith("3 games are being measured")


async def test_it_is_stopped_from_its_card_and_a_second_one_is_told_of_the_first(runtime):
    runtime.colours.delay = 60
    async with opened(runtime) as server:
        await server.admin.slash(server.channel, COMMAND, embedder="prism")
        card = await server.card_says("### Measuring old games with prism")
        second = await server.admin.slash(server.channel, COMMAND, embedder="prism")
        assert second.response.content == "Games here are being measured with prism already: 0 of 3 are done."
        refused = await server.alice.click(card, label="Stop")
        assert "Only who asked for this" in refused.response.content
        stopped = await server.admin.click(card, label="Stop")
        assert stopped.response.content.startswith("Stopped after 0 games; these stay measured")
        await server.card_says("### Measuring with prism was stopped")


async def test_a_card_is_one_card_over_a_restart_and_its_button_still_works(runtime):
    runtime.colours.delay = 60
    async with opened(runtime) as server:
        await server.admin.slash(server.channel, COMMAND, embedder="prism")
        await server.card_says("### Measuring old games with prism")
        await runtime.close()
        await server.env.restart_bot(TelephoneApp(runtime.open, shard_count=1))
        card = await server.card_says("### Measuring old games with prism")
        stopped = await server.admin.click(card, label="Stop")
        assert stopped.response.content.startswith("Stopped after 0 games")
        await server.card_says("### Measuring with prism was stopped")
        assert sum(bool(message.components) for message in server.channel.history()) == 1


async def test_a_channel_without_a_voice_is_refused_before_anything_is_spent(runtime):
    async with opened(runtime) as server:
        silent = discord.PermissionOverwrite(send_messages=False)
        shut = server.guild.create_text_channel("shut", overwrites={server.guild.me: silent})
        answer = await server.admin.slash(shut, COMMAND, embedder="prism")
        assert "I may not post in this channel" in answer.response.content
        assert runtime.colours.read == []


async def test_what_is_ready_is_offered(runtime):
    async with opened(runtime) as server:
        rows = await server.admin.autocomplete(server.channel, COMMAND, "embedder", "")
        assert [row["value"] for row in rows] == ["minilm", "letters", "prism"]
