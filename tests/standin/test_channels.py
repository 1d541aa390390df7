"""Kinds of channels: each takes what Discord lets it take, and is told under its own type."""

import discord
import pytest

from tests.standin.channels import ANNOUNCEMENT_THREAD, MEDIA, REQUIRE_TAG
from tests.standin.wire import Wire

POST = {"name": "a post", "message": {"content": "its card"}}


async def asked(wire: Wire, method: str, path: str, payload=None):
    async with wire.http.request(method, wire.discord.api_base + path, json=payload) as answer:
        return answer.status, await answer.json()


async def test_a_forum_takes_posts_and_no_messages_and_a_post_has_the_id_of_its_first_message(wire: Wire):
    forum = wire.guild.create_forum("games")
    status, refused = await asked(wire, "POST", f"/channels/{forum.id}/messages", {"content": "a card"})
    assert (status, refused["code"]) == (400, 50008)
    _, made = await asked(wire, "POST", f"/channels/{forum.id}/threads", POST)
    assert made["id"] == made["message"]["id"] == made["message"]["channel_id"]


async def test_a_forum_that_demands_a_tag_refuses_a_post_without_one_and_a_moderators_tag(wire: Wire):
    plain = discord.PermissionOverwrite(manage_threads=False)
    forum = wire.guild.create_forum("games", tags={"staff": True, "games": False}, require_tag=True, bot_may=plain)
    _, told = await asked(wire, "GET", f"/channels/{forum.id}")
    staff, games = (tag["id"] for tag in told["available_tags"])
    assert told["flags"] == REQUIRE_TAG
    for tags, expected in (([], (400, 40067)), ([staff], (403, 50013))):
        status, refused = await asked(wire, "POST", f"/channels/{forum.id}/threads", {**POST, "applied_tags": tags})
        assert (status, refused["code"]) == expected
    status, _ = await asked(wire, "POST", f"/channels/{forum.id}/threads", {**POST, "applied_tags": [games]})
    assert status in (200, 201)


async def test_media_channels_and_threads_of_announcements_have_types_of_their_own(wire: Wire):
    media, news = wire.guild.create_forum("pictures", media=True), wire.guild.create_channel("news", "news")
    _, told = await asked(wire, "GET", f"/channels/{media.id}")
    assert told["type"] == MEDIA
    _, card = await asked(wire, "POST", f"/channels/{news.id}/messages", {"content": "a card"})
    _, thread = await asked(wire, "POST", f"/channels/{news.id}/messages/{card['id']}/threads", {"name": "a game"})
    assert thread["type"] == ANNOUNCEMENT_THREAD


@pytest.mark.parametrize("kind", ["voice", "stage", "thread"])
async def test_no_thread_is_opened_beside_voice_nor_inside_a_thread(wire: Wire, kind):
    place = (
        wire.guild.create_thread(wire.channel, "talk", wire.alice)
        if kind == "thread"
        else wire.guild.create_channel(kind, kind)
    )
    _, card = await asked(wire, "POST", f"/channels/{place.id}/messages", {"content": "a card"})
    status, refused = await asked(
        wire, "POST", f"/channels/{place.id}/messages/{card['id']}/threads", {"name": "a game"}
    )
    assert (status, refused["code"]) == (400, 50024)
