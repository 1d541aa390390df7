"""Commands for admins of a server: check, limits, budget, pause, resume."""

from typing import Final, Literal

import discord
from discord import app_commands
from discord.app_commands import Range

from bot.admin import messages as admin_messages
from bot.admin.options import Changes, with_options
from bot.client import TelephoneBot
from bot.interactions.checks import checked, missing_permissions, needed_in, server_of
from bot.interactions.commands import join, leave
from bot.interactions.replies import Press, acknowledge, say
from telephone.domain.servers import offered

USD_MAX: Final = 1_000.0
GAMES_MAX: Final = 500


@app_commands.describe(channel="Which channel; left out, this one, or the forum of this post")
async def check(press: Press, channel: discord.TextChannel | None = None) -> None:
    """What the bot may do in a channel, and what it still needs"""
    await acknowledge(press)
    place, permissions = checked(press, channel)
    missing = missing_permissions(place, permissions)
    await say(press, admin_messages.check(f"<#{place.id}>", missing, needed_in(place)))


async def limits(press: Press, changes: Changes) -> None:
    """See or change how long games and members' turns may be and how many play at once"""
    await acknowledge(press)
    await say(press, admin_messages.limits(await press.client.app.servers.change(server_of(press), **changes)))


@app_commands.describe(
    scope="All games of this server, or those of each single member",
    usd="US dollars that games may cost a day; the operator sets how high this goes",
    games="How many games may be started a day, free ones too",
)
async def budget(
    press: Press,
    scope: Literal["server", "member"] = "server",
    usd: Range[float, 0.0, USD_MAX] | None = None,
    games: Range[int, 0, GAMES_MAX] | None = None,
) -> None:
    """See or change what games may cost a day and how many there may be"""
    await acknowledge(press)
    await say(
        press,
        admin_messages.budget(await press.client.app.servers.budget(server_of(press), scope, usd=usd, games=games)),
    )


async def pause(press: Press) -> None:
    """Pause every game here at once; nothing more is spent"""
    await acknowledge(press)
    await say(press, admin_messages.paused(await press.client.app.servers.pause(server_of(press))))


async def resume(press: Press) -> None:
    """Let the games that were paused go on"""
    await acknowledge(press)
    await say(press, admin_messages.resumed(await press.client.app.servers.resume(server_of(press))))


COMMANDS: Final = (check, limits, budget, pause, resume)


async def setup(bot: TelephoneBot) -> None:
    join(bot.admin, check, with_options(limits, offered("limits")), budget, pause, resume)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.admin, *COMMANDS)
