"""Reports of single turns, and where adult content may be played."""

from typing import Final

import discord
from discord import app_commands

from bot.client import TelephoneBot
from bot.interactions.checks import server_of
from bot.interactions.commands import join, leave
from bot.interactions.replies import Press, acknowledge, say
from bot.moderation import messages as moderation_messages
from bot.moderation.buttons import ReportButton, ReportForm, RoundForm, buttons
from telephone.domain.servers import NsfwPolicy

REPORT: Final = "Report this turn"


async def report(press: Press, message: discord.Message) -> None:
    moderation, guild_id = press.client.app.moderation, server_of(press)
    if found := await moderation.round_at(guild_id, message.id):
        await press.response.send_modal(RoundForm(*found))
        return
    await press.response.send_modal(ReportForm(*await moderation.turn_at(guild_id, message.id)))


async def reports(press: Press) -> None:
    """See the turns that members reported, and decide about them"""
    await acknowledge(press)
    waiting = await press.client.app.moderation.waiting(server_of(press))
    await say(press, moderation_messages.reports(waiting), view=buttons(waiting))


@app_commands.describe(policy="Nowhere on this server, or in age-restricted channels only")
async def nsfw(press: Press, policy: NsfwPolicy) -> None:
    """Choose where adult content may be played; by default nowhere"""
    await acknowledge(press)
    settings = await press.client.app.servers.allow_nsfw(server_of(press), policy)
    await say(press, moderation_messages.nsfw(settings))


ITEMS: Final = (ReportButton,)


async def setup(bot: TelephoneBot) -> None:
    join(bot.moderate, reports)
    join(bot.admin, nsfw)
    menu = app_commands.ContextMenu(name=REPORT, callback=report)
    menu.guild_only = True
    bot.tree.add_command(menu)
    bot.add_dynamic_items(*ITEMS)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.moderate, reports)
    leave(bot.admin, nsfw)
    bot.tree.remove_command(REPORT, type=discord.AppCommandType.message)
    bot.remove_dynamic_items(*ITEMS)
