"""What a member means: which game, on whose behalf, and whether the bot may play in this channel."""

import discord

from bot.interactions.replies import Press
from bot.ui import wording
from telephone.domain.games import Game
from telephone.errors import BadInput, NotAllowed, NotFound


def missing_permissions(permissions: discord.Permissions) -> list[str]:
    """Which of the permissions that a game needs are absent."""
    return [name for name in wording.NEEDED if not getattr(permissions, name)]


def require_stage(press: Press) -> int:
    """The channel to play in. Raises NotAllowed before anything is stored or spent."""
    channel = press.channel
    if not isinstance(channel, discord.TextChannel):
        raise NotAllowed(wording.NOT_HERE)
    require_permissions(press)
    return channel.id


def require_permissions(press: Press) -> None:
    """Raises NotAllowed where the bot lacks what a game needs; a thread has its channel's permissions."""
    if missing_permissions(press.app_permissions):
        raise NotAllowed(wording.NO_THREADS)


def age_restricted(press: Press) -> bool:
    """Whether Discord shows this channel, or the one this thread belongs to, to adults only."""
    return isinstance(press.channel, discord.TextChannel | discord.Thread) and press.channel.is_nsfw()


def server_of(press: Press) -> int:
    """The server a command was used in. Raises BadInput in a direct message."""
    if press.guild_id is None:
        raise BadInput("Games are played on servers; please use this command on one.")
    return press.guild_id


def is_host(press: Press) -> bool:
    """Whether the member may manage the server; who started a game is host of it too."""
    return press.permissions.manage_guild


async def game_meant(press: Press, number: int | None, *, unfinished_only: bool = False) -> Game:
    """The game of that number, else the one of this thread, else the server's newest. Raises NotFound.

    A battle's thread, or a party's, means no game: BadInput says what to do instead.
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
