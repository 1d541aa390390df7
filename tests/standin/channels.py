"""Channels of every kind, and Discord's rules about them that simcord does not keep.

simcord knows neither media channels nor threads of announcement channels: both are kept as their nearest kin, and told
under their own type. Errors and codes are those of Discord's documentation of channels and of its JSON error codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simcord.backend import permissions
from simcord.backend.errors import BackendError
from simcord.enums import ChannelType

if TYPE_CHECKING:
    from tests.standin.world import MendedBackend

ANNOUNCEMENT_THREAD, MEDIA = 10, 16
REQUIRE_TAG = 1 << 4
TALKING = (ChannelType.VOICE, ChannelType.STAGE_VOICE)


def told(backend: MendedBackend, value: Any) -> Any:
    """A payload with channels under their own type and flags."""
    if not backend.own_types and not backend.channel_flags:
        return value
    if isinstance(value, list | tuple):
        return [told(backend, item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: told(backend, item) for key, item in value.items()}
    own = str(found.get("id", ""))
    if own.isdecimal() and {"type", "name"} <= found.keys():
        found["type"] = backend.own_types.get(int(own), found["type"])
        if int(own) in backend.channel_flags:
            found["flags"] = backend.channel_flags[int(own)]
    return found


def _wrong_type() -> BackendError:
    return BackendError(400, 50024, "Cannot execute action on this channel type")


def _message(backend: MendedBackend, channel_id: int, payload: Any) -> None:
    """A forum takes posts and no messages."""
    if backend.channels[channel_id].type == ChannelType.FORUM:
        raise BackendError(400, 50008, "Cannot send messages in a non-text channel")


def _thread_on_message(backend: MendedBackend, channel_id: int, payload: Any) -> None:
    """Threads are opened on messages of text and announcement channels, and nowhere else."""
    if backend.channels[channel_id].type not in (ChannelType.TEXT, ChannelType.NEWS):
        raise _wrong_type()


def _thread(backend: MendedBackend, channel_id: int, payload: Any) -> None:
    """A post has the tag that its forum demands, and those of moderators only by a moderator."""
    channel = backend.channels[channel_id]
    if channel.type in TALKING or channel.is_thread:
        raise _wrong_type()
    tags = {str(tag) for tag in payload.get("applied_tags") or []}
    if channel.type == ChannelType.FORUM and backend.channel_flags.get(channel_id, 0) & REQUIRE_TAG and not tags:
        raise BackendError(400, 40067, "A tag is required to create a forum post in this channel")
    moderated = {str(tag["id"]) for tag in channel.available_tags if tag.get("moderated")}
    if tags & moderated and channel.guild_id is not None:
        allowed = backend.compute_permissions(channel.guild_id, backend.bot_user.id, channel_id)
        if not allowed & permissions.flag("manage_threads"):
            raise BackendError(403, 50013, "Missing Permissions")


_CHANNEL = r"/channels/(\d+)"
_RULES: list[tuple[re.Pattern[str], Callable[[Any, int, Any], None]]] = [
    (re.compile(_CHANNEL + "/messages"), _message),
    (re.compile(_CHANNEL + r"/messages/\d+/threads"), _thread_on_message),
    (re.compile(_CHANNEL + "/threads"), _thread),
]


def check(backend: MendedBackend, method: str, path: str, payload: Any) -> None:
    """Raise what Discord would answer if a request does not suit the kind of its channel."""
    for pattern, rule in _RULES:
        match = pattern.fullmatch(path)
        if match and method == "POST" and int(match[1]) in backend.channels:
            rule(backend, int(match[1]), payload or {})
