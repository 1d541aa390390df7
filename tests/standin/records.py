"""Plain values of what stands in the stand-in's world: messages, attachments, threads, requests."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import discord
from simcord.backend import Backend, serializers
from simcord.backend.models import Channel as StoredChannel
from simcord.backend.models import Message as StoredMessage
from simcord.components import walk_components

# What people and bots post; the rest are lines that Discord itself writes ("alice started a thread").
POSTED_TYPES = (0, 19, 20, 23)
TEXT_DISPLAY, BUTTON = 10, 2


@dataclass(frozen=True)
class Attachment:
    """A file on a message: its name, size in bytes, alt text, content and address."""

    name: str
    size: int
    alt: str | None
    data: bytes = field(repr=False)
    url: str


@dataclass(frozen=True)
class Message:
    """A message as it stood when it was asked for; ask again to see later edits.

    `files` are all its files; `attachments` are those that Discord lists, which its components and embeds do not show.
    """

    id: int
    channel_id: int
    author: str
    author_id: int
    content: str
    components: list[dict[str, Any]]
    embeds: list[dict[str, Any]]
    files: tuple[Attachment, ...]
    attachments: tuple[Attachment, ...]
    reply_to: int | None
    nonce: str | None
    edited: bool
    ephemeral: bool
    loading: bool
    type: int

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Every component of the tree, outermost first, in the order in which it is drawn."""
        return list(walk_components(self.components))

    @property
    def text(self) -> str:
        """All that can be read on the message: content, then text displays, one a line."""
        displays = [part["content"] for part in self.parts if part["type"] == TEXT_DISPLAY]
        return "\n".join([self.content, *displays] if self.content else displays)

    @property
    def buttons(self) -> dict[str, bool]:
        """Labels of the buttons, each with whether it can be pressed."""
        return {
            part.get("label") or "": not part.get("disabled", False) for part in self.parts if part["type"] == BUTTON
        }


@dataclass(frozen=True)
class Thread:
    """A thread as it stood when it was asked for; `starter` is the message it hangs on, if any."""

    id: int
    name: str
    parent_id: int
    archived: bool
    locked: bool
    starter: int | None


@dataclass
class Sent:
    """One request of the bot; `status` is what was answered, None while (or if never) answered.

    `files` are names and sizes; `data` is what was in them; `reason` is what the audit log would show.
    """

    method: str
    path: str
    payload: Any
    files: tuple[tuple[str, int], ...]
    at: float
    status: int | None = None
    data: tuple[bytes, ...] = field(default=(), repr=False)
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} → {self.status}"


def message_of(backend: Backend, stored: StoredMessage, nonce: str | None) -> Message:
    """The value of a stored message."""
    files, listed = dict(_files(backend, stored)), serializers.message_payload(backend, stored)
    reference = stored.reference if stored.reference and stored.reference.get("type", 0) == 0 else None
    return Message(
        id=stored.id,
        channel_id=stored.channel_id,
        author=backend.users[stored.author_id].name,
        author_id=stored.author_id,
        content=stored.content,
        components=copy.deepcopy(stored.components),
        embeds=copy.deepcopy(stored.embeds),
        files=tuple(files.values()),
        attachments=tuple(files[file["id"]] for file in listed["attachments"]),
        reply_to=int(reference["message_id"]) if reference else None,
        nonce=nonce,
        edited=stored.edited_timestamp is not None,
        ephemeral=stored.is_ephemeral,
        loading=bool(stored.flags & discord.MessageFlags.loading.flag),
        type=int(stored.type),
    )


def _files(backend: Backend, stored: StoredMessage) -> Iterator[tuple[str, Attachment]]:
    for item in stored.attachments:
        data = backend.cdn.get(item["url"]) or b""
        yield item["id"], Attachment(item["filename"], item["size"], item.get("description"), data, item["url"])


def thread_of(backend: Backend, stored: StoredChannel) -> Thread:
    """The value of a stored thread."""
    meta, parent = stored.thread_metadata, stored.parent_id
    if meta is None or parent is None:
        raise ValueError(f"channel {stored.id} is no thread")
    starter = stored.id if stored.id in backend.messages.get(parent, {}) else None
    return Thread(stored.id, stored.name or "", parent, meta.archived, meta.locked, starter)
