"""Sends messages once: a repeated attempt first looks for the message of the attempt before."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import discord

from bot.delivery import errors, received
from bot.delivery.editor import HISTORY, NO_MENTIONS, SIZES, files_of, sendable
from bot.ui.posts import Post
from telephone.errors import StageGone
from telephone.ports.posting import Posting, nonce

ARCHIVE_MINUTES: Final = 1440
_LOOK_BACK: Final = timedelta(minutes=1)
_POSTED_ANEW: Final = 10
"""How often a message that is deleted again and again is posted anew while Discord remembers its nonces."""
DELETED_EACH_TIME: Final = (
    "Somebody here deletes this message as often as I post it, so I stopped; please ask a moderator why."
)
AtMost = Callable[[int], Awaitable[list[Post]]]
"""Gives posts with files of at most so many bytes. The first is sent; the others are what an attempt may have sent."""


@dataclass(frozen=True, slots=True)
class MessageSender:
    """Sends messages over REST alone. Raises what discord.py raises; `bot.delivery.errors.told` translates it."""

    client: discord.Client

    async def post_fitting(
        self,
        channel_id: int,
        at_most: AtMost,
        posting: Posting,
        *,
        reply_to: int | None = None,
        owner_id: str | None = None,
    ) -> int:
        """Posts with smaller and smaller files until Discord accepts them; returns the message's id."""
        for size in SIZES:
            try:
                return await self.post(channel_id, await at_most(size), posting, reply_to=reply_to, owner_id=owner_id)
            except discord.HTTPException as error:
                if not errors.too_large(error) or size == SIZES[-1]:
                    raise
        raise AssertionError("unreachable: the last size returns or raises")

    async def post(
        self,
        channel_id: int,
        posts: Sequence[Post],
        posting: Posting,
        *,
        reply_to: int | None = None,
        owner_id: str | None = None,
    ) -> int:
        """Sends the first of `posts`; returns its id.

        With `posting.again` it looks first for a message of an earlier attempt: one of `posts`, or one with buttons
        that name `owner_id`.
        """
        channel = self.client.get_partial_messageable(channel_id)
        if posting.again:
            found = await self._find(channel, posts, posting.since, owner_id)
            if found is not None:
                return found
        for own in _nonces(posting.nonce):
            try:
                return await self._send(channel, posts[0], own, reply_to)
            except discord.NotFound as error:
                if error.code != errors.UNKNOWN_MESSAGE:
                    raise
        raise StageGone(DELETED_EACH_TIME, "filter")

    async def _send(self, channel: discord.PartialMessageable, post: Post, own: str, reply_to: int | None) -> int:
        options: dict[str, Any] = {"nonce": own, "allowed_mentions": NO_MENTIONS, "files": files_of(post)}
        if reply_to is not None:
            options["reference"] = discord.MessageReference(
                message_id=reply_to, channel_id=channel.id, fail_if_not_exists=False
            )
        if post.view is not None:
            sent = await channel.send(view=sendable(post), **options)
        else:
            sent = await channel.send(post.content, suppress_embeds=True, **options)
        return sent.id

    async def open_thread(self, channel_id: int, message_id: int, name: str, *, again: bool) -> int:
        """Opens the thread on a message; returns its id, which is the message's own, since a message has one thread."""
        if again and await self.exists(message_id):
            return message_id
        try:
            thread = await self.client.http.start_thread_with_message(
                channel_id, message_id, name=name, auto_archive_duration=ARCHIVE_MINUTES
            )
        except discord.HTTPException as error:
            if error.code != errors.THREAD_EXISTS:
                raise
            return message_id
        return int(thread["id"])

    async def exists(self, channel_id: int) -> bool:
        """Whether a channel or thread still exists."""
        try:
            await self.client.http.get_channel(channel_id)
        except discord.NotFound:
            return False
        return True

    async def stands(self, channel_id: int, message_id: int) -> bool:
        """Whether a message still exists."""
        try:
            await self.client.http.get_message(channel_id, message_id)
        except discord.NotFound:
            return False
        return True

    async def _find(
        self, channel: discord.PartialMessageable, posts: Sequence[Post], since: datetime, owner_id: str | None
    ) -> int | None:
        """The id of our message of an earlier attempt: same words and files, or buttons that name the same owner."""
        me = self.client.user
        after = since if since.tzinfo else since.replace(tzinfo=UTC)
        async for message in channel.history(limit=HISTORY, after=after - _LOOK_BACK, oldest_first=True):
            if me is not None and message.author.id == me.id and any(_same(message, post, owner_id) for post in posts):
                return message.id
        return None


def _nonces(first: str) -> Iterator[str]:
    """The nonce of a message, and those for posting it anew: Discord answers the nonce of a deleted message 10008.

    They are the same at every attempt, so that a message that was posted anew is found by its own.
    """
    yield first
    for number in range(1, _POSTED_ANEW):
        yield nonce(first, f"anew/{number}")


def _same(message: discord.Message, post: Post, owner_id: str | None) -> bool:
    if owner_id is not None:
        return received.names(message, owner_id)
    stems = tuple(sorted(file.name.rpartition(".")[0] for file in received.files(message)))
    return (received.words(message), stems) == (post.words, post.stems)
