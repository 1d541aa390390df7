"""Deletes what we posted of a game or a battle, over REST alone."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final

import discord
import structlog

from bot.delivery import errors as delivery_errors
from bot.delivery import refusals
from bot.delivery.editor import HISTORY
from bot.delivery.places import CardPlaces
from bot.delivery.received import names
from telephone.domain.deletions import Spot
from telephone.errors import StageGone

UNDELETABLE: Final = frozenset({1, 2, 3, 4, 5, 21})
"""Types of messages that nobody can delete, a thread's starter among them. Discord wrote them; they hold no words."""
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
            if spot.thread_id is not None:
                reached = await self._clear(spot.thread_id, _listed(spot.posted))
            for post_id in {one for one in (spot.thread_id, *spot.messages) if one is not None}:
                reached &= await self._clear(post_id, self._all(post_id, spot, lambda message: True, None))
            return reached
        if spot.thread_id is not None:
            # By their ids too: without Read Message History the list of messages comes back empty.
            reached = await self._clear(spot.thread_id, _listed(spot.posted))
            reached &= await self._clear(spot.thread_id, self._all(spot.thread_id, spot, lambda message: True, None))
        reached &= await self._clear(spot.channel_id, _listed(spot.messages))
        named = self._all(spot.channel_id, spot, lambda message: names(message, spot.owner_id), HISTORY)
        return await self._clear(spot.channel_id, named) and reached

    async def _all(
        self, channel_id: int, spot: Spot, meant: Callable[[discord.Message], bool], most: int | None
    ) -> AsyncIterator[int]:
        me, channel = self._client.user, self._client.get_partial_messageable(channel_id)
        since = discord.Object(discord.utils.time_snowflake(spot.since) - 1)
        async for message in channel.history(limit=most, after=since, oldest_first=True):
            mine = me is not None and message.author.id == me.id and message.type.value not in UNDELETABLE
            if mine and meant(message):
                yield message.id

    async def _clear(self, channel_id: int, messages: AsyncIterator[int]) -> bool:
        """Deletes messages of a channel; returns False where some, or their list, are out of reach. The rest goes."""
        reached = True
        try:
            with delivery_errors.told(0, "channel"):
                async for message_id in messages:
                    reached &= await self._delete(channel_id, message_id)
        except StageGone as error:
            return _is_gone(error, channel_id) and reached
        return reached

    async def _delete(self, channel_id: int, message_id: int) -> bool:
        """Deletes one message; returns False where it stands and we may not delete it. Raises what may pass."""
        try:
            with delivery_errors.told(0, "thread"):
                await self._delete_awake(channel_id, message_id)
        except StageGone as error:
            return _is_gone(error, channel_id)
        except discord.HTTPException as error:
            if error.code != refusals.SYSTEM_MESSAGE:
                raise
        return True

    async def _delete_awake(self, channel_id: int, message_id: int) -> None:
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
        try:
            await message.delete()
        except discord.HTTPException as error:
            if error.code != refusals.ARCHIVED:
                raise
            await self._client.http.edit_channel(channel_id, archived=False)
            await message.delete()


def _is_gone(error: StageGone, channel_id: int) -> bool:
    if not error.gone:
        _log.info("may not delete messages here", channel=channel_id, why=error.sentence)
    return error.gone


async def _listed(message_ids: Iterable[int]) -> AsyncIterator[int]:
    for message_id in message_ids:
        yield message_id
