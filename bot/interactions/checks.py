"""Checks of an interaction: its server and channel, the bot's permissions, the member's rights, the game meant."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import discord

from bot.interactions.replies import Press
from bot.ui import wording
from telephone.domain.games import Game
from telephone.errors import BadInput, NotAllowed, NotFound

Place: TypeAlias = discord.TextChannel | discord.ForumChannel
"""A channel that takes cards: a text or announcement channel, a forum or a media channel."""
Asked: TypeAlias = Any
"""Any channel or thread where a command was used or a button pressed."""
RESTRICTABLE: Final = (
    discord.TextChannel,
    discord.Thread,
    discord.VoiceChannel,
    discord.StageChannel,
    discord.ForumChannel,
)
"""The places of a command that can be age-restricted; a thread is where its channel is."""


class Elsewhere(NotAllowed):
    """A game cannot be played where it was asked for; it can be in the channel of this id, where one is known."""

    def __init__(self, sentence: str, channel_id: int | None) -> None:
        super().__init__(f"{sentence}." if channel_id is None else f"{sentence}:")
        self.channel_id = channel_id


def needed_in(channel: Asked) -> Mapping[str, str]:
    """The permissions that the bot needs for games in a channel, and what its settings call them."""
    return wording.NEEDED_IN_FORUM if isinstance(channel, discord.ForumChannel) else wording.NEEDED


def missing_permissions(channel: Asked, permissions: discord.Permissions) -> list[str]:
    """The names of the permissions that a game needs in a channel and the bot lacks."""
    return [name for name in needed_in(channel) if not getattr(permissions, name)]


def game_place(press: Press, channel: Asked) -> Place:
    """The channel that takes the cards of games asked for in `channel`: itself, or the forum that a post is in.

    Raises NotAllowed with the way to go where no game can be played, and where a forum demands a tag that we may not
    apply.
    """
    if isinstance(channel, discord.Thread):
        forum = channel.parent
        if not isinstance(forum, discord.ForumChannel):
            raise Elsewhere(wording.NOT_IN_THREAD, channel.parent_id)
        channel = forum
    if isinstance(channel, discord.ForumChannel):
        if channel.flags.require_tag and all(tag.moderated for tag in channel.available_tags):
            raise NotAllowed(wording.NO_TAG)
        return channel
    if isinstance(channel, discord.TextChannel):
        return channel
    in_voice = isinstance(channel, discord.VoiceChannel | discord.StageChannel)
    raise Elsewhere(wording.NOT_IN_VOICE if in_voice else wording.NOT_HERE, _open_to(press))


def checked(press: Press, channel: Place | None) -> tuple[Place, discord.Permissions]:
    """The channel whose permissions are asked about, by default the one here, and what the bot may do in it."""
    place = game_place(press, press.channel if channel is None else channel)
    here = press.channel_id == place.id or (channel is None and isinstance(press.channel, discord.Thread))
    return place, press.app_permissions if here else place.permissions_for(place.guild.me)


def require_game_channel(press: Press) -> int:
    """The id of the channel to play in. Raises NotAllowed where there is none, or permissions are missing."""
    place = game_place(press, press.channel)
    _require(press, place)
    return place.id


def require_permissions(press: Press) -> None:
    """Raises NotAllowed where the bot lacks a permission that a game needs; a thread has those of its channel."""
    _require(press, press.channel.parent if isinstance(press.channel, discord.Thread) else press.channel)


def _require(press: Press, channel: Asked) -> None:
    if missing_permissions(channel, press.app_permissions):
        raise NotAllowed(wording.NO_THREADS)


def _open_to(press: Press) -> int | None:
    """The first text channel where this member may write and the bot may play; None where there is none."""
    guild, member = press.guild, press.user
    if guild is None or not isinstance(member, discord.Member):
        return None
    for channel in guild.text_channels:
        theirs = channel.permissions_for(member)
        ours = channel.permissions_for(guild.me)
        if theirs.view_channel and theirs.send_messages and not missing_permissions(channel, ours):
            return channel.id
    return None


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
