"""What happens around a bot: pages of history, its own permissions, outages, reconnects, and being removed."""

from __future__ import annotations

import sys

import discord
import pytest

from tests.standin import Standin
from tests.standin.limits import Limits
from tests.standin.wire import MESSAGES, Wire

BOT = [sys.executable, "-m", "tests.standin.samplebot"]


async def test_history_after_a_message_is_what_comes_next_the_newest_first(wire: Wire) -> None:
    said = [(await wire.alice.send(wire.channel, str(n))).id for n in range(130)]
    _, page = await wire.send("GET", f"{MESSAGES}?after={said[4]}&limit=100")
    _, rest = await wire.send("GET", f"{MESSAGES}?after={page[0]['id']}&limit=100")
    assert [int(one["id"]) for one in page] == said[104:4:-1]
    assert [int(one["id"]) for one in rest] == said[:104:-1]


async def test_an_age_restricted_channel_says_so_and_its_thread_leaves_it_to_the_channel(wire: Wire) -> None:
    wire.discord.restrict(wire.channel)
    _, channel = await wire.send("GET", "/channels/{channel}")
    await wire.post({"content": "x"})
    _, thread = await wire.send("POST", "/channels/{channel}/messages/{message}/threads", {"name": "one"})
    assert (channel["nsfw"], "nsfw" in thread) == (True, False)
    wire.discord.restrict(wire.channel, to_adults=False)
    assert not (await wire.send("GET", "/channels/{channel}"))[1]["nsfw"]


@pytest.mark.parametrize("scope", ["user", "shared", "global"])
async def test_a_rate_limit_says_whose_it_is(wire: Wire, scope: str) -> None:
    wire.discord.faults.add("GET", "/users/@me$", status=429, retry_after=0.25, scope=scope)
    async with wire.http.get(wire.discord.api_base + "/users/@me") as answer:
        told = await answer.json()
    assert (answer.status, told["retry_after"], told["global"]) == (429, 0.25, scope == "global")
    assert answer.headers.get("X-RateLimit-Global") == ("true" if scope == "global" else None)
    assert answer.headers.get("X-RateLimit-Scope") == (None if scope == "global" else scope)


async def test_a_bot_that_is_told_to_reconnect_resumes(standin: Standin) -> None:
    standin.create_guild("Players").create_text_channel("telephone")
    await standin.run_bot(BOT)
    standin.gateway.ask_to_reconnect()
    await standin.until(lambda: standin.gateway.resumed)
    [session] = standin.gateway.sessions.values()
    assert session.connection is not None


async def test_a_bot_hears_of_its_own_roles_without_the_members_intent(standin: Standin) -> None:
    guild = standin.create_guild("Players", bot_permissions=discord.Permissions(send_messages=True))
    alice = guild.add_member("alice")
    await standin.run_bot(BOT)
    [session] = standin.gateway.sessions.values()
    backend = standin.world.backend
    for user_id in (alice.id, backend.bot_user.id):
        backend.announce_member_update(guild.id, user_id)
    told = [text for _, text in session._told if "GUILD_MEMBER_UPDATE" in text]
    assert len(told) == 1
    assert str(backend.bot_user.id) in told[0]


async def test_a_limit_tells_what_is_left_and_refuses_what_is_over(wire: Wire) -> None:
    wire.discord.limits.add("POST", r"/channels/\d+/messages", requests=2, per=60.0)
    other = wire.guild.create_text_channel("other")
    heard = []
    for place in (wire.channel, wire.channel, wire.channel, other):
        path = f"{wire.discord.api_base}/channels/{place.id}/messages"
        async with wire.http.post(path, json={"content": "x"}) as answer:
            heard.append((answer.status, answer.headers["X-RateLimit-Remaining"]))
    assert heard == [(200, "1"), (200, "0"), (429, "0"), (200, "1")]
    async with wire.http.get(wire.discord.api_base + "/users/@me") as answer:
        assert "X-RateLimit-Limit" not in answer.headers


def test_a_limit_is_counted_by_what_its_expression_has_in_a_group() -> None:
    limits = Limits()
    limits.add("PATCH", r"/channels/(\d+)/messages/\d+", requests=1, per=60.0)
    waits = [limits.take("PATCH", f"/channels/{path}")[1] for path in ("1/messages/2", "1/messages/3", "4/messages/5")]
    assert [wait > 0 for wait in waits] == [False, True, False]


async def test_the_limit_of_all_routes_refuses_what_is_over_and_not_the_answers_to_interactions(wire: Wire) -> None:
    wire.discord.limits.add_global(requests=2, per=60.0)
    heard = []
    for path in ("/users/@me", "/users/@me", "/users/@me", "/webhooks/1/a/messages/@original"):
        async with wire.http.get(wire.discord.api_base + path) as answer:
            heard.append((answer.status, answer.headers.get("X-RateLimit-Global")))
    assert [heard[0], heard[1], heard[2]] == [(200, None), (200, None), (429, "true")]
    assert heard[3][0] != 429


async def test_a_bot_paces_itself_by_the_headers_and_is_never_refused(standin: Standin) -> None:
    standin.limits.add("POST", r"/channels/\d+/messages/\d+/threads", requests=1, per=0.5)
    standin.limits.add("POST", r"/channels/\d+/messages", requests=1, per=0.5)
    guild = standin.create_guild("Players")
    channel, alice = guild.create_text_channel("telephone"), guild.add_member("alice")
    await standin.run_bot(BOT)
    for _ in range(2):
        await alice.slash(channel, "start", prompt="a fox")
    await standin.until(lambda: len([one for one in standin.sent if one.path.endswith("/threads") and one.status]) >= 2)
    assert [str(one) for one in standin.sent if one.status == 429] == []
