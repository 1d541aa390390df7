"""Reporting a turn, from the message's menu to a moderator's word, on a simulated Discord."""

import asyncio
from collections.abc import Callable, Iterator

import discord
import pytest
import simcord
from discord import ui

from bot.app import TelephoneApp
from bot.games.messages import HIDDEN, VOIDED
from telephone.domain.games import GameState
from tests.cogs.test_games import LiveRuntime, LiveServer, live_server, refusals
from tests.limits import LIMIT
from tests.support.shown import files

pytestmark = pytest.mark.slow

REPORT = "Report this turn"
PICTURE, CAPTION = "**Turn 1 of 2, picture** by painter", "**Turn 1 of 2, caption** by critic"


@pytest.fixture
def runtime(tmp_path):
    return LiveRuntime(tmp_path)


@pytest.fixture
def bot(runtime):
    return TelephoneApp(runtime.open, shard_count=1)


async def finished(env, runtime, bot) -> LiveServer:
    server = live_server(env, runtime, bot)
    await server.start(turns=2)
    await server.card_says("### #1 finished")
    await server.closed()
    return server


def turn(server: LiveServer, begins: str):
    return next(one for one in server.steps() if one.content.startswith(begins))


def summary_of(server: LiveServer):
    return next(one for one in server.channel.threads[-1].history() if one.components)


