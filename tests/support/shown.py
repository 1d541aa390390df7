"""The files of a message of simcord's, also those that its components show and Discord does not list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simcord.components import walk_components


@dataclass(frozen=True)
class ShownFile:
    """A file as a member sees it: its name, its alt text, and where it lies."""

    filename: str
    description: str | None
    url: str


def files(message: Any) -> list[ShownFile]:
    """What a message or an answer shows, listed files first, then those of its components as they are drawn."""
    listed = [ShownFile(file.filename, file.description, file.url) for file in message.attachments]
    return listed + [_file(part) for part in _pictures(message.components)]


def _pictures(components: Any) -> list[dict[str, Any]]:
    """Gallery items, thumbnails and files, each with its `media`."""
    raw = [part if isinstance(part, dict) else part.to_dict() for part in components]
    found: list[dict[str, Any]] = []
    for part in walk_components(raw):
        found += part.get("items") or []
        found += [part] if "media" in part else []
        found += [{"media": part["file"]}] if "file" in part else []
    return found


def _file(part: dict[str, Any]) -> ShownFile:
    url = part["media"]["url"]
    return ShownFile(url.rpartition("/")[2], part.get("description"), url)
