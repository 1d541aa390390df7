"""A whole game: the real service, engine, store and offline players, on a simulated Discord."""

import asyncio
from datetime import UTC, datetime

import discord
import pytest
import simcord
from discord import ui

from bot.app import TelephoneApp
from telephone.bootstrap import open_with_engine
from telephone.domain.games import GameState
from telephone.settings import Settings
from tests.limits import LIMIT
from tests.support.shown import files

pytestmark = pytest.mark.slow

PROMPT = "A cat on a hill"


@pytest.fixture
async def bot(tmp_path, monkeypatch):
    for name in ("TELEPHONE_DATABASE_URL", "TELEPHONE_STORAGE_URL", "TELEPHONE_MODELS", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings(_env_file=None, data_dir=tmp_path)
    return TelephoneApp(lambda surfaces: open_with_engine(settings, surfaces), shard_count=1)


async def ended(bot: TelephoneApp, guild_id: int):
    """The server's newest game once it has ended and all about it is shown; waits on the store."""
    app = bot.app
    (game,) = await app.games.recent(guild_id, limit=1)
    return await app.games.closed(game.id, LIMIT)


async def test_a_game_is_played_from_the_command_to_the_summary(bot):
    async with simcord.run(bot) as env:
        env.backend.advance_clock((datetime.now(UTC) - env.now()).total_seconds())
        guild = env.create_guild()
        channel = guild.create_text_channel("telephone")
        alice = guild.add_member(env.create_user("alice"))
        result = await alice.slash(
            channel, "telephone start", prompt=PROMPT, t2i="stickers", i2t="spotter-sharp", turns=2, seed=7
        )
        game = await ended(bot, guild.id)
        assert game.state is GameState.FINISHED
        (thread,) = channel.threads
        assert f"<#{thread.id}>" in result.response.content
        await _card_is_final(bot, channel)
        opening, *line, summary = thread.history()
        check_line(opening, line, game)
        check_summary(summary, game)
        replay = await alice.click(summary, label="GIF")
        assert files(thread.last_message)[0].filename == "game-1.gif"
        assert replay.response.content.endswith(str(thread.last_message.id))
        await bot.close()


def check_line(opening, line, game):
    assert opening.content == f"**The prompt**\n> {PROMPT}"
    assert len(line) == 4
    assert [message.reference.message_id for message in line] == [opening.id, *(message.id for message in line[:-1])]
    said = [game.turns[0].caption.text, game.turns[1].caption.text]
    pictures, captions = line[::2], line[1::2]
    assert [files(message)[0].filename for message in pictures] == ["turn-01.png", "turn-02.png"]
    assert [files(message)[0].description for message in pictures] == [
        f"Drawn from: {PROMPT}",
        f"Drawn from: {said[0]}",
    ]
    assert [message.content for message in captions] == [
        f"**Turn {n} of 2, caption** by spotter-sharp\n> {text}" for n, text in enumerate(said, 1)
    ]


def check_summary(summary, game):
    view = ui.LayoutView.from_message(summary)
    text = "\n".join(item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay))
    labels = [item.label for item in view.walk_children() if isinstance(item, ui.Button)]
    distance = game.turns[-1].distance
    assert f"Distance {distance:.2f} (MiniLM, offline; cosine, prompt to last caption)" in text
    assert labels == ["First turn", "GIF", "Play again"]
    assert [file.filename for file in files(summary)] == ["first.png", "last.png", "drift.png"]


async def _card_is_final(bot, channel):
    """The card is edited last, after the summary."""
    async with asyncio.timeout(LIMIT):
        while True:
            card = next(message for message in channel.history() if message.components)
            texts = [part.content for part in card.components[0].children if isinstance(part, discord.TextDisplay)]
            if texts[0] == "### #1 finished":
                return
            await asyncio.sleep(0.05)


async def test_a_level_picks_a_curated_prompt_and_leaving_the_server_ends_its_games(bot):
    async with simcord.run(bot) as env:
        env.backend.advance_clock((datetime.now(UTC) - env.now()).total_seconds())
        guild = env.create_guild()
        channel = guild.create_text_channel("telephone")
        alice = guild.add_member(env.create_user("alice"))
        await alice.slash(channel, "telephone start", level="hard", t2i="doodles", i2t="spotter-hazy", turns=30)
        (game,) = await bot.app.games.recent(guild.id)
        assert game.request.prompt.level == "hard"
        both = await alice.slash(channel, "telephone start", level="hard", prompt=PROMPT)
        assert "leave out either" in both.response.content
        assert len(env.errors) == 1
        await bot.on_guild_remove(bot.get_guild(guild.id))
        left = await bot.app.games.get(game.id, server=guild.id)
        assert left.state is GameState.STOPPED
        await bot.close()
