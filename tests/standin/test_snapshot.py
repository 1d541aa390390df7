"""A world that was written down is the same when it is read again, on another port."""

from __future__ import annotations

import json

import aiohttp

from tests.standin import Standin, snapshot
from tests.standin.wire import MESSAGES, THREADS, Wire

PICTURE = b"\x89PNG of a fox"
ONCE = {"nonce": "step-1", "enforce_nonce": True}


async def test_a_world_goes_on_from_what_was_written_down(wire: Wire) -> None:
    await wire.post({"content": f"a card for {wire.alice.mention}", **ONCE}, fox=PICTURE)
    await wire.send("POST", THREADS, {"name": "a fox"})
    written = json.dumps(snapshot.taken(wire.discord))
    async with Standin.open() as other:
        snapshot.restore(other, json.loads(written))
        guild = other.guild("Players")
        channel, alice = guild.channel("telephone"), guild.member("alice")
        assert snapshot.taken(other) == json.loads(written)
        assert (channel.id, alice.id) == (wire.channel.id, wire.alice.id)
        assert other.messages(channel) == wire.discord.messages(wire.channel)
        assert other.threads(channel) == wire.discord.threads(wire.channel)
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {other.token}"}) as http:
            again = Wire(other, http, guild, channel, alice)
            _, known = await again.send("POST", MESSAGES, {"content": "another", **ONCE})
            [card] = other.messages(channel)
            assert (int(known["id"]), card.nonce, card.attachments[0].data) == (card.id, "step-1", PICTURE)
            assert other.port != wire.discord.port
            assert known["attachments"][0]["url"].startswith(f"http://127.0.0.1:{other.port}/cdn/")
            await again.post({"content": "new"})
            assert len({one.id for one in other.messages(channel)}) == 2
        await alice.send(channel, "hello")
