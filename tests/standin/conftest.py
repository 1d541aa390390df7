"""Requests as a bot would send them, without a bot."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.standin import Message, Standin
from tests.standin.wire import Wire


@pytest.fixture
async def wire(standin: Standin) -> AsyncIterator[Wire]:
    guild = standin.create_guild("Players")
    channel, alice = guild.create_text_channel("telephone"), guild.add_member("alice")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {standin.token}"}) as http:
        yield Wire(standin, http, guild, channel, alice)


@pytest.fixture
async def card(wire: Wire) -> Message:
    status, _ = await wire.post({"content": "a card"})
    assert status == 200
    return wire.discord.messages(wire.channel)[0]
