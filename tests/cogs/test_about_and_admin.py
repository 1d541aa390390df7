"""Finding one's way, and looking after the game."""

import discord
import pytest
from discord import app_commands
from simcord import SetupError

from bot.admin import messages as admin_messages
from telephone.domain.games import GameState
from telephone.errors import BadInput


async def test_the_list_of_models_says_who_can_play_and_what_the_rest_needs(server):
    result = await server.alice.slash(server.channel, "telephone models")
    assert result.ephemeral
    assert result.response.content.splitlines() == [
        "**Draw pictures**",
        "- painter, about $0.02 a call: Paints \\*walls\\*.",
        "- dalle2: retired",
        "",
        "**Write captions**",
        "- critic: Names colours.",
        "",
        "**Write prompts**",
        "- nobody yet",
        "- poet: needs OPENAI\\_API\\_KEY",
    ]


async def test_the_check_lists_every_permission(server):
    result = await server.admin.slash(server.channel, "telephone-admin check")
    assert result.response.content.splitlines() == [
        f"All set; games can be played in <#{server.channel.id}>.",
        *("- View Channel: yes", "- Send Messages: yes", "- Create Public Threads: yes"),
        *("- Send Messages in Threads: yes", "- Attach Files: yes", "- Read Message History: yes"),
    ]


async def test_the_check_of_another_channel_finds_what_is_missing(server):
    me = server.guild.me
    shut = server.guild.create_text_channel("shut", overwrites={me: discord.PermissionOverwrite(attach_files=False)})
    result = await server.admin.slash(server.channel, "telephone-admin check", channel=shut)
    verdict, *rows = result.response.content.splitlines()
    assert verdict.startswith(f"Something is missing in <#{shut.id}>. Please allow it")
    assert [row for row in rows if not row.endswith(": yes")] == ["- Attach Files: missing"]
    assert len(rows) == 6


async def test_limits_are_shown_and_changed(server):
    shown = await server.admin.slash(server.channel, "telephone-admin limits")
    assert "at most 30 turns, and 2 games play at once" in shown.response.content
    changed = await server.admin.slash(server.channel, "telephone-admin limits", max_turns=5, parallel=1)
    assert "at most 5 turns, and 1 game plays at once" in changed.response.content


async def test_budgets_are_shown_and_changed(server):
    shown = await server.admin.slash(server.channel, "telephone-admin budget")
    assert shown.response.content.splitlines() == [
        "Games here may cost $2.00 a day; $0.42 of today's is spent or reserved.",
        "Any number of games a day may be started here; 3 were today.",
        "The games of one member may cost $0.50 a day; any number of games a day may be theirs.",
        "Days begin at 00:00 UTC; games that cost nothing need no budget.",
    ]
    changed = await server.admin.slash(server.channel, "telephone-admin budget", scope="member", usd=0.25, games=1)
    assert "one member may cost $0.25 a day; 1 game a day may be theirs" in changed.response.content


async def test_a_budget_above_the_operators_is_refused_in_a_sentence(server):
    server.app.games.faults = [BadInput("The operator allows $5.00 a day in all; please choose up to that.")]
    result = await server.admin.slash(server.channel, "telephone-admin budget", usd=6)
    assert "please choose up to that" in result.response.content
    assert server.refusals() == ["BadInput"]


async def test_pause_and_resume_say_how_many_games(server):
    server.app.games.add(server.guild.id)
    assert (
        await server.admin.slash(server.channel, "telephone-admin pause")
    ).response.content == admin_messages.paused(1)
    assert [one.state for one in server.app.games.kept.values()] == [GameState.PAUSED]
    assert (
        await server.admin.slash(server.channel, "telephone-admin resume")
    ).response.content == admin_messages.resumed(1)


async def test_members_without_manage_server_do_not_get_the_admin_commands(server):
    with pytest.raises(SetupError):
        await server.alice.slash(server.channel, "telephone-admin pause")


async def test_every_command_and_option_is_described_within_discords_limits(server):
    for root in server.env.bot.tree.get_commands():
        assert root.guild_only
        if isinstance(root, app_commands.ContextMenu):  # an entry of a message's menu has no description
            continue
        for command in root.walk_commands():
            assert 10 <= len(command.description) <= 100
            for option in getattr(command, "parameters", ()):
                assert 10 <= len(option.description) <= 100


async def test_the_bot_asks_for_no_privileged_intent(server):
    assert server.env.bot.intents == discord.Intents(guilds=True)


async def test_closing_the_bot_closes_the_house_first(server, runtime):
    order = []
    runtime.close = _noting(order, "runtime", runtime.close)
    server.env.bot.http.close = _noting(order, "client", server.env.bot.http.close)
    await server.env.bot.close()
    assert order == ["runtime", "client"]


def _noting(order, name, call):
    async def noted():
        order.append(name)
        await call()

    return noted
