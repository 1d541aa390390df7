"""What simcord answers, in Discord's own shape: statuses, and what its payloads lack or have too much."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from simcord.backend import Backend

from tests.support.discord_payloads import GUILD_INSTALL

CREATED = re.compile(r"/channels/\d+/messages/\d+/threads|/channels/\d+/threads|/guilds/\d+/channels")
"""What is answered with 201 where it is made."""


def status_of(method: str, path: str, body: Any) -> int:
    """The status of an answer to a request that went well."""
    if body is None:
        return 204
    return 201 if method == "POST" and CREATED.fullmatch(path) else 200


def shape(backend: Backend, method: str, path: str, query: dict[str, str], body: Any) -> Any:
    """An answer as Discord gives it, None for one without a body."""
    for asked, pattern, told in SHAPES:
        if asked == method and pattern.fullmatch(path):
            return told(backend, query, body)
    return body


def _commands(backend: Backend, query: dict[str, str], body: Any) -> Any:
    return [_command(command) for command in body]


def _command(command: dict[str, Any]) -> dict[str, Any]:
    told = {**command, "version": command["id"]}
    if told["default_member_permissions"] is not None:
        told["default_member_permissions"] = str(told["default_member_permissions"])
    if told.get("integration_types") is None:
        told["integration_types"] = [GUILD_INSTALL]
    return told


def _callback(backend: Backend, query: dict[str, str], body: Any) -> Any:
    if query.get("with_response", "").lower() not in ("1", "true"):
        return None
    body["interaction"] = {key: value for key, value in body["interaction"].items() if value is not None}
    return body


def _member(backend: Backend, query: dict[str, str], body: Any) -> Any:
    return {**body, "banner": None}


def _myself(backend: Backend, query: dict[str, str], body: Any) -> Any:
    return {**body, "verified": True, "mfa_enabled": False, "locale": "en-US"}


def _application(backend: Backend, query: dict[str, str], body: Any) -> Any:
    mine = {
        "type": None,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": len(backend.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {str(GUILD_INSTALL): {}},
    }
    return {**body, **mine}


def _threads(backend: Backend, query: dict[str, str], body: Any) -> Any:
    return {"has_more": False, **body}


Shape = Callable[[Backend, dict[str, str], Any], Any]
SHAPES: list[tuple[str, re.Pattern[str], Shape]] = [
    (method, re.compile(pattern), told)
    for method, pattern, told in (
        ("GET", r"/users/@me", _myself),
        ("GET", r"/guilds/\d+/members/\d+", _member),
        ("GET", r"/guilds/\d+/threads/active", _threads),
        ("GET", r"/oauth2/applications/@me", _application),
        ("GET", r"/applications/\d+(?:/guilds/\d+)?/commands", _commands),
        ("PUT", r"/applications/\d+(?:/guilds/\d+)?/commands", _commands),
        ("POST", r"/interactions/\d+/[^/]+/callback", _callback),
    )
]
