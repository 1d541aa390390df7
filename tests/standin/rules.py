"""Rules of Discord that simcord does not keep: each raises the error that the service answers with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from simcord.backend.errors import BackendError, invalid_form_body, missing_permissions
from simcord.components import walk_components

from tests.standin import threads
from tests.standin.records import POSTED_TYPES
from tests.standin.world import UPLOAD_LIMIT, MendedBackend

ARCHIVE_MINUTES = (60, 1440, 4320, 10080)
CHOICES = 25
COMMAND_NAME = re.compile(r"[-_'\w]{1,32}\Z")

_SHARED = {"type", "id"}
_SELECT = {"custom_id", "placeholder", "min_values", "max_values", "disabled", "required", "default_values"}
COMPONENT_KEYS: dict[int, set[str]] = {
    1: {"components"},
    2: {"style", "label", "emoji", "custom_id", "sku_id", "url", "disabled"},
    3: _SELECT | {"options"},
    4: {"custom_id", "style", "label", "min_length", "max_length", "required", "value", "placeholder"},
    5: _SELECT,
    6: _SELECT,
    7: _SELECT,
    8: _SELECT | {"channel_types"},
    9: {"components", "accessory"},
    10: {"content"},
    11: {"media", "description", "spoiler"},
    12: {"items"},
    13: {"file", "spoiler"},
    14: {"divider", "spacing"},
    17: {"components", "accent_color", "spoiler"},
    18: {"label", "description", "component"},
    19: {"custom_id", "min_values", "max_values", "required"},
    21: {"custom_id", "options", "required"},
    22: {"custom_id", "options", "min_values", "max_values", "required"},
    23: {"custom_id", "default"},
}

Rule = Callable[[MendedBackend, tuple[str, ...], Any], None]


def check(backend: MendedBackend, method: str, path: str, payload: Any) -> None:
    """Raise what Discord would answer if a request breaks a rule that simcord lets pass."""
    for rule_method, pattern, rule in RULES:
        match = pattern.fullmatch(path)
        if match and rule_method in (method, "*"):
            rule(backend, match.groups(), payload if payload is not None else {})


def check_uploads(sizes: Iterable[int]) -> None:
    """Raise 40005 for a file over the 10 MiB that a server without boosts allows."""
    if any(size > UPLOAD_LIMIT for size in sizes):
        raise BackendError(413, 40005, "Request entity too large")


def _message(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    if len(str(payload.get("nonce") or "")) > 25:
        raise invalid_form_body("nonce: Must be 25 or fewer in length.")
    channel_id = int(groups[0])
    threads.create(backend, channel_id)
    if payload.get("attachments") and not threads.may(backend, channel_id, "attach_files"):
        raise missing_permissions()
    _reply(backend, channel_id, payload.get("message_reference"))


def _reply(backend: MendedBackend, channel_id: int, reference: Any) -> None:
    if not isinstance(reference, dict) or reference.get("type", 0) != 0 or not reference.get("message_id"):
        return
    if not threads.may(backend, channel_id, "read_message_history"):
        raise BackendError(403, 160002, "Cannot reply without permission to read message history")
    target = backend.messages.get(channel_id, {}).get(int(reference["message_id"]))
    if target is None and reference.get("fail_if_not_exists", True):
        raise invalid_form_body("message_reference: Unknown message")
    if target is not None and target.type not in POSTED_TYPES:
        raise invalid_form_body("message_reference: Cannot reply to a system message")


def _thread(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    name = payload.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 100:
        raise invalid_form_body("name: Must be between 1 and 100 in length.")
    _minutes(payload)


def _channel_edit(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    if "name" in payload:
        _thread(backend, groups, payload)
    _minutes(payload)


def _minutes(payload: Any) -> None:
    if payload.get("auto_archive_duration") not in (None, *ARCHIVE_MINUTES):
        raise invalid_form_body(f"auto_archive_duration: Value must be one of {ARCHIVE_MINUTES}.")


def _callback(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    data = payload.get("data") or {}
    choices = data.get("choices") or []
    if len(choices) > CHOICES:
        raise invalid_form_body("data.choices: Must be 25 or fewer in length.")
    for choice in choices:
        _choice(choice)


def _choice(choice: Any) -> None:
    value = choice.get("value")
    if not 1 <= len(str(choice.get("name", ""))) <= 100 or (isinstance(value, str) and len(value) > 100):
        raise invalid_form_body("choices: name and value must be between 1 and 100 in length.")


def _commands(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    for command in payload:
        _named(command, chat=command.get("type", 1) == 1)


def _named(spec: Any, *, chat: bool) -> None:
    name = spec.get("name", "")
    if chat and (not COMMAND_NAME.match(name) or name != name.lower()):
        raise invalid_form_body(f"name: {name!r} is no command name.")
    if chat and not 1 <= len(spec.get("description") or "") <= 100:
        raise invalid_form_body(f"description of {name!r}: Must be between 1 and 100 in length.")
    options, choices = spec.get("options") or [], spec.get("choices") or []
    if len(options) > CHOICES or len(choices) > CHOICES:
        raise invalid_form_body(f"{name!r}: at most 25 options and 25 choices.")
    for choice in choices:
        _choice(choice)
    for option in options:
        _named(option, chat=True)


def _components(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    if not isinstance(payload, dict):
        return
    for body in (payload, payload.get("data") or {}):
        for part in walk_components(body.get("components") or []):
            unknown = part.keys() - COMPONENT_KEYS.get(part.get("type", 0), part.keys()) - _SHARED
            if unknown:
                raise invalid_form_body(f"components: a component of type {part['type']} has no {sorted(unknown)}")


def _alt_texts(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    if not isinstance(payload, dict):
        return
    for body in (payload, payload.get("data") or {}):
        for attachment in body.get("attachments") or []:
            if len(attachment.get("description") or "") > 1024:
                raise invalid_form_body("attachments: description must be 1024 or fewer in length.")


def _kept_files(backend: MendedBackend, groups: tuple[str, ...], payload: Any) -> None:
    """A file that an edit keeps and components show is found by its name: its id alone does not do."""
    shown = json.dumps(payload.get("components") or [])
    standing = {str(file["id"]): file["filename"] for file in _files(backend, groups)}
    for file in payload.get("attachments") or []:
        name = standing.get(str(file.get("id")))
        if name is not None and "filename" not in file and f"attachment://{name}" in shown:
            raise invalid_form_body(f"components: attachment://{name} names no file of this message")


def _files(backend: MendedBackend, groups: tuple[str, ...]) -> Iterable[dict[str, Any]]:
    message = backend.messages.get(int(groups[0]), {}).get(int(groups[1]))
    return [] if message is None else message.attachments


_CHANNEL = r"/channels/(\d+)"
RULES: list[tuple[str, re.Pattern[str], Rule]] = [
    (method, re.compile(pattern), rule)
    for method, pattern, rule in (
        ("POST", _CHANNEL + r"/messages", _message),
        ("PATCH", _CHANNEL + r"/messages/\d+", threads.update),
        ("PATCH", _CHANNEL + r"/messages/(\d+)", _kept_files),
        ("DELETE", _CHANNEL + r"/messages/(\d+)", threads.delete),
        ("PUT", _CHANNEL + r"/messages/\d+/reactions/.+", threads.update),
        ("PUT", _CHANNEL + r"/thread-members/.+", threads.update),
        ("PATCH", _CHANNEL, _channel_edit),
        ("POST", _CHANNEL + r"/(?:messages/\d+/)?threads", _thread),
        ("POST", r"/interactions/\d+/[^/]+/callback", _callback),
        ("POST", r"/interactions/(\d+)/[^/]+/callback", threads.answer),
        ("PUT", r"/applications/\d+(?:/guilds/\d+)?/commands", _commands),
        ("*", r"/.*", _components),
        ("*", r"/.*", _alt_texts),
    )
]
