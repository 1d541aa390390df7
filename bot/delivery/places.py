"""Where cards stand: as messages of a channel, or as posts of a forum or media channel. Over REST alone.

A channel's card has a thread, opened on it; a forum takes no messages but posts, which are threads already.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import discord
from cachetools import LRUCache
from discord.http import Route

from bot.delivery.editor import sendable
from bot.delivery.received import names
from bot.delivery.sender import ARCHIVE_MINUTES, MessageSender
from bot.ui.posts import Post
from telephone.ports.posting import Posting

FORUMS: Final = frozenset({discord.ChannelType.forum.value, discord.ChannelType.media.value})
_REMEMBERED: Final = 10_000
_NO_MENTIONS: Final[Mapping[str, list[str]]] = {"parse": []}
_V2: Final = discord.MessageFlags(components_v2=True).value


class CardPlaces:
    """Posts cards and opens their threads. Raises what discord.py raises."""

    def __init__(self, client: discord.Client) -> None:
        self._client, self._sending = client, MessageSender(client)
        self._forums: LRUCache[int, bool] = LRUCache(_REMEMBERED)

    async def is_forum(self, channel_id: int) -> bool:
        """Whether a channel takes posts and no messages; False where it is gone, or closed to us."""
        if channel_id not in self._forums:
            known = self._client.get_channel(channel_id)
            if isinstance(known, discord.abc.GuildChannel):
                self._forums[channel_id] = known.type.value in FORUMS
                return self._forums[channel_id]
            try:
                found: Any = await self._client.http.get_channel(channel_id)
            except (discord.NotFound, discord.Forbidden):
                return False
            self._forums[channel_id] = found["type"] in FORUMS
        return self._forums[channel_id]

    async def home(self, channel_id: int, post_id: int | None) -> int:
        """The channel or thread where a card stands; `post_id` is its thread's id, or its own before it has one."""
        return post_id if post_id is not None and await self.is_forum(channel_id) else channel_id

    async def post(self, channel_id: int, name: str, card: Post, posting: Posting, owner_id: str) -> int:
        """Posts a card, in a forum as a post of that name; returns its id.

        With `posting.again` the post of an earlier attempt is looked for first.
        """
        if not await self.is_forum(channel_id):
            return await self._sending.post(channel_id, [card], posting, owner_id=owner_id)
        forum: Any = await self._client.http.get_channel(channel_id)
        if posting.again and (kept := await self._only(forum, name, owner_id)) is not None:
            return kept
        view: Any = sendable(card)
        body = {
            "name": name,
            "auto_archive_duration": ARCHIVE_MINUTES,
            "message": {"components": view.to_components(), "flags": _V2, "allowed_mentions": _NO_MENTIONS},
        }
        if tags := tags_to_apply(forum.get("flags", 0), forum.get("available_tags", ())):
            body["applied_tags"] = tags
        made: Any = await self._client.http.request(
            Route("POST", "/channels/{channel_id}/threads", channel_id=channel_id), json=body
        )
        # A post has no nonce, and discord.py repeats a request whose answer was lost.
        return await self._only(forum, name, owner_id) or int(made["id"])

    async def open_thread(self, channel_id: int, card_id: int, name: str, *, again: bool) -> int:
        """Opens the thread on a card; returns its id. The card of a forum has its thread already."""
        if await self.is_forum(channel_id):
            return card_id
        return await self._sending.open_thread(channel_id, card_id, name, again=again)

    async def _only(self, forum: Any, name: str, owner_id: str) -> int | None:
        """The first of our posts of that name whose buttons name the owner, None without one; others are emptied."""
        found = sorted(await self._ours(forum, name, owner_id))
        for twin in found[1:]:
            with suppress(discord.NotFound):
                await self._client.get_partial_messageable(twin).get_partial_message(twin).delete()
            with suppress(discord.Forbidden):  # a post is closed by moderators, and by who opened it where they may
                await self._client.http.edit_channel(twin, archived=True)
        return found[0] if found else None

    async def _ours(self, forum: Any, name: str, owner_id: str) -> list[int]:
        me = self._client.user
        active: Any = await self._client.http.get_active_threads(int(forum["guild_id"]))
        found = []
        for one in active["threads"]:
            mine = me is not None and int(one["owner_id"]) == me.id
            if mine and (one["parent_id"], one["name"]) == (forum["id"], name):
                post_id = int(one["id"])
                with suppress(discord.NotFound):
                    starter = await self._client.get_partial_messageable(post_id).fetch_message(post_id)
                    found += [post_id] if names(starter, owner_id) else []
        return found


def tags_to_apply(flags: int, tags: Sequence[Any]) -> list[str]:
    """The ids of the tags that a post needs: one that anybody may use, where the forum demands a tag."""
    if not flags & discord.ChannelFlags(require_tag=True).value:
        return []
    return [str(tag["id"]) for tag in tags if not tag.get("moderated")][:1]
