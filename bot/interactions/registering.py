"""Registers the commands at Discord. Where it refuses them, the bot plays with those that Discord has."""

import asyncio
from typing import Any, Final

import aiohttp
import discord
import structlog
from discord import app_commands

_TOO_MANY_TODAY: Final = 30034
_LATER: Final = "Discord takes 200 new commands a day; start the bot again tomorrow."
_LONGEST: Final = 500
_READ_WITHIN: Final = 30.0
_ADVICE: Final = {
    403: "Invite the bot with the link of docs/operating.md, section 1, and look at its application in the portal.",
    429: _LATER,
    400: "Update AI Telephone; if it is the newest version, please report this line.",
}
_log = structlog.get_logger()


async def registered(tree: app_commands.CommandTree[Any], *, register: bool = True) -> dict[str, int]:
    """Discord's ids of the top-level commands, by name, once it has those of this version, or refused them.

    Without `register` they are those that another process has registered. A refusal is logged with what to do, a rate
    limit too. Raises HTTPException only where Discord has an outage.
    """
    if register:
        try:
            return _ids(await tree.sync())
        except (discord.HTTPException, discord.RateLimited) as refused:
            if isinstance(refused, discord.HTTPException) and refused.status >= 500:
                raise
            _log.error("commands not registered; Discord's own are used", why=_why(refused), advice=_advice(refused))
    try:
        async with asyncio.timeout(_READ_WITHIN):
            return _ids(await tree.fetch_commands())
    except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as refused:
        _log.warning("commands of Discord's own not read", why=_why(refused))
        return {}


def _ids(commands: list[app_commands.AppCommand]) -> dict[str, int]:
    return {command.name: command.id for command in commands}


def _why(refused: Exception) -> str:
    return " ".join(str(refused).split())[:_LONGEST] or type(refused).__name__


def _advice(refused: discord.HTTPException | discord.RateLimited) -> str:
    if isinstance(refused, discord.RateLimited) or refused.code == _TOO_MANY_TODAY:
        return _LATER
    return _ADVICE.get(refused.status, _ADVICE[400])
