"""Commands about a member's own data and choices: export, delete, name, reminders."""

from typing import Final

from discord import app_commands

from bot.client import TelephoneBot
from bot.interactions.checks import server_of
from bot.interactions.commands import join
from bot.interactions.replies import Press, acknowledge, say
from bot.privacy import messages as privacy_messages
from bot.privacy.buttons import PersonalButton, ask_to_delete


async def export(press: Press) -> None:
    """Get all that is kept of you as a file"""
    await acknowledge(press)
    found = await press.client.app.privacy.export(press.user.id)
    await say(press, privacy_messages.exported(found), file=privacy_messages.file(found))


async def delete(press: Press) -> None:
    """Delete all that is kept of you, on every server; you are asked first"""
    await acknowledge(press)
    await ask_to_delete(press)


@app_commands.describe(on="True: what you draw and write is shown with your name. False: you are called a member")
async def name(press: Press, on: bool) -> None:
    """Choose whether you are named in games on this server"""
    await acknowledge(press)
    privacy = press.client.app.privacy
    await say(press, privacy_messages.named(await privacy.wishes(server_of(press), press.user.id, by_name=on)))


@app_commands.describe(on="True: I write to you when the time of a turn that you took runs out")
async def reminders(press: Press, on: bool) -> None:
    """Choose whether you are reminded of turns that you took on this server"""
    await acknowledge(press)
    privacy = press.client.app.privacy
    await say(press, privacy_messages.reminded(await privacy.wishes(server_of(press), press.user.id, reminders=on)))


COMMANDS: Final = (export, delete, name, reminders)
ITEMS: Final = (PersonalButton,)
GROUP: Final = "me"


async def setup(bot: TelephoneBot) -> None:
    group = app_commands.Group(name=GROUP, description="What is kept of you, and how you are shown")
    join(group, *COMMANDS)
    bot.telephone.add_command(group)
    bot.add_dynamic_items(*ITEMS)


async def teardown(bot: TelephoneBot) -> None:
    bot.telephone.remove_command(GROUP)
    bot.remove_dynamic_items(*ITEMS)
