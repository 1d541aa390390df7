"""Deletes what we posted of a game or a battle, over REST alone."""

from collections.abc import AsyncIterator, Callable
from typing import Final

import discord
import structlog

from bot.delivery import errors as delivery_errors
from bot.delivery.editor import HISTORY
from bot.delivery.places import CardPlaces
from bot.delivery.sender import names
from telephone.domain.deletions import Spot

_GONE: Final = frozenset({delivery_errors.UNKNOWN_CHANNEL, delivery_errors.UNKNOWN_MESSAGE})
_BARRED: Final = frozenset({50001, 50013, 160005})
"""No access, no permission, a locked thread: messages that we cannot delete."""
_log = structlog.get_logger()


class DiscordCleanup:
    """Deletes our own messages one by one, as Discord's limits allow."""

    def __init__(self, client: discord.Client) -> None:
        self._client, self._places = client, CardPlaces(client)

    async def sweep(self, spot: Spot) -> bool:
        """Deletes all our messages in the thread; in the channel those of `spot`, and those that name the owner.

        Of the channel, HISTORY messages are searched; of a forum, which has none, our posts are cleared.
        Returns False where some messages are out of our reach.
        """
        reached = True
        with delivery_errors.told(0, "sweep"):
            in_forum = await self._places.is_forum(spot.channel_id)
        if in_forum:
            for post_id in {one for one in (spot.thread_id, *spot.messages) if one is not None}:
                reached &= await self._clear(post_id, self._all(post_id, spot, lambda message: True, None))
            return reached
        if spot.thread_id is not None:
            reached = await self._clear(spot.thread_id, self._all(spot.thread_id, spot, lambda message: True, None))
        for message_id in spot.messages:
            reached &= await self._clear(spot.channel_id, _one(message_id))
        named = self._all(spot.channel_id, spot, lambda message: names(message, spot.owner_id), HISTORY)
        return await self._clear(spot.channel_id, named) and reached

    async def _all(
        self, channel_id: int, spot: Spot, meant: Callable[[discord.Message], bool], most: int | None
    ) -> AsyncIterator[int]:
        me, channel = self._client.user, self._client.get_partial_messageable(channel_id)
        since = discord.Object(discord.utils.time_snowflake(spot.since) - 1)
        async for message in channel.history(limit=most, after=since, oldest_first=True):
            if me is not None and message.author.id == me.id and meant(message):
                yield message.id

    async def _clear(self, channel_id: int, messages: AsyncIterator[int]) -> bool:
        """Deletes messages of a channel; returns False where we lack access."""
        try:
            with delivery_errors.told(0, "sweep"):
                async for message_id in messages:
                    await self._delete(channel_id, message_id)
        except discord.HTTPException as error:
            if error.code in _GONE:
                return True
            if error.code in _BARRED:
                _log.info("may not delete messages here", channel=channel_id, code=error.code)
                return False
            raise
        return True

    async def _delete(self, channel_id: int, message_id: int) -> None:
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
        try:
            await message.delete()
        except discord.NotFound:
            return
        except discord.HTTPException as error:
            if error.code != delivery_errors.ARCHIVED:
                raise
            await self._client.http.edit_channel(channel_id, archived=False)
            await message.delete()


async def _one(message_id: int) -> AsyncIterator[int]:
    yield message_id
