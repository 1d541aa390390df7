"""Checks of an interaction: its server and channel, the bot's permissions, the member's rights, the game meant."""

from typing import Final

import discord

from bot.interactions.replies import Press
from bot.ui import wording
from telephone.domain.games import Game
from telephone.errors import BadInput, NotAllowed, NotFound

RESTRICTABLE: Final = (
    discord.TextChannel,
    discord.Thread,
    discord.VoiceChannel,
    discord.StageChannel,
    discord.ForumChannel,
)
"""The places of a command that can be age-restricted; a thread is where its channel is."""


def missing_permissions(permissions: discord.Permissions) -> list[str]:
    """The names of the permissions that a game needs and the bot lacks."""
    return [name for name in wording.NEEDED if not getattr(permissions, name)]


def require_game_channel(press: Press) -> int:
    """The id of the channel to play in. Raises NotAllowed where it is no text channel or permissions are missing."""
    channel = press.channel
    if not isinstance(channel, discord.TextChannel):
        raise NotAllowed(wording.NOT_HERE)
    require_permissions(press)
    return channel.id


def require_permissions(press: Press) -> None:
    """Raises NotAllowed where the bot lacks a permission that a game needs; a thread has those of its channel."""
    if missing_permissions(press.app_permissions):
        raise NotAllowed(wording.NO_THREADS)


def age_restricted(press: Press) -> bool:
    """Whether Discord shows this channel, or the one this thread belongs to, to adults only."""
    return isinstance(press.channel, RESTRICTABLE) and press.channel.is_nsfw()


def server_of(press: Press) -> int:
    """The id of the server a command was used in. Raises BadInput in a direct message."""
    if press.guild_id is None:
        raise BadInput("Games are played on servers; please use this command on one.")
    return press.guild_id


def is_host(press: Press) -> bool:
    """Whether the member may manage the server. Services also take the member who started a game for its host."""
    return press.permissions.manage_guild


async def game_meant(press: Press, number: int | None, *, unfinished_only: bool = False) -> Game:
    """The game with that number, else the one of this thread, else the server's newest.

    Raises NotFound where there is none, and BadInput in the thread of a battle or a party, which means no one game.
    """
    app, guild_id = press.client.app, server_of(press)
    if number is not None:
        return await app.games.by_number(guild_id, number)
    party = await app.parties.in_thread(press.channel_id or 0)
    if party is not None:
        raise BadInput(f"This is the thread of party {party.number}; please name the number of one of its games.")
    here = await app.games.in_thread(press.channel_id or 0)
    if here is not None:
        return here
    battle = await app.battles.in_thread(press.channel_id or 0)
    if battle is not None:
        raise BadInput(f"This is the thread of battle {battle.number}; its buttons are on its card in the channel.")
    newest = await app.games.recent(guild_id, unfinished_only=unfinished_only, limit=1)
    if not newest:
        raise NotFound("No such game is here yet; /telephone start begins one.")
    return newest[0]
