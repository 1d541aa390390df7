"""A server that removed the bot while it was away is left when its shard is ready, and no other."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from telephone.domain.games import GameState

GONE = 77 << 22


async def kept(server, guild_id: int):
    """A game of a server that plays, as it is now when asked again."""
    await server.alice.slash(server.channel, "telephone start", prompt="a fox", t2i="stickers", i2t="spotter-sharp")
    game = list(server.app.games.kept.values())[-1]
    moved = replace(game, state=GameState.PLAYING, request=replace(game.request, guild_id=guild_id))
    server.app.games._keep(moved)
    return lambda: server.app.games.kept[game.id].state


async def test_a_server_without_the_bot_is_left_and_the_one_with_it_stays(server):
    gone, here = await kept(server, GONE), await kept(server, server.guild.id)
    await server.env.bot.on_shard_ready(0)
    assert (gone(), here()) == (GameState.STOPPED, GameState.PLAYING)
    await server.env.bot.on_shard_ready(0)
    assert here() == GameState.PLAYING, "asked of Discord, since what is remembered may be old after a new READY"


async def test_a_process_judges_the_servers_of_its_own_shards_alone(server, monkeypatch: pytest.MonkeyPatch):
    gone = await kept(server, GONE)
    monkeypatch.setattr(server.env.bot, "shard_count", 2)
    await server.env.bot.on_shard_ready(0)
    assert (GONE >> 22) % 2 == 1
    assert gone() == GameState.PLAYING
    await server.env.bot.on_shard_ready(1)
    assert gone() == GameState.STOPPED


@pytest.mark.parametrize(("status", "code"), [(403, 0), (403, 40001), (429, 0), (400, 50035)])
async def test_whatever_else_discord_answers_ends_nothing(server, status: int, code: int):
    gone = await kept(server, GONE)
    server.env.inject_error("GET", f"/guilds/{GONE}/members/*", code=code, status=status)
    await server.env.bot.on_shard_ready(0)
    assert gone() == GameState.PLAYING


async def test_a_server_that_the_bot_is_on_keeps_what_is_stored_of_it(server):
    await server.env.bot.on_shard_ready(0)
    assert server.app.servers.back == {server.guild.id}
    await server.env.bot.on_guild_join(SimpleNamespace(id=GONE))
    assert server.app.servers.back == {GONE}


async def test_a_server_without_the_bot_on_which_nothing_is_played_is_left_too(server, monkeypatch: pytest.MonkeyPatch):
    await kept(server, GONE)
    for game in list(server.app.games.kept.values()):
        server.app.games._keep(replace(game, state=GameState.FINISHED))
    left = []

    async def leave(guild_id):
        left.append(guild_id)

    monkeypatch.setattr(server.app.servers, "leave", leave)
    await server.env.bot.on_shard_ready(0)
    assert left == [GONE], "so its data goes in time; of the server that it is on, Discord is not asked"
