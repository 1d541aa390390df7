"""Registers the commands at Discord. Where it refuses them, the bot plays with those that Discord has."""

from typing import Any, Final

import discord
import structlog
from discord import app_commands

_TOO_MANY_TODAY: Final = 30034
_LONGEST: Final = 500
_ADVICE: Final = {
    403: "Invite the bot with the link of docs/operating.md, section 1, and look at its application in the portal.",
    400: "Update AI Telephone; if it is the newest version, please report this line.",
}
_LATER: Final = "Discord takes 200 new commands a day; start the bot again tomorrow."
_log = structlog.get_logger()


async def registered(tree: app_commands.CommandTree[Any]) -> dict[str, int]:
    """Discord's ids of the top-level commands, by name, once it has those of this version, or refused them.

    A refusal is logged with what to do. Raises HTTPException only where Discord has an outage.
    """
    try:
        return _ids(await tree.sync())
    except discord.HTTPException as refused:
        if refused.status >= 500 or (refused.status == 429 and refused.code != _TOO_MANY_TODAY):
            raise
        _log.error("commands not registered; Discord's own are used", why=_why(refused), advice=_advice(refused))
    try:
        return _ids(await tree.fetch_commands())
    except discord.HTTPException as refused:
        _log.warning("commands of Discord's own not read", why=_why(refused))
        return {}


def _ids(commands: list[app_commands.AppCommand]) -> dict[str, int]:
    return {command.name: command.id for command in commands}


def _why(refused: discord.HTTPException) -> str:
    return " ".join(str(refused).split())[:_LONGEST]


def _advice(refused: discord.HTTPException) -> str:
    return _LATER if refused.code == _TOO_MANY_TODAY else _ADVICE.get(refused.status, _ADVICE[400])
