"""Who may use what: groups that a server opens under Integrations, and no command outside servers."""

import discord
import pytest
from simcord import SetupError

from tests.cogs.test_prompts import checker, proposed, provider, runtime, shown  # noqa: F401

MODERATE = ("prompts generate", "prompts remove", "prompts review", "reports")


def payloads(server):
    """The top-level commands as Discord was told of them, by name."""
    [commands] = [found for guild, found in server.env.backend.commands.items() if guild is None and found]
    return {one["name"]: one for one in (commands.values() if isinstance(commands, dict) else commands)}


def opened(server, group, allowed):
    """An admin opens a group under Integrations, in the server's settings."""
    server.guild.set_command_permissions(int(payloads(server)[group]["id"]), allowed)


async def test_every_command_is_for_installs_on_servers_and_used_on_servers(server):
    found = payloads(server)
    assert set(found) == {"telephone", "telephone-moderate", "telephone-admin", "Report this turn"}
    for one in found.values():
        assert one["integration_types"] == [0], one["name"]
        assert one["contexts"] == [0], one["name"]


async def test_moderators_and_admins_have_groups_of_their_own_with_discords_permissions(server):
    found = payloads(server)
    wanted = {
        "telephone": None,
        "telephone-moderate": str(discord.Permissions(manage_messages=True).value),
        "telephone-admin": str(discord.Permissions(manage_guild=True).value),
    }
    for name, permissions in wanted.items():
        said = found[name]["default_member_permissions"]
        assert (None if said is None else str(said)) == permissions
    mod = moderator(server)
    assert set(server.alice.available_commands(server.channel)).isdisjoint(f"telephone-moderate {n}" for n in MODERATE)
    offered = {name for name in mod.available_commands(server.channel) if name.startswith("telephone-")}
    assert offered == {f"telephone-moderate {name}" for name in MODERATE}
    assert "telephone-admin rescore" in server.admin.available_commands(server.channel)
    gone = {"telephone prompts review", "telephone prompts remove", "telephone prompts generate", "telephone rescore"}
    assert gone.isdisjoint(server.admin.available_commands(server.channel))
    assert "telephone-admin reports" not in server.admin.available_commands(server.channel)


def moderator(server):
    role = server.guild.create_role("Moderators", permissions=discord.Permissions(manage_messages=True))
    return server.guild.add_member(server.env.create_user("mod"), roles=[role])


async def test_who_may_manage_messages_decides_about_prompts(server):
    mod = moderator(server)
    await proposed(server, "scene one", "scene two")
    await mod.slash(server.channel, "telephone-moderate prompts review")
    await mod.click(shown(server, mod), label="Hard")
    await mod.click(shown(server, mod), label="Decline")
    assert await server.app.prompts.waiting(server.guild.id, is_moderator=True) == []
    assert server.refusals() == []


async def test_a_role_that_the_server_let_in_decides_with_its_buttons_too(server):
    jury = server.guild.create_role("Jury")
    ann = server.guild.add_member(server.env.create_user("ann"), roles=[jury])
    await proposed(server, "scene one", "scene two")
    with pytest.raises(SetupError):
        await ann.slash(server.channel, "telephone-moderate prompts review")
    opened(server, "telephone-moderate", {jury: True})
    await ann.slash(server.channel, "telephone-moderate prompts review")
    await ann.click(shown(server, ann), label="Hard")
    assert len(await server.app.prompts.waiting(server.guild.id, is_moderator=True)) == 1
    opened(server, "telephone-moderate", {ann: False, jury: True})
    await ann.click(shown(server, ann), label="Decline")
    assert shown(server, ann).content == "Only a moderator of this server can do that; please ask one of them."
    assert len(await server.app.prompts.waiting(server.guild.id, is_moderator=True)) == 1


async def test_a_group_opened_for_everybody_but_one_role_is_closed_to_that_role(server):
    banned = server.guild.create_role("Banned")
    bea = server.guild.add_member(server.env.create_user("bea"), roles=[banned])
    await proposed(server, "scene one", "scene two")
    opened(server, "telephone-moderate", {server.guild.default_role: True})
    await bea.slash(server.channel, "telephone-moderate prompts review")
    await bea.click(shown(server, bea), label="Hard")
    assert len(await server.app.prompts.waiting(server.guild.id, is_moderator=True)) == 1
    opened(server, "telephone-moderate", {server.guild.default_role: True, banned: False})
    await bea.click(shown(server, bea), label="Decline")
    assert len(await server.app.prompts.waiting(server.guild.id, is_moderator=True)) == 1
