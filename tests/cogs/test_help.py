"""The help: five lines, a sixth for who looks after the server, buttons that begin games, and all commands on pages."""

import re

import discord
from discord import app_commands

from bot.about import messages
from bot.ui.text import CONTENT_MAX, units
from bot.ui.wording import ANSWER_MAX, LATE
from telephone.domain.games import GameState
from telephone.errors import BadInput
from telephone.models.catalog import ModelFacts


def labels(message):
    message = getattr(message, "message", message)
    return {button.label: not button.disabled for row in message.components for button in row.children}


def shown(server, who, channel=None):
    """The one answer that this member has before them."""
    (message,) = [one for one in (channel or server.channel).history(viewer=who) if one.flags.ephemeral]
    return message


def commands_in(text):
    """The commands that a text names: `/group name`, and `name` after it in the same line for another of its group."""
    found = set()
    for line in text.splitlines():
        group = None
        for word in re.findall(r"`([^`]+)`", line):
            if word.startswith("/"):
                group = word[1:].partition(" ")[0]
                found.add(word[1:])
            elif group is not None:
                found.add(f"{group} {word}")
    return found


async def moderator_of(server):
    role = server.guild.create_role("Moderators", permissions=discord.Permissions(manage_messages=True))
    return server.guild.add_member(server.env.create_user("mod"), roles=[role])


async def test_help_is_five_lines_and_four_buttons(server):
    result = await server.alice.slash(server.channel, "telephone help")
    assert result.ephemeral
    assert len(result.response.content.splitlines()) == 5
    assert labels(result.response) == dict.fromkeys(("Play", "Party", "Battle", "More"), True)


async def test_who_looks_after_the_server_reads_a_sixth_line(server):
    mod = await moderator_of(server)
    both = f"{messages.ADMINS} {messages.MODERATORS}"
    alone = server.guild.create_role("Alone", permissions=discord.Permissions(manage_guild=True))
    ann = server.guild.add_member(server.env.create_user("ann"), roles=[alone])
    for member, words in ((mod, messages.MODERATORS), (ann, messages.ADMINS), (server.admin, both)):
        result = await member.slash(server.channel, "telephone help")
        assert result.response.content.splitlines()[5:] == [f"- {words}"]


async def test_help_names_only_commands_that_the_member_can_use(server):
    mod = await moderator_of(server)
    for member in (server.alice, mod, server.admin):
        result = await member.slash(server.channel, "telephone help")
        assert commands_in(result.response.content) <= set(member.available_commands(server.channel))


async def test_more_lists_every_command_that_the_member_can_use_on_pages_that_turn(server):
    mod = await moderator_of(server)
    for member in (server.alice, mod, server.admin):
        result = await member.slash(server.channel, "telephone help")
        await member.click(result.response, label="More")
        listed = set()
        while True:
            page = shown(server, member)
            assert units(page.content) <= ANSWER_MAX
            listed |= commands_in(page.content)
            if not labels(page).get("Next"):
                break
            await member.click(page, label="Next")
        assert listed == set(member.available_commands(server.channel))
        await member.click(shown(server, member), label="Back")
        assert shown(server, member).content == result.response.content
        server.env.backend.messages[server.channel.id].clear()


def test_more_has_room_for_any_number_of_commands():
    async def some(press: discord.Interaction) -> None:
        """Unused"""

    group = app_commands.Group(name="telephone", description="x")
    for n in range(25):
        group.add_command(app_commands.Command(name=f"command-{n}", description="d" * 100, callback=some))
    pages = [messages.more([group], number)[0] for number in range(1, 4)]
    assert all(units(page) <= ANSWER_MAX for page in pages)
    assert len(set().union(*map(commands_in, pages))) == 25
    assert messages.more([group], 99)[0] == pages[1] == pages[2], "there are two pages"


async def test_play_begins_a_game_as_the_command_does_without_options(server):
    result = await server.alice.slash(server.channel, "telephone help")
    pressed = await server.alice.click(result.response, label="Play")
    assert pressed.ephemeral
    [asked] = server.app.games.asked
    assert (asked.channel_id, asked.starter_id, asked.prompt) == (server.channel.id, server.alice.id, None)
    assert "#1" in pressed.response.content


async def test_a_press_that_was_late_leaves_every_long_answer_whole_and_sent(server):
    facts = [ModelFacts(f"model-{n}", "t2i", "x", True, None, 0.02, None, None, "t", "words " * 20) for n in range(60)]
    server.app.models.all = lambda: facts
    for n in range(80):
        server.app.games.add(server.guild.id, GameState.PLAYING if n % 2 else GameState.QUEUED)
    for command in ("help", "models", "status"):
        whole = await server.admin.slash(server.channel, f"telephone {command}")
        server.env.bot.late[server.admin.id] = True
        late = await server.admin.slash(server.channel, f"telephone {command}")
        assert late.response.content == f"{LATE}\n{whole.response.content}", command
        assert units(late.response.content) <= CONTENT_MAX
    assert server.refusals() == []


async def test_an_answer_that_cannot_be_bounded_before_is_cut_after_the_late_sentence(server):
    server.env.bot.late[server.alice.id] = True
    server.app.games.faults = [BadInput("many words of a provider " * 100)]
    result = await server.alice.slash(server.channel, "telephone start", prompt="a fox")
    assert result.response.content.startswith(LATE)
    assert result.response.content.endswith("…")
    assert units(result.response.content) <= CONTENT_MAX
    assert server.refusals() == ["BadInput"]
