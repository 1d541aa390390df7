"""Discord's rules about threads that are archived or locked, and about messages that nobody can delete."""

from __future__ import annotations

from typing import Any

from simcord.backend import permissions, serializers
from simcord.backend.errors import BackendError, missing_permissions
from simcord.backend.models import Channel

from tests.standin.world import MendedBackend

UNDELETABLE = frozenset({1, 2, 3, 4, 5, 21})
"""Types of messages that Discord's table of message types calls not deletable; 21 is a thread's starter."""
ANSWERS = frozenset({4, 5})
"""Types of callbacks that post a message."""
_MODERATED = {"locked", "invitable", "applied_tags"}


def may(backend: MendedBackend, channel_id: int, permission: str) -> bool:
    """Whether the bot has a permission in a channel or thread."""
    channel = backend.channels.get(channel_id)
    if channel is None or channel.guild_id is None:
        return True
    allowed = backend.compute_permissions(channel.guild_id, backend.bot_user.id, channel_id)
    return bool(allowed & permissions.flag(permission))


def create(backend: MendedBackend, channel_id: int) -> None:
    """Raise where no message can be posted: a post wakes an archived thread, unless it is locked."""
    if _is_locked(backend, channel_id) and not may(backend, channel_id, "manage_threads"):
        raise _closed(backend, channel_id)


def update(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    """Raise where no message can be edited: in an archived thread nobody's, in a locked one a moderator's."""
    channel_id = int(groups[0])
    if _is_archived(backend, channel_id):
        raise _closed(backend, channel_id)
    create(backend, channel_id)


def delete(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    """Raise where a message cannot be deleted. Of archived threads sources disagree: `archived_deletes` decides."""
    channel_id, message_id = map(int, groups)
    stored = backend.messages.get(channel_id, {}).get(message_id)
    if stored is not None and int(stored.type) in UNDELETABLE:
        raise BackendError(403, 50021, "Cannot execute action on a system message")
    if _is_archived(backend, channel_id) and not backend.archived_deletes:
        raise _closed(backend, channel_id)


def answer(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    """Raise where an interaction cannot be answered by a message, not even by a private one."""
    asked = backend.interactions.get(int(groups[0]))
    if asked is not None and payload.get("type") in ANSWERS and _is_archived(backend, asked.channel_id):
        create(backend, asked.channel_id)


def edit(backend: MendedBackend, channel_id: int, payload: dict[str, Any]) -> Any:
    """Edit a thread; None for any other channel.

    Unarchiving asks for Send Messages, and for Manage Threads where the thread is locked. Its creator may change the
    rest but its lock.
    """
    thread = backend.channels.get(channel_id)
    if thread is None or thread.thread_metadata is None:
        return None
    locked = thread.thread_metadata.locked or _MODERATED & payload.keys()
    mine = thread.owner_id == backend.bot_user.id or payload.keys() == {"archived"}
    if not (may(backend, channel_id, "manage_threads") or (mine and not locked)):
        raise missing_permissions()
    if not may(backend, channel_id, "send_messages"):
        raise missing_permissions()
    meta = {key: value for key, value in payload.items() if hasattr(thread.thread_metadata, key)}
    changes = {key: payload[key] for key in ("name", "rate_limit_per_user") if key in payload}
    return dict(
        serializers.channel_payload(backend, backend.edit_channel(channel_id, changes, thread_metadata=meta or None))
    )


def _meta(backend: MendedBackend, channel_id: int) -> Any:
    channel: Channel | None = backend.channels.get(channel_id)
    return None if channel is None else channel.thread_metadata


def _is_locked(backend: MendedBackend, channel_id: int) -> bool:
    meta = _meta(backend, channel_id)
    return meta is not None and bool(meta.locked)


def _is_archived(backend: MendedBackend, channel_id: int) -> bool:
    meta = _meta(backend, channel_id)
    return meta is not None and bool(meta.archived)


def _closed(backend: MendedBackend, channel_id: int) -> BackendError:
    if _is_archived(backend, channel_id):
        return BackendError(400, 50083, "Thread is archived")
    return BackendError(403, 160005, "Thread is locked")
