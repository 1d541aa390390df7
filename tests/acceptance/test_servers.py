"""Servers that come and go: removed while the bot is away, gone for a while by an outage, and channels for adults."""

import sys
from pathlib import Path

import discord
import pytest

from telephone.domain.games import Game, GameState
from telephone.store import Store
from tests.standin.loopback import Guild, Standin

BOT = [sys.executable, "-m", "bot"]
GOES_ON = (GameState.WAITING, GameState.PLAYING)

pytestmark = pytest.mark.slow


async def wait_for_a_member(standin: Standin, guild: Guild) -> None:
    """A game of a server that waits for a member to draw, and does so until it is ended."""
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    await ada.slash(channel, "telephone start", prompt="a fox", t2i="human", i2t="spotter-sharp", turns=2)
    await standin.until(lambda: any("waiting for a member" in one.text for one in standin.messages(channel)))


async def games(folder: Path, *guilds: int) -> list[Game]:
    """The one game of each server, as it is stored."""
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        found = [await store.games.recent(guild_id) for guild_id in guilds]
    return [one for [one] in found]


async def states(folder: Path, *guilds: int) -> list[GameState]:
    return [one.state for one in await games(folder, *guilds)]


async def test_a_server_that_removed_the_bot_while_it_was_away_is_left_and_no_other_is(
    standin: Standin, tmp_path: Path
):
    guilds = [standin.create_guild(name) for name in ("gone", "in doubt", "in an outage", "here")]
    gone, doubtful, away, _ = guilds
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    for guild in guilds:
        await wait_for_a_member(standin, guild)
    ids = [guild.id for guild in guilds]
    bot.kill()
    await bot.ended()
    for guild in (gone, doubtful):
        standin.remove_bot(guild)
    standin.gateway.begin_outage(away.id)
    standin.faults.add("GET", f"/guilds/{doubtful.id}/members/", status=403)  # Cloudflare's refusal has no code
    await bot.restart()
    await standin.until(lambda: not standin.faults.left)
    while (await states(tmp_path, gone.id)) != [GameState.STOPPED]:
        assert bot.running
    assert await states(tmp_path, *ids) == [GameState.STOPPED, *[GameState.WAITING] * 3]
    asked = [one.path.split("/")[2] for one in standin.sent if "/members/" in one.path]
    assert asked == [str(one) for one in sorted((gone.id, doubtful.id))], "READY lists the others"
    assert (await games(tmp_path, gone.id))[0].request.prompt.text == "a fox", "nothing is deleted"
    await bot.restart()
    while (await states(tmp_path, doubtful.id)) != [GameState.STOPPED]:
        assert bot.running


async def test_an_outage_ends_nothing_and_a_removal_over_a_lost_session_is_noticed(standin: Standin, tmp_path: Path):
    stays, goes = standin.create_guild("stays"), standin.create_guild("goes")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    for guild in (stays, goes):
        await wait_for_a_member(standin, guild)
    standin.gateway.begin_outage(stays.id)
    standin.gateway.ask_to_reconnect()
    await standin.until(lambda: standin.gateway.resumed)
    assert await states(tmp_path, stays.id, goes.id) == [GameState.WAITING] * 2
    standin.gateway.end_outage(stays.id)

    await standin.gateway.forget()
    standin.remove_bot(goes)
    while (await states(tmp_path, goes.id)) != [GameState.STOPPED]:
        assert bot.running
    assert await states(tmp_path, stays.id) == [GameState.WAITING]
    channel, ada = stays.channel("telephone"), stays.member("ada")
    asked = await ada.slash(channel, "telephone status")
    await standin.until(lambda: asked.response and not asked.response.loading)
    assert "waiting" in asked.response.text.lower()


async def test_a_removal_that_the_bot_hears_of_ends_the_games_and_an_outage_that_it_hears_of_does_not(
    standin: Standin, tmp_path: Path
):
    goes, stays = standin.create_guild("goes"), standin.create_guild("stays")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    for guild in (goes, stays):
        await wait_for_a_member(standin, guild)
    standin.gateway.begin_outage(stays.id)
    standin.remove_bot(goes)
    while (await states(tmp_path, goes.id)) != [GameState.STOPPED]:
        assert bot.running
    assert await states(tmp_path, stays.id) == [GameState.WAITING]


async def test_adult_content_of_a_game_is_for_age_restricted_channels_and_their_threads(
    standin: Standin, tmp_path: Path
):
    guild = standin.create_guild("Players")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    opened, closed = guild.create_text_channel("open"), guild.create_text_channel("closed")
    standin.restrict(closed)
    ada = guild.add_member("ada", permissions=discord.Permissions(manage_guild=True))
    await ada.slash(closed, "telephone-admin nsfw", policy="age-restricted-only")

    async def start(place) -> None:
        asked = await ada.slash(place, "telephone start", prompt="a fox", t2i="human", i2t="spotter-sharp", turns=1)
        await standin.until(lambda: asked.response and not asked.response.loading)

    await start(opened)
    await start(closed)
    await standin.until(lambda: standin.threads(closed))
    await bot.restart()
    standin.restrict(closed, to_adults=False)
    await start(closed)
    standin.restrict(closed)
    await start(closed)
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        found = sorted(await store.games.recent(guild.id), key=lambda game: game.number)
    assert [game.request.nsfw for game in found] == [False, True, False, True]
