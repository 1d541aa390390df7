"""The whole bot on a simulated Discord, with a service in memory."""

from dataclasses import dataclass

import discord
import pytest
import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle

from bot.app import TelephoneApp
from tests.cogs.fakes import MemoryApp, MemoryRuntime


@dataclass
class Server:
    """A server with a channel, a member, another one, and an admin."""

    env: simcord.Env
    guild: GuildHandle
    channel: ChannelHandle
    alice: MemberActor
    bob: MemberActor
    admin: MemberActor
    app: MemoryApp

    def refusals(self) -> list[str]:
        """What the bot refused, in order; reading it says that it was expected."""
        return [type(getattr(error, "original", error)).__name__ for error in self.env.errors]


@pytest.fixture
def runtime():
    return MemoryRuntime()


@pytest.fixture
def simcord_bot(runtime):
    async def open_runtime(_surfaces):
        return runtime

    return TelephoneApp(open_runtime, shard_count=1)


@pytest.fixture
def server(simcord_env, runtime):
    simcord_env.settle_timeout = 30.0  # a chart may take its time on a busy machine
    guild = simcord_env.create_guild()
    manages = guild.create_role("Admins", permissions=discord.Permissions(manage_guild=True, manage_messages=True))
    people = [guild.add_member(simcord_env.create_user(name)) for name in ("alice", "bob")]
    admin = guild.add_member(simcord_env.create_user("ada"), roles=[manages])
    channel = guild.create_text_channel("telephone")
    return Server(simcord_env, guild, channel, *people, admin, runtime.app)
