"""Edits and deletes messages that were posted in a thread before."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import discord
import structlog

from bot.delivery import errors, received
from bot.ui.posts import Post, turn_now
from telephone.domain.games import Game
from telephone.errors import StageGone, Unavailable

UPLOAD_MAX: Final = 10 * 2**20
"""The most bytes of one file that every server accepts."""
SIZES: Final = (UPLOAD_MAX, UPLOAD_MAX // 4, UPLOAD_MAX // 16)
HISTORY: Final = 1_000
"""How many messages of a channel or thread are searched for our own."""
NO_MENTIONS: Final = discord.AllowedMentions.none()
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MessageEditor:
    """Edits messages over REST alone. Raises StageGone, Refused or Unavailable."""

    client: discord.Client

    async def edit(
        self, turn: int, thread_id: int, message_id: int, at_most: Callable[[int], Awaitable[list[Post]]]
    ) -> None:
        """Edits a message of a thread with the first post of `at_most`; does nothing where the message was deleted.

        `at_most` gives the posts with files of at most so many bytes; it is asked for smaller ones where Discord
        refuses the size.
        """
        with errors.told(turn, "thread"):
            for size in SIZES:
                try:
                    await self._edit_awake(thread_id, message_id, (await at_most(size))[0])
                except discord.NotFound as error:
                    _log.info("message is gone", thread=thread_id, code=error.code)
                except discord.HTTPException as error:
                    if error.code == errors.TOO_OLD_TO_EDIT:
                        raise Unavailable("Discord takes no edit of this message just now.") from error
                    if not errors.too_large(error) or size == SIZES[-1]:
                        raise
                    continue
                return

    async def _edit_awake(self, thread_id: int, message_id: int, post: Post) -> None:
        message = self.client.get_partial_messageable(thread_id).get_partial_message(message_id)
        shown: dict[str, Any] = {"content": post.content} if post.view is None else {"view": sendable(post)}
        try:
            await message.edit(**shown, attachments=files_of(post), allowed_mentions=NO_MENTIONS)
        except discord.HTTPException as error:
            if error.code != errors.ARCHIVED:
                raise
            await self.client.http.edit_channel(thread_id, archived=False)
            await message.edit(**shown, attachments=files_of(post), allowed_mentions=NO_MENTIONS)

    async def withdraw_replay(self, game: Game) -> None:
        """Deletes a game's replays from its thread; the next request makes a new one."""
        me, stem, thread = self.client.user, f"game-{game.number}", self.client.get_partial_messageable(thread_of(game))
        with errors.told(turn_now(game), "thread"), suppress(discord.NotFound):
            async for message in thread.history(limit=HISTORY):
                mine = me is not None and message.author.id == me.id
                if mine and [file.name.rpartition(".")[0] for file in received.files(message)] == [stem]:
                    await message.delete()


def sendable(post: Post) -> discord.ui.LayoutView:
    """The view, stopped: persistent buttons answer by their ids, so the client need not keep it."""
    assert post.view is not None
    post.view.stop()
    return post.view


def files_of(post: Post) -> list[discord.File]:
    return [attachment.file() for attachment in post.files]


def thread_of(game: Game) -> int:
    return need(game.place.thread_id, "thread")


def need(message_id: int | None, what: str) -> int:
    if message_id is None:
        raise StageGone(f"The {what} is gone; press Continue for a new one.", "thread", gone=True)
    return message_id
