"""Asking every configured server of models for what costs nothing: whether it answers, and what it says."""

import asyncio
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from telephone.providers.base import ModelTable
from telephone.providers.openai import OFFICIAL
from telephone.settings import Settings, secret_named

WITHIN: Final = 5.0
"""How long a server may take, in seconds."""
_READ_MAX: Final = 1 << 20
_SAID_MAX: Final = 160


@dataclass(frozen=True, slots=True)
class Server:
    """A server to ask: the address, what is asked of it, with which key, and where both are set."""

    address: str
    path: str
    key: str
    set_by: str
    key_by: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a server answered. `remedy` is empty where it is well."""

    stands: str
    remedy: str = ""


def servers(settings: Settings, tables: Iterable[ModelTable]) -> list[Server]:
    """Every server that a key, an address or a model's own table configures, each once."""
    found: list[Server] = []
    if settings.openai_base_url or settings.openai_api_key:
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
        base = settings.openai_base_url or OFFICIAL
        found.append(Server(base, "/models", key, "OPENAI_BASE_URL", "OPENAI_API_KEY"))
    if settings.replicate_api_token is not None:
        token = settings.replicate_api_token.get_secret_value()
        found.append(
            Server(settings.replicate_base_url, "/v1/account", token, "REPLICATE_BASE_URL", "REPLICATE_API_TOKEN")
        )
    paths = {"openai": "/models", "cog": "/health-check"}
    for table in tables:
        if table.url and table.provider in paths:
            secret = secret_named(table.key) if table.key else None
            key = secret.get_secret_value() if secret else ""
            found.append(Server(table.url, paths[table.provider], key, f"the url of {table.name}", table.key))
    return list({(one.address, one.path): one for one in reversed(found)}.values())[::-1]


async def ask_all(wanted: Iterable[Server]) -> list[Heard]:
    """What each of them answers, all asked at once."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WITHIN)) as session:
        return list(await asyncio.gather(*(_ask(session, one) for one in wanted)))


async def _ask(session: aiohttp.ClientSession, server: Server) -> Heard:
    headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
    try:
        async with session.get(f"{server.address}{server.path}", headers=headers, allow_redirects=False) as answer:
            body = (await answer.content.read(_READ_MAX)).decode(errors="replace")
            return _heard(server, answer.status, body)
    except TimeoutError:
        why = f"did not answer within {WITHIN:g} seconds"
    except aiohttp.ClientConnectorError as error:
        number = error.os_error.errno or 0
        why = f"cannot be reached ({os.strerror(number) if number > 0 else error.os_error.strerror})"
    except aiohttp.ClientError as error:
        why = f"cannot be reached ({type(error).__name__})"
    except (ValueError, OSError) as error:
        why = f"cannot be asked ({type(error).__name__})"
    return Heard(f"{server.address} {why}", f"Start it, or mend {server.set_by}.")


def _heard(server: Server, status: int, body: str) -> Heard:
    document = _json(body)
    if status == 200 and isinstance(document, dict):
        unwell = server.path == "/health-check" and document.get("status", "READY") not in ("READY", "BUSY")
        said = f"{server.address} answers{_details(document)}"
        return Heard(said, f"Look at its log, and at {server.set_by}." if unwell else "")
    said = f"{server.address} answered {status}{_message(document, server.key)}"
    if status in (401, 403):
        key = server.key_by or f"a key for {server.set_by}"
        return Heard(said, f"{'Copy' if server.key else 'Set'} {key}{' again' if server.key else ''}.")
    if status == 200:
        return Heard(f"{said} with what is no JSON", f"Mend {server.set_by}: no server of models is there.")
    hint = "; most such servers want /v1 at its end" if status == 404 and not server.address.endswith("/v1") else ""
    return Heard(said, f"Mend {server.set_by}{hint if server.path == '/models' else ''}, or look at the server's log.")


def _details(document: dict[str, Any]) -> str:
    if isinstance(document.get("data"), list):
        return f", {len(document['data'])} models"
    if isinstance(document.get("username"), str):
        return f" to {_short(document['username'])}"
    if isinstance(document.get("status"), str):
        return f": {_short(document['status'])}"
    return ""


def _message(document: Any, key: str) -> str:
    """What the server said about it, without the key."""
    if not isinstance(document, dict):
        return ""
    error = document.get("error")
    words = error.get("message") if isinstance(error, dict) else error or document.get("detail")
    if not isinstance(words, str):
        return ""
    return f": {_short(words.replace(key, '***') if key else words)}"


def _short(words: str) -> str:
    plain = re.sub(r"\s+", " ", words).strip()
    return f"{plain[:_SAID_MAX]}…" if len(plain) > _SAID_MAX else plain


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
