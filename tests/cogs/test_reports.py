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
from tests.cogs.test_games import CompanyHouse, Evening, _evening, refusals
from tests.limits import LIMIT

pytestmark = pytest.mark.slow

REPORT = "Report this turn"
PICTURE, CAPTION = "**Turn 1 of 2, picture** by painter", "**Turn 1 of 2, caption** by critic"


@pytest.fixture
def runtime(tmp_path):
    return CompanyHouse(tmp_path)


@pytest.fixture
def bot(runtime):
    return TelephoneApp(runtime.open, shard_count=1)


async def finished(env, runtime, bot) -> Evening:
    evening = _evening(env, runtime, bot)
    await evening.start(turns=2)
    await evening.card_says("### #1 finished")
    await evening.closed()
    return evening


def turn(evening: Evening, begins: str):
    return next(one for one in evening.steps() if one.content.startswith(begins))


def summary_of(evening: Evening):
    return next(one for one in evening.channel.threads[-1].history() if one.components)


async def becomes(evening: Evening, begins: str, holds: Callable[[discord.Message], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not holds(turn(evening, begins)):
            await asyncio.sleep(0.05)


async def report(evening: Evening, who, begins: str, reason: str = "violence"):
    (thread,) = evening.channel.threads
    form = await who.context_menu(thread, REPORT, turn(evening, begins))
    return await who.submit_modal(form, {"reason": reason})


def words_of(message: discord.Message) -> str:
    view = ui.LayoutView.from_message(message)
    return "\n".join(item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay))


def everything_in(thread) -> Iterator[str]:
    """What a member can read or have read out in a thread."""
    for message in thread.history():
        yield message.content
        yield from (file.description or "" for file in message.attachments)
        if message.components:
            yield words_of(message)


async def test_a_report_hides_a_picture_at_once_and_a_moderator_shows_it_again(runtime, bot):
    async with simcord.run(bot) as env:
        evening = await finished(env, runtime, bot)
        said = await report(evening, evening.alice, PICTURE)
        assert "hidden in a moment" in said.response.content
        await becomes(evening, PICTURE, lambda one: not one.attachments)
        assert turn(evening, PICTURE).content == f"{PICTURE}\n{HIDDEN}"
        await summary_shows(evening, ["last.png", "drift.png"])

        listed = await evening.admin.slash(evening.channel, "telephone-admin reports")
        assert "picture 1 of game #1: Violence or gore." in listed.response.content
        seen = await evening.admin.click(listed.response, label="Look at picture 1 of game #1")
        assert [file.filename for file in seen.response.attachments] == ["SPOILER_turn-01.png"]
        shown = await evening.admin.click(listed.response, label="Show picture 1 of game #1 again")
        assert "is shown again" in shown.response.content
        await becomes(evening, PICTURE, lambda one: [file.filename for file in one.attachments] == ["turn-01.png"])
        assert turn(evening, PICTURE).attachments[0].description == "Drawn from: a fox mends a clock"
        await summary_shows(evening, ["first.png", "last.png", "drift.png"])
        empty = await evening.admin.slash(evening.channel, "telephone-admin reports")
        assert empty.response.content == "No turn waits for a decision here."
        assert (await evening.closed()).state is GameState.FINISHED
        await bot.close()


async def summary_shows(evening: Evening, names: list[str]) -> None:
    async with asyncio.timeout(LIMIT):
        while [file.filename for file in summary_of(evening).attachments] != names:
            await asyncio.sleep(0.05)


async def test_a_hidden_caption_is_quoted_nowhere(runtime, bot):
    async with simcord.run(bot) as env:
        evening = await finished(env, runtime, bot)
        game = await evening.closed()
        said = game.turns[0].caption.text
        first_replay = await evening.alice.click(summary_of(evening), label="GIF")
        assert first_replay.response.content
        await report(evening, evening.alice, CAPTION)
        await becomes(evening, CAPTION, lambda one: one.content == f"{CAPTION}\n{HIDDEN}")
        (thread,) = evening.channel.threads
        async with asyncio.timeout(LIMIT):
            while any(said in text for text in everything_in(thread)):
                await asyncio.sleep(0.05)
        assert "Drawn from: (hidden after a report)" in list(everything_in(thread))
        names = [file.filename for one in thread.history() for file in one.attachments]
        assert "game-1.gif" not in names  # it showed the caption
        await evening.alice.click(summary_of(evening), label="GIF")
        assert thread.last_message.attachments[0].filename == "game-1.gif"
        kept = await runtime.app.games.keep(game.id, runtime.folder / "kept")
        assert said not in str(kept)
        assert said not in (runtime.folder / "kept" / "album.html").read_text(encoding="utf-8")
        await bot.close()


async def test_a_voided_game_does_not_count_and_what_was_reported_stays_hidden(runtime, bot):
    async with simcord.run(bot) as env:
        evening = await finished(env, runtime, bot)
        await report(evening, evening.alice, CAPTION, "minors")
        listed = await evening.admin.slash(evening.channel, "telephone-admin reports")
        done = await evening.admin.click(listed.response, label="Void game #1")
        assert "voided" in done.response.content
        game = await runtime.app.games.by_number(evening.guild.id, 1)
        assert (game.state, game.voided) == (GameState.FAILED, True)
        await evening.card_says("voided this game")
        await becomes(evening, CAPTION, lambda one: one.content == f"{CAPTION}\n{HIDDEN}")
        async with asyncio.timeout(LIMIT):
            while VOIDED not in words_of(summary_of(evening)):
                await asyncio.sleep(0.05)
        again = await evening.admin.click(listed.response, label="Void game #1")
        assert "voided already" in again.response.content
        late = await evening.admin.click(listed.response, label="Show caption 1 of game #1 again")
        assert "no open report" in late.response.content
        await bot.close()


async def test_a_game_that_is_voided_while_it_plays_stops(runtime, bot):
    async with simcord.run(bot) as env:
        evening = _evening(env, runtime, bot)
        runtime.studio.delay = 0.3
        await evening.start(turns=10)
        await evening.posted(2)
        await report(evening, evening.alice, "**Turn 1 of 10, picture**")
        listed = await evening.admin.slash(evening.channel, "telephone-admin reports")
        await evening.admin.click(listed.response, label="Void game #1")
        await evening.card_says("voided this game")
        count = len(evening.steps())
        await asyncio.sleep(1)
        assert len(evening.steps()) <= count + 1
        await bot.close()


async def test_one_report_is_open_per_member_and_game(runtime, bot):
    async with simcord.run(bot) as env:
        evening = await finished(env, runtime, bot)
        bob = evening.guild.add_member(env.create_user("bob"))
        await report(evening, evening.alice, PICTURE)
        twice = await report(evening, evening.alice, CAPTION)
        assert "already" in twice.response.content
        assert "hidden in a moment" in (await report(evening, bob, PICTURE, "hate")).response.content
        listed = await evening.admin.slash(evening.channel, "telephone-admin reports")
        assert "2 reports: Violence or gore; Hate or harassment" in listed.response.content
        await evening.admin.click(listed.response, label="Show picture 1 of game #1 again")
        settled = await report(evening, evening.alice, PICTURE)
        assert "a moderator has decided" in settled.response.content
        assert "hidden in a moment" in (await report(evening, evening.alice, CAPTION)).response.content
        assert set(refusals(env)) <= {"BadInput"}
        await bot.close()


async def test_what_is_no_turn_cannot_be_reported(runtime, bot):
    async with simcord.run(bot) as env:
        evening = await finished(env, runtime, bot)
        (thread,) = evening.channel.threads
        for message in (thread.history()[0], summary_of(evening)):
            refused = await evening.alice.context_menu(thread, REPORT, message)
            assert "Only a turn of a game can be reported" in refused.response.content
        assert refusals(env) == ["BadInput", "BadInput"]
        await bot.close()


async def test_only_moderators_decide(runtime, bot):
    async with simcord.run(bot) as env:
        evening = await finished(env, runtime, bot)
        await report(evening, evening.alice, PICTURE)
        game = await evening.closed()
        for decide in (
            runtime.app.moderation.show_again(game.id, game.steps[0].key, by=1, is_moderator=False),
            runtime.app.moderation.void(game.id, by=1, is_moderator=False),
            runtime.app.moderation.look(game.id, game.steps[0].key, is_moderator=False),
        ):
            with pytest.raises(Exception, match="manage the server"):
                await decide
        await bot.close()


async def test_buttons_and_hidden_turns_outlive_the_bot(runtime, bot, tmp_path):
    async with simcord.run(bot) as env:
        evening = await finished(env, runtime, bot)
        await report(evening, evening.alice, PICTURE)
        listed = await evening.admin.slash(evening.channel, "telephone-admin reports")
        await becomes(evening, PICTURE, lambda one: not one.attachments)
        await bot.close()
        evening.runtime = CompanyHouse(tmp_path)
        evening.bot = TelephoneApp(evening.runtime.open, shard_count=1)
        await env.restart_bot(evening.bot)
        assert not turn(evening, PICTURE).attachments
        await evening.admin.click(listed.response, label="Show picture 1 of game #1 again")
        await becomes(evening, PICTURE, lambda one: len(one.attachments) == 1)
        await evening.bot.close()


async def test_a_report_that_a_crash_cut_off_is_carried_out_at_the_next_start(runtime, bot, tmp_path):
    async with simcord.run(bot) as env:
        evening = await finished(env, runtime, bot)
        game = await evening.closed()
        await runtime.app.games.store.reports.add(game.id, game.steps[0].key, 5, "other")
        await bot.close()
        assert turn(evening, PICTURE).attachments
        evening.runtime = CompanyHouse(tmp_path)
        evening.bot = TelephoneApp(evening.runtime.open, shard_count=1)
        await env.restart_bot(evening.bot)
        await becomes(evening, PICTURE, lambda one: not one.attachments)
        await evening.bot.close()


async def test_adult_content_is_an_admins_choice(runtime, bot):
    async with simcord.run(bot) as env:
        evening = _evening(env, runtime, bot)
        told = await evening.admin.slash(evening.channel, "telephone-admin nsfw", policy="age-restricted-only")
        assert "age-restricted channels" in told.response.content
        assert (await runtime.app.servers.settings(evening.guild.id)).nsfw == "age-restricted-only"
        told = await evening.admin.slash(evening.channel, "telephone-admin nsfw", policy="block")
        assert "blocked on this server" in told.response.content
        assert (await runtime.app.servers.settings(evening.guild.id)).nsfw == "block"
        await bot.close()
