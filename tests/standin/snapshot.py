"""The stand-in's whole world as one JSON document, and a stand-in that goes on from it: ids, messages and nonces stay.

What is not kept is what a Discord forgets with its connections: gateway sessions, requests, and the token.
"""

from __future__ import annotations

import base64
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import simcord.enums
from simcord.backend import models
from simcord.backend.models import interaction

if TYPE_CHECKING:
    from tests.standin.loopback import Standin

LEFT_OUT = {"acknowledge_within", "bot_user", "cdn", "clock", "faults", "http_requests", "subscribers", "transcript"}
"""Of simcord's state: what belongs to one process, and what is kept otherwise."""
COUNTERS = {"_sequences"}
"""How many ids were made in a millisecond; the ids that exist are kept, so none is made twice."""
KINDS = "$"
"""The key under which a value says what it is, where JSON alone does not."""


def taken(standin: Standin) -> dict[str, Any]:
    """All that stands in the world, of JSON's own types."""
    backend = standin.world.backend
    kept = {name: value for name, value in vars(backend).items() if name not in LEFT_OUT | COUNTERS}
    return {
        "backend": {name: packed(value) for name, value in kept.items()},
        "bot": backend.bot_user.id,
        "files": packed(backend.cdn._blobs),
        "nonces": packed(standin.world.nonces),
        "posted": packed(standin._rest._posted),
        "locales": packed(standin.world.locales),
    }


def restore(standin: Standin, document: dict[str, Any]) -> None:
    """Puts a world that was `taken` in the place of an empty one, before a bot is started on it."""
    backend = standin.world.backend
    for name, value in document["backend"].items():
        setattr(backend, name, unpacked(value))
    backend.bot_user = backend.users[document["bot"]]
    backend.cdn._blobs = unpacked(document["files"])
    standin.world.nonces = unpacked(document["nonces"])
    standin.world.locales = unpacked(document["locales"])
    standin._rest._posted = unpacked(document["posted"])


def packed(value: Any) -> Any:
    """A value of simcord's as JSON can say it."""
    match value:
        case Enum():
            return {KINDS: "enum", "of": type(value).__name__, "value": value.value}
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return {KINDS: "bytes", "base64": base64.b64encode(value).decode()}
        case datetime():
            return {KINDS: "datetime", "value": value.isoformat()}
        case list():
            return [packed(one) for one in value]
        case tuple() | set() | frozenset():
            items = value if isinstance(value, tuple) else sorted(value)
            return {KINDS: type(value).__name__, "items": [packed(one) for one in items]}
        case dict():
            if all(isinstance(key, str) and key != KINDS for key in value):
                return {key: packed(one) for key, one in value.items()}
            return {KINDS: "dict", "items": [[packed(key), packed(one)] for key, one in value.items()]}
    if not is_dataclass(value):
        raise TypeError(f"the snapshot cannot hold a {type(value).__name__}")
    own = {field.name: packed(getattr(value, field.name)) for field in fields(value)}
    return {KINDS: "model", "of": type(value).__name__, "fields": own}


def unpacked(value: Any) -> Any:
    """The value that was `packed`."""
    if isinstance(value, list):
        return [unpacked(one) for one in value]
    if not isinstance(value, dict):
        return value
    match value.get(KINDS):
        case None:
            return {key: unpacked(one) for key, one in value.items()}
        case "dict":
            return {unpacked(key): unpacked(one) for key, one in value["items"]}
        case "tuple" | "set" | "frozenset" as kind:
            kinds = {"tuple": tuple, "set": set, "frozenset": frozenset}
            return kinds[kind](unpacked(one) for one in value["items"])
        case "bytes":
            return base64.b64decode(value["base64"])
        case "datetime":
            return datetime.fromisoformat(value["value"])
        case "enum":
            return _enum(value["of"])(value["value"])
    own = {name: unpacked(one) for name, one in value["fields"].items()}
    return getattr(models, value["of"])(**own)


def _enum(name: str) -> Any:
    return getattr(simcord.enums, name, None) or getattr(interaction, name)