async def becomes(server: LiveServer, begins: str, holds: Callable[[discord.Message], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not holds(turn(server, begins)):
            await asyncio.sleep(0.05)


async def report(server: LiveServer, who, begins: str, reason: str = "violence"):
    (thread,) = server.channel.threads
    form = await who.context_menu(thread, REPORT, turn(server, begins))
    return await who.submit_modal(form, {"reason": reason})


def words_of(message: discord.Message) -> str:
    view = ui.LayoutView.from_message(message)
    return "\n".join(item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay))


def everything_in(thread) -> Iterator[str]:
    """What a member can read or have read out in a thread."""
    for message in thread.history():
        yield message.content
        yield from (file.description or "" for file in files(message))
        if message.components:
            yield words_of(message)


async def test_a_report_hides_a_picture_at_once_and_a_moderator_shows_it_again(runtime, bot):
    async with simcord.run(bot) as env:
        server = await finished(env, runtime, bot)
        said = await report(server, server.alice, PICTURE)
        assert "hidden in a moment" in said.response.content
        await becomes(server, PICTURE, lambda one: not files(one))
        assert turn(server, PICTURE).content == f"{PICTURE}\n{HIDDEN}"
        await summary_shows(server, ["last.png", "drift.png"])

        listed = await server.admin.slash(server.channel, "telephone-moderate reports")
        assert "picture 1 of game #1: Violence or gore." in listed.response.content
        seen = await server.admin.click(listed.response, label="Look at picture 1 of game #1")
        assert [file.filename for file in files(seen.response)] == ["SPOILER_turn-01.png"]
        shown = await server.admin.click(listed.response, label="Show picture 1 of game #1 again")
        assert "is shown again" in shown.response.content
        await becomes(server, PICTURE, lambda one: [file.filename for file in files(one)] == ["turn-01.png"])
        assert files(turn(server, PICTURE))[0].description == "Drawn from: a fox mends a clock"
        await summary_shows(server, ["first.png", "last.png", "drift.png"])
        empty = await server.admin.slash(server.channel, "telephone-moderate reports")
        assert empty.response.content == "No turn waits for a decision here."
        assert (await server.closed()).state is GameState.FINISHED
        await bot.close()


async def summary_shows(server: LiveServer, names: list[str]) -> None:
    async with asyncio.timeout(LIMIT):
        while [file.filename for file in files(summary_of(server))] != names:
            await asyncio.sleep(0.05)


async def test_a_hidden_caption_is_quoted_nowhere(runtime, bot):
    async with simcord.run(bot) as env:
        server = await finished(env, runtime, bot)
        game = await server.closed()
        said = game.turns[0].caption.text
        first_replay = await server.alice.click(summary_of(server), label="GIF")
        assert first_replay.response.content
        await report(server, server.alice, CAPTION)
        await becomes(server, CAPTION, lambda one: one.content == f"{CAPTION}\n{HIDDEN}")
        (thread,) = server.channel.threads
        async with asyncio.timeout(LIMIT):
            while any(said in text for text in everything_in(thread)):
                await asyncio.sleep(0.05)
        assert "Drawn from: (hidden after a report)" in list(everything_in(thread))
        names = [file.filename for one in thread.history() for file in files(one)]
        assert "game-1.gif" not in names  # it showed the caption
        await server.alice.click(summary_of(server), label="GIF")
        assert files(thread.last_message)[0].filename == "game-1.gif"
        kept = await runtime.app.games.keep(game.id, runtime.folder / "kept")
        assert said not in str(kept)
        assert said not in (runtime.folder / "kept" / "album.html").read_text(encoding="utf-8")
        await bot.close()


async def test_a_voided_game_does_not_count_and_what_was_reported_stays_hidden(runtime, bot):
    async with simcord.run(bot) as env:
        server = await finished(env, runtime, bot)
        await report(server, server.alice, CAPTION, "minors")
        listed = await server.admin.slash(server.channel, "telephone-moderate reports")
        done = await server.admin.click(listed.response, label="Void game #1")
        assert "voided" in done.response.content
        game = await runtime.app.games.by_number(server.guild.id, 1)
        assert (game.state, game.voided) == (GameState.FAILED, True)
        await server.card_says("voided this game")
        await becomes(server, CAPTION, lambda one: one.content == f"{CAPTION}\n{HIDDEN}")
        async with asyncio.timeout(LIMIT):
            while VOIDED not in words_of(summary_of(server)):
                await asyncio.sleep(0.05)
        again = await server.admin.click(listed.response, label="Void game #1")
        assert "voided already" in again.response.content
        late = await server.admin.click(listed.response, label="Show caption 1 of game #1 again")
        assert "no open report" in late.response.content
        await bot.close()


async def test_a_game_that_is_voided_while_it_plays_stops(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        runtime.provider.delay = 0.3
        await server.start(turns=10)
        await server.posted(2)
        await report(server, server.alice, "**Turn 1 of 10, picture**")
        listed = await server.admin.slash(server.channel, "telephone-moderate reports")
        await server.admin.click(listed.response, label="Void game #1")
        await server.card_says("voided this game")
        count = len(server.steps())
        await asyncio.sleep(1)
        assert len(server.steps()) <= count + 1
        await bot.close()


async def test_one_report_is_open_per_member_and_game(runtime, bot):
    async with simcord.run(bot) as env:
        server = await finished(env, runtime, bot)
        bob = server.guild.add_member(env.create_user("bob"))
        await report(server, server.alice, PICTURE)
        twice = await report(server, server.alice, CAPTION)
        assert "already" in twice.response.content
        assert "hidden in a moment" in (await report(server, bob, PICTURE, "hate")).response.content
        listed = await server.admin.slash(server.channel, "telephone-moderate reports")
        assert "2 reports: Violence or gore; Hate or harassment" in listed.response.content
        await server.admin.click(listed.response, label="Show picture 1 of game #1 again")
        settled = await report(server, server.alice, PICTURE)
        assert "a moderator has decided" in settled.response.content
        assert "hidden in a moment" in (await report(server, server.alice, CAPTION)).response.content
        assert set(refusals(env)) <= {"BadInput"}
        await bot.close()


async def test_what_is_no_turn_cannot_be_reported(runtime, bot):
    async with simcord.run(bot) as env:
        server = await finished(env, runtime, bot)
        (thread,) = server.channel.threads
        for message in (thread.history()[0], summary_of(server)):
            refused = await server.alice.context_menu(thread, REPORT, message)
            assert "Only a turn of a game can be reported" in refused.response.content
        assert refusals(env) == ["BadInput", "BadInput"]
        await bot.close()


async def test_only_moderators_decide(runtime, bot):
    async with simcord.run(bot) as env:
        server = await finished(env, runtime, bot)
        await report(server, server.alice, PICTURE)
        game = await server.closed()
        for decide in (
            runtime.app.moderation.show_again(
                game.id, game.steps[0].key, by=1, is_moderator=False, server=server.guild.id
            ),
            runtime.app.moderation.void(game.id, by=1, is_moderator=False, server=server.guild.id),
            runtime.app.moderation.look(game.id, game.steps[0].key, is_moderator=False, server=server.guild.id),
        ):
            with pytest.raises(Exception, match="Only a moderator of this server"):
                await decide
        await bot.close()


async def test_buttons_and_hidden_turns_outlive_the_bot(runtime, bot, tmp_path):
    async with simcord.run(bot) as env:
        server = await finished(env, runtime, bot)
        await report(server, server.alice, PICTURE)
        listed = await server.admin.slash(server.channel, "telephone-moderate reports")
        await becomes(server, PICTURE, lambda one: not files(one))
        await bot.close()
        server.runtime = LiveRuntime(tmp_path)
        server.bot = TelephoneApp(server.runtime.open, shard_count=1)
        await env.restart_bot(server.bot)
        assert not files(turn(server, PICTURE))
        await server.admin.click(listed.response, label="Show picture 1 of game #1 again")
        await becomes(server, PICTURE, lambda one: len(files(one)) == 1)
        await server.bot.close()


async def test_a_report_that_a_crash_cut_off_is_carried_out_at_the_next_start(runtime, bot, tmp_path):
    async with simcord.run(bot) as env:
        server = await finished(env, runtime, bot)
        game = await server.closed()
        await runtime.app.games.store.reports.add(game.id, game.steps[0].key, 5, "other")
        await bot.close()
        assert files(turn(server, PICTURE))
        server.runtime = LiveRuntime(tmp_path)
        server.bot = TelephoneApp(server.runtime.open, shard_count=1)
        await env.restart_bot(server.bot)
        await becomes(server, PICTURE, lambda one: not files(one))
        await server.bot.close()


async def test_adult_content_is_an_admins_choice(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        told = await server.admin.slash(server.channel, "telephone-admin nsfw", policy="age-restricted-only")
        assert "age-restricted channels" in told.response.content
        assert (await runtime.app.servers.settings(server.guild.id)).nsfw == "age-restricted-only"
        told = await server.admin.slash(server.channel, "telephone-admin nsfw", policy="block")
        assert "blocked on this server" in told.response.content
        assert (await runtime.app.servers.settings(server.guild.id)).nsfw == "block"
        await bot.close()
