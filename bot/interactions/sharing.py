"""Answers that a member can share with the channel, and whose pages turn in place."""

from datetime import UTC, datetime
from typing import Final

import discord

from bot.delivery.errors import told
from bot.delivery.sender import MessageSender
from bot.interactions.checks import server_of
from bot.interactions.replies import Press, acknowledge, acknowledge_in_place, say
from bot.ui.posts import Post, address
from telephone.errors import NotAllowed
from telephone.ports.posting import Posting

NOT_POSTED: Final = "I may not post in this channel; please ask an admin to run /telephone-admin check."


def require_voice(press: Press) -> None:
    """Raises NotAllowed where the bot may not post a message with files."""
    allowed = press.app_permissions
    in_thread = isinstance(press.channel, discord.Thread)
    may_send = allowed.send_messages_in_threads if in_thread else allowed.send_messages
    if not (allowed.view_channel and may_send and allowed.attach_files):
        raise NotAllowed(NOT_POSTED)


async def share(press: Press, what: str, post: Post) -> None:
    """Posts an answer in the channel for everybody, and tells the member where `what` is."""
    channel_id = press.channel_id or 0
    with told(0, "channel"):
        posting = Posting(str(press.id), datetime.now(UTC))
        message_id = await MessageSender(press.client).post(channel_id, [post], posting)
    await say(press, f"{what} {address(server_of(press), channel_id, message_id)}")


async def turn_over(press: Press) -> None:
    """Acknowledges a button under an answer.

    The next answer replaces one that the member alone sees; under a shared one, which others read, it is a new answer
    for this member alone.
    """
    if press.message is not None and press.message.flags.ephemeral:
        await acknowledge_in_place(press)
    else:
        await acknowledge(press)
