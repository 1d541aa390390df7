"""A client that speaks REST alone to a Discord on loopback."""

import discord
import pytest

from bot.delivery.old_edits import never_wait_for_old_edits
from tests.standin import Standin


@pytest.fixture
async def rest_client(standin: Standin, monkeypatch):
    monkeypatch.setattr(discord.http.Route, "BASE", standin.api_base)
    async with discord.Client(intents=discord.Intents.none(), http_trace=never_wait_for_old_edits()) as client:
        await client.login(standin.token)
        yield client
