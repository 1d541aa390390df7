"""simcord's messages, users and channels in Discord's own shape, for the bot and for tests that look at them.

Discord leaves files that components or embeds show out of `attachments` (its documentation, message object) and names
them on the media items instead: `attachment_id`, beside an `id` of the media's own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from simcord.backend import serializers
from simcord.backend.models import Channel, Message, User
from simcord.components import walk_components

OF_THE_BOT_ITSELF = ("verified", "mfa_enabled", "locale")
"""What only `GET /users/@me` and READY say of a user."""
UPLOADED = "attachment://"
EMBEDDED = ("image", "thumbnail", "video")
_THUMBNAIL, _GALLERY, _FILE = 11, 12, 13
_CONTAINER = 17
ADDED: dict[int, dict[str, Any]] = {
    _THUMBNAIL: {"description": None, "spoiler": False},
    _FILE: {"spoiler": False},
    _CONTAINER: {"accent_color": None, "spoiler": False},
}
"""What Discord adds to components of these types where a bot leaves it out; a gallery's items are as thumbnails."""
GUILD_INSTALL = 0
_COMMAND, _COMPONENT, _FORM = 2, 3, 5
_simcord: dict[str, Callable[..., Any]] = {}


def install() -> None:
    """Makes simcord speak so, in this process, for good."""
    if not _simcord:
        for mended in (user_payload, channel_payload, thread_payload, message_payload):
            _simcord[mended.__name__] = getattr(serializers, mended.__name__)
            setattr(serializers, mended.__name__, mended)


def user_payload(user: User) -> dict[str, Any]:
    """A user as others see it."""
    told = _simcord["user_payload"](user)
    return {key: value for key, value in told.items() if key not in OF_THE_BOT_ITSELF} | {"primary_guild": None}


def channel_payload(backend: Any, channel: Channel) -> dict[str, Any]:
    """A channel; a world that knows age-restricted ones says it of each."""
    told = dict(_simcord["channel_payload"](backend, channel))
    if not channel.is_thread:
        told["flags"] = 0
        told["nsfw"] = channel.id in getattr(backend, "age_restricted", ())
    return told


def thread_payload(backend: Any, thread: Channel) -> dict[str, Any]:
    """A thread. It does not say whether it is age-restricted: its channel does."""
    return {**_simcord["thread_payload"](backend, thread)}


def message_payload(backend: Any, message: Message, *, for_user: int | None = None) -> dict[str, Any]:
    """A message as it is answered and sent in events."""
    told = dict(_simcord["message_payload"](backend, message, for_user=for_user))
    if told["nonce"] is None:
        del told["nonce"]
    told["components"] = _components(told["components"])
    told["embeds"], embedded = _embeds(told["embeds"], message.attachments)
    shown = {media["attachment_id"] for media in media_of(told["components"]) if "attachment_id" in media} | embedded
    for media in media_of(told["components"]):
        media.setdefault("id", str(int(media.get("attachment_id", message.id)) + 1))
    told["attachments"] = [_without_null(file) for file in told["attachments"] if file["id"] not in shown]
    if message.interaction_metadata is not None:
        told["interaction_metadata"] = _metadata(backend, message.interaction_metadata)
    if "message_reference" in told:
        told["message_reference"] = {"type": 0, **told["message_reference"]}
    return told


def media_of(components: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The media items of all components, in the order in which they are drawn."""
    for part in walk_components(components):
        if part["type"] == _GALLERY:
            yield from (item["media"] for item in part["items"])
        elif part["type"] in (_THUMBNAIL, _FILE):
            yield part["media" if part["type"] == _THUMBNAIL else "file"]


def owners(guild_id: int | str | None) -> dict[str, str]:
    """For whom the application is installed that an interaction reaches: a server, nobody in direct messages."""
    return {} if guild_id is None else {str(GUILD_INSTALL): str(guild_id)}


def _metadata(backend: Any, told: Mapping[str, Any]) -> dict[str, Any]:
    """What a message that answers an interaction says of it: a press names its message, a form what opened it."""
    asked = backend.interactions.get(int(told["id"]))
    if asked is None:
        return dict(told)
    more: dict[str, Any] = {"authorizing_integration_owners": owners(asked.guild_id)}
    if asked.type == _COMPONENT:
        more["interacted_message_id"] = str(asked.source_message_id)
    if asked.type == _FORM:
        [*_, opened] = [one for one in backend.interactions.values() if one.modal and one.user_id == asked.user_id]
        of = {"id": str(opened.id), "type": opened.type, "user": told["user"]}
        more["triggering_interaction_metadata"] = _metadata(backend, of)
    return {**told, **more}


def _components(components: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The components with what a bot may leave out and Discord adds."""
    told = copy.deepcopy(list(components))
    for part in walk_components(told):
        part.update(ADDED.get(part["type"], {}) | part)
        if part["type"] == _GALLERY:
            part["items"] = [ADDED[_THUMBNAIL] | item for item in part["items"]]
    return told


def _embeds(embeds: Iterable[Mapping[str, Any]], files: Iterable[Mapping[str, Any]]) -> tuple[list[Any], set[str]]:
    """The embeds with the addresses of their files, and the ids of these files."""
    by_name, used = {file["filename"]: file for file in files}, set()
    told = [{"type": "rich", **copy.deepcopy(embed)} for embed in embeds]
    for picture in (embed[key] for embed in told for key in EMBEDDED if isinstance(embed.get(key), dict)):
        file = by_name.get(str(picture.get("url", "")).removeprefix(UPLOADED))
        if file is not None:
            picture["url"] = picture["proxy_url"] = file["url"]
            used.add(file["id"])
    return told, used


def _without_null(file: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in file.items() if value is not None}
