"""A declared setting is offered by the command of admins, stored and shown, with the real service."""

import discord
import pytest

from bot.app import TelephoneApp
from telephone.bootstrap import open_without_engine
from telephone.domain.servers import ServerSettings, Setting
from telephone.settings import Settings


@pytest.fixture
def declared_here(monkeypatch):
    for name, row in (
        ("remind_seconds", Setting(
            600, "How long before the end a member is reminded", limits=(1, 30), command="limits",
            option="remind_minutes", in_minutes=True, words="Members are reminded {} before the end.",
        )),
        ("tone", Setting("kind", "How the bot talks", choices=("kind", "dry"), command="limits", words="It is {}.")),
        ("quiet", Setting(
            False, "Whether the bot stays quiet at night", command="limits",
            words_for={True: "Nights are quiet.", False: "Nights are like days."},
        )),
    ):  # fmt: skip
        row.__set_name__(ServerSettings, name)
        monkeypatch.setattr(ServerSettings, name, row, raising=False)


@pytest.fixture
async def open_runtime(tmp_path):
    """Opens runtimes with the real service, and closes them after the bot."""
    opened = []

    async def open_one(_surfaces):
        opened.append(await open_without_engine(Settings(_env_file=None, data_dir=tmp_path)))
        return opened[-1]

    yield open_one
    for runtime in opened:
        await runtime.close()


@pytest.fixture
def simcord_bot(declared_here, open_runtime):
    return TelephoneApp(open_runtime, shard_count=1)


async def test_a_declared_row_is_an_option_is_stored_and_shown(simcord_env):
    guild = simcord_env.create_guild()
    manages = guild.create_role("Admins", permissions=discord.Permissions(manage_guild=True, manage_messages=True))
    admin = guild.add_member(simcord_env.create_user("ada"), roles=[manages])
    channel = guild.create_text_channel("telephone")
    options = simcord_env.bot.admin.get_command("limits").parameters
    found = [(one.name, one.description, one.min_value, one.max_value) for one in options]
    assert found[:4] == [
        ("max_turns", "The most turns one game may have", 1, 30),
        ("claim_minutes", "How long a member may take for a turn", 3, 60),
        ("seat_minutes", "How long a turn waits for a member before a model stands in", 10, 1_440),
        ("parallel", "How many games may play at once; others wait in line", 1, 10),
    ]
    assert found[-3:] == [
        ("remind_minutes", "How long before the end a member is reminded", 1, 30),
        ("tone", "How the bot talks", None, None),
        ("quiet", "Whether the bot stays quiet at night", None, None),
    ]
    assert not any(one.required for one in options)
    shown = await admin.slash(channel, "telephone-admin limits")
    said = shown.response.content.splitlines()
    assert said[:2] == [
        "On this server a game has at most 30 turns, and 2 games play at once; others wait in line.",
        "A member who takes a turn has 10 min for it; where nobody takes it for 60 min, a model stands in.",
    ]
    assert said[-3:] == [
        "Members are reminded 10 min before the end.",
        "It is kind.",
        "Nights are like days.",
    ]
    changed = await admin.slash(channel, "telephone-admin limits", remind_minutes=5, tone="dry", quiet=True, parallel=1)
    assert changed.response.content.splitlines()[-3:] == [
        "Members are reminded 5 min before the end.",
        "It is dry.",
        "Nights are quiet.",
    ]
    settings = await simcord_env.bot.app.servers.settings(guild.id)
    assert (settings.remind_seconds, settings.tone, settings.quiet, settings.parallel) == (300, "dry", True, 1)
    again = await admin.slash(channel, "telephone-admin limits")
    assert again.response.content == changed.response.content
