"""Answers to one member: acknowledge within three seconds, then answer where only they see it."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeAlias

import aiohttp
import discord
import structlog

from bot.client import Closing, TelephoneBot
from bot.delivery.editor import files_of, sendable
from bot.ui import wording
from bot.ui.posts import Attachment, Post, cut_layout
from bot.ui.text import cut
from telephone.domain.interactions import Acknowledged

Press: TypeAlias = discord.Interaction[TelephoneBot]
"""An interaction: a member used a command, a button, a select or a form."""

_log = structlog.get_logger()


async def acknowledge(press: Press) -> None:
    """Tells Discord that the answer will come, and that only this member will see it. A restart does not forget it.

    Where the store does not answer a restart would, so the member is told what to do if no other answer comes.
    """
    if await _keep(press, in_place=False):
        await press.response.defer(ephemeral=True, thinking=True)
    else:
        await press.response.send_message(wording.SLOW_STORE, ephemeral=True)


async def acknowledge_in_place(press: Press) -> None:
    """Tells Discord that the answer will change the message whose button was pressed. A restart does not forget it."""
    await _keep(press, in_place=True)
    await press.response.defer()


async def _keep(press: Press, *, in_place: bool) -> bool:
    """Stores an interaction before it is acknowledged; whether its row is there."""
    press.client.ensure_open()
    interactions = press.client.app.interactions
    return await interactions.keep(
        Acknowledged(
            id=press.id,
            application_id=press.application_id,
            token=press.token,
            guild_id=press.guild_id or 0,
            channel_id=press.channel_id or 0,
            member_id=press.user.id,
            command=name_of(press),
            in_place=in_place,
            worker=interactions.worker,
            at=datetime.now(UTC),
        )
    )


def answered(press: Press) -> None:
    """Lets an interaction go that was answered, or that nobody can answer any more; nothing while the bot closes."""
    with suppress(RuntimeError, Closing):
        press.client.app.interactions.answered(press.id)


def name_of(press: Press) -> str:
    """The name of the command or button, never what was typed into it."""
    if press.command is not None:
        return press.command.qualified_name
    data: Any = press.data or {}
    return str(data.get("custom_id", "")).rpartition(":")[0] or "unknown"


async def say(
    press: Press, content: str, *, view: discord.ui.View | None = None, file: Attachment | None = None
) -> None:
    """Sends the answer in place of an earlier one.

    A member whose last interaction expired is told that their game is safe.
    """
    if press.client.late.pop(press.user.id, False):
        content = f"{wording.LATE}\n{content}"
    content = cut(content)
    await _send(press, content, view, [file.file()] if file else [])
    answered(press)


async def _send(press: Press, content: str, view: discord.ui.View | None, files: list[discord.File]) -> None:
    if _stands_in_layout(press):
        await _follow_up(press, content, files)
    elif press.response.is_done():
        await press.edit_original_response(content=content, view=view, attachments=files)
    elif view is None:
        await press.response.send_message(content, files=files, ephemeral=True)
    else:
        await press.response.send_message(content, view=view, files=files, ephemeral=True)


async def show(press: Press, post: Post) -> None:
    """Sends the answer as a layout, in the place of the deferred answer or of the message whose item was used."""
    view = sendable(post)
    if press.client.late.pop(press.user.id, False):
        view.add_item(discord.ui.TextDisplay(wording.LATE))
        cut_layout(view)
    # A layout takes no content beside it; only what `acknowledge` said of the store has some.
    told = press.response.type is discord.InteractionResponseType.channel_message
    content = None if told else discord.utils.MISSING
    await press.edit_original_response(content=content, view=view, attachments=files_of(post))
    answered(press)


async def _follow_up(press: Press, content: str, files: list[discord.File]) -> None:
    """Says more to the member; a follow-up that may have arrived is not repeated."""
    try:
        await press.followup.send(content, files=files, ephemeral=True)
    except (discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
        _log.info("a follow-up may not have arrived", why=type(error).__name__)


def _stands_in_layout(press: Press) -> bool:
    """Whether the answer would edit a Components V2 message, which takes no content beside its layout."""
    in_place = press.response.type is discord.InteractionResponseType.deferred_message_update
    return in_place and press.message is not None and press.message.flags.components_v2
