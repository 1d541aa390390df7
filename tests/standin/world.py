"""simcord's world on a real clock, driven from outside, with what it gets wrong about threads corrected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
from simcord._clock import Clock
from simcord.backend import Backend
from simcord.backend.cdn import CDN_BASE
from simcord.backend.errors import BackendError
from simcord.backend.models import Channel, Interaction, Message, Overwrite
from simcord.builders import ChannelHandle, GuildHandle
from simcord.enums import ChannelType, MessageType, OverwriteType
from simcord.env import Env

from tests.standin import channels
from tests.support import discord_payloads

discord_payloads.install()

HAS_THREAD = 1 << 5
UPLOAD_LIMIT = 10 * 1024 * 1024


class RealClock(Clock):
    """Now, plus what a test skipped ahead: a bot in a process of its own compares our times with its clock."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.elapsed)


class MendedBackend(Backend):
    """simcord's state of the world, with Discord's rules about threads and deadlines."""

    def __init__(self, acknowledge_within: float) -> None:
        super().__init__(clock=RealClock())
        self.acknowledge_within = acknowledge_within
        self.age_restricted: set[int] = set()
        self.archived_deletes = True
        self.own_types: dict[int, int] = {}
        self.channel_flags: dict[int, int] = {}
        self._starter_id: int | None = None

    def new_interaction(self, type: int, channel_id: int, user_id: int, guild_id: int | None) -> Interaction:  # noqa: A002
        record = super().new_interaction(type, channel_id, user_id, guild_id)
        record.initial_response_deadline = self.iso_after(self.acknowledge_within)
        return record

    def create_thread(
        self, parent_id: int, name: str, owner_id: int, *, message_id: int | None = None, **options: Any
    ) -> Channel:
        """A thread; on a message only one, and then without a line in the parent channel."""
        if message_id is None:
            return super().create_thread(parent_id, name, owner_id, message_id=self._starter_id, **options)
        if message_id in self.channels:
            raise BackendError(400, 160004, "A thread has already been created for this message")
        options["broadcast"] = False
        if self.get_channel(parent_id).type == ChannelType.NEWS:
            self.own_types[message_id] = channels.ANNOUNCEMENT_THREAD
        thread = super().create_thread(parent_id, name, owner_id, message_id=message_id, **options)
        self.get_message(parent_id, message_id).flags |= HAS_THREAD
        self.announce_thread_create(thread)
        starter = self.create_system_message(
            thread.id,
            MessageType.THREAD_STARTER_MESSAGE,
            owner_id,
            referenced_channel_id=parent_id,
            referenced_message_id=message_id,
        )
        starter.content = ""
        thread.message_count = 0
        return thread

    def create_forum_post(self, forum_id: int, name: str, starter: Message, **options: Any) -> tuple[Channel, Message]:
        """A post, which has the id of its first message."""
        self._starter_id = starter.id
        try:
            return super().create_forum_post(forum_id, name, starter, **options)
        finally:
            self._starter_id = None

    def commit_message(self, message: Message, *, broadcast: bool = True) -> Message:
        """Post a message; a post wakes an archived thread."""
        channel = self.get_channel(message.channel_id)
        if channel.thread_metadata is not None and channel.thread_metadata.archived:
            self.edit_channel(channel.id, {}, thread_metadata={"archived": False, "archive_timestamp": self.now_iso()})
        return super().commit_message(message, broadcast=broadcast)


class World(Env):
    """A simcord environment that no bot is attached to: events leave through the gateway, never in-process.

    simcord waits after every act until the bot has come to rest and refuses two acts at once; here
    the bot lives in another process, so nothing can be waited for and nothing needs to be refused.
    """

    def __init__(self, *, acknowledge_within: float, shards: int) -> None:
        super().__init__(discord.Client(intents=discord.Intents(guilds=True)), check_errors=False)
        self._shard_count = shards
        self.backend: MendedBackend = MendedBackend(acknowledge_within)
        self.cdn_base = CDN_BASE
        self.nonces: dict[int, str] = {}
        self.acknowledged_at: dict[int, float] = {}
        self.locales: dict[int, str] = {}

    def _begin_operation(self, label: str) -> None:
        """Two acts may overlap."""

    def _end_operation(self) -> None:
        """Two acts may overlap."""

    async def _settle_internal(self, **_: Any) -> None:
        """There is nothing in this process to wait for."""

    def render(self, value: Any) -> str:
        """JSON as it goes over the wire, with addresses of files that can be fetched."""
        return json.dumps(channels.told(self.backend, value), default=str).replace(CDN_BASE, self.cdn_base)

    def handle(self, channel: Any) -> ChannelHandle:
        """simcord's handle of a channel or a thread, given anything that has its id."""
        stored = self.backend.get_channel(channel if isinstance(channel, int) else channel.id)
        guild = None if stored.guild_id is None else GuildHandle(self, self.backend.get_guild(stored.guild_id))
        return ChannelHandle(self, guild, stored)

    def invite_with(self, guild_id: int, permissions: int) -> None:
        """Give the bot's own role on a server exactly these permissions (as bits)."""
        guild = self.backend.get_guild(guild_id)
        for role_id in guild.members[self.backend.bot_user.id].role_ids:
            guild.roles[role_id].permissions = permissions

    def overwrite(self, channel_id: int, allow: int, deny: int) -> None:
        """Allow and deny the bot permissions (as bits) in a channel."""
        target = self.backend.bot_user.id
        self.backend.set_overwrite(channel_id, Overwrite(target, OverwriteType.MEMBER, allow=allow, deny=deny))

    def file(self, path: str) -> bytes | None:
        """The bytes that were uploaded under a path of the CDN."""
        return self.backend.cdn.get(CDN_BASE + path)


def owns(shard: tuple[int, int], event: str, payload: Mapping[str, Any]) -> bool:
    """Whether an event goes to this shard (id, count): guilds are dealt out by id, the rest goes to shard 0."""
    guild_id = payload.get("id") if event.startswith("GUILD_") and "guild_id" not in payload else None
    guild_id = payload.get("guild_id", guild_id)
    index, count = shard
    return index == ((int(guild_id) >> 22) % count if guild_id is not None else 0)
