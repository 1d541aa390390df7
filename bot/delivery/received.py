"""What a message shows that Discord gave back: its words, its files, and whose buttons it has."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import discord

_UPLOADED: Final = re.compile(r".*/(?:ephemeral-)?attachments/\d+/(?P<id>\d+)/(?P<name>[^/]+)")
"""The path of a file that was uploaded with a message; a picture from elsewhere has another."""


@dataclass(frozen=True, slots=True)
class StandingFile:
    """A file of a message, as Discord wants it named in an edit that keeps it: its id and its name, both."""

    id: int
    name: str
    alt: str | None

    def to_dict(self) -> dict[str, Any]:
        """The fields that discord.py sends for this file."""
        return {"id": str(self.id), "filename": self.name, "description": self.alt}


def files(message: discord.Message) -> list[StandingFile]:
    """All files of a message: those it lists, and those its components show, which Discord does not list."""
    listed = [StandingFile(file.id, file.filename, file.description) for file in message.attachments]
    shown = [file for part in _parts(message.components) if (file := _shown(part)) is not None]
    return list({file.id: file for file in (*shown, *listed)}.values())


def words(message: discord.Message) -> str:
    """The text of a message, from content and text displays, stripped."""
    displays = [str(part.content) for part in _parts(message.components) if getattr(part, "content", None)]
    return "\n".join([message.content, *displays] if message.content else displays).strip()


def names(message: discord.Message, owner_id: str) -> bool:
    """Whether a button of a message names a game or a battle."""
    ids = (getattr(part, "custom_id", None) for part in _parts(message.components))
    return any(owner_id in custom_id.split(":") for custom_id in ids if custom_id)


def _shown(part: Any) -> StandingFile | None:
    """The file that a component shows, None where it shows none or one that was not uploaded with the message."""
    media = getattr(part, "media", None)
    if media is None or (path := _UPLOADED.fullmatch(urlsplit(media.url).path)) is None:
        return None
    alt = getattr(part, "description", None)
    return StandingFile(media.attachment_id or int(path["id"]), unquote(path["name"]), alt)


def _parts(parts: Iterable[Any]) -> Iterator[Any]:
    """Every component, the pictures of galleries too, in the order in which they are drawn."""
    for part in parts:
        yield part
        yield from _parts(getattr(part, "children", None) or ())
        yield from _parts(getattr(part, "items", None) or ())
        accessory = getattr(part, "accessory", None)
        yield from _parts(() if accessory is None else (accessory,))
