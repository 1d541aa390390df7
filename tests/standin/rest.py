"""The REST API and the CDN: real HTTP in front of simcord's routes, with faults, checks and mended rules."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiohttp import BodyPartReader, web
from simcord.backend.errors import BackendError, invalid_form_body
from simcord.http import client as _routes  # noqa: F401  (importing it registers every route)
from simcord.http.router import RouteNotImplemented, UnsupportedField, dispatch

from tests.standin import channels, rules
from tests.standin.faults import Fault, Faults
from tests.standin.records import Sent
from tests.standin.spec import Spec
from tests.standin.world import World

PREFIX = "/api/v10"
REQUEST_LIMIT = 25 * 1024 * 1024
CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback")
# Interaction callbacks and follow-ups carry their own token in the path.
UNAUTHORISED = re.compile(r"/(interactions|webhooks)/\d+/.+")
POST_MESSAGE = re.compile(r"/channels/\d+/messages")


@dataclass
class Call:
    """A request as it was read from the wire."""

    method: str
    path: str
    query: dict[str, str]
    payload: Any = None
    files: list[SimpleNamespace] = field(default_factory=list)
    multipart: bool = False
    token: str | None = None
    reason: str | None = None
    size: int = 0

    @property
    def sizes(self) -> list[int]:
        return [len(file.fp.getvalue()) for file in self.files]


async def read(request: web.Request) -> Call:
    """Read a JSON or a multipart request, files in the order of their numbers, with their alt texts."""
    headers = request.headers
    call = Call(request.method, request.path.removeprefix(PREFIX), dict(request.query))
    call.token, call.reason = headers.get("Authorization"), headers.get("X-Audit-Log-Reason")
    call.multipart = request.content_type.startswith("multipart/")
    if call.multipart:
        await _read_parts(request, call)
    elif request.can_read_body:
        body = await request.read()
        call.size = len(body)
        call.payload = json.loads(body) if body else None
    return call


async def _read_parts(request: web.Request, call: Call) -> None:
    blobs: dict[str, tuple[str, bytes]] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise invalid_form_body("nested multipart bodies are not understood")
        data = bytes(await part.read())
        call.size += len(data)
        if part.name == "payload_json":
            call.payload = json.loads(data)
        else:
            blobs[(part.name or "").removeprefix("files[").removesuffix("]")] = (part.filename or "file", data)
    body = call.payload if isinstance(call.payload, dict) else {}
    declared = body.get("attachments") or (body.get("data") or {}).get("attachments") or []
    about = {str(item.get("id")): item for item in declared}
    for number, (name, data) in sorted(blobs.items()):
        told = about.get(number, {})
        filename = told.get("filename") or name
        call.files.append(SimpleNamespace(fp=io.BytesIO(data), filename=filename, description=told.get("description")))


class Rest:
    """Answers requests, and writes down each of them."""

    def __init__(
        self,
        world: World,
        faults: Faults,
        spec: Spec | None,
        *,
        token: str,
        nonce_window: float,
        privileged: bool,
        shards: int,
    ) -> None:
        self.sent: list[Sent] = []
        self.complaints: list[str] = []
        self.gateway_address = ""
        self._world, self._faults, self._spec = world, faults, spec
        self._token, self._nonce_window = token, nonce_window
        self._privileged, self._shards = privileged, shards
        # (author, nonce) → when it was posted, in the world's time, and where.
        self._posted: dict[tuple[int, str], tuple[float, int, int]] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request to the API."""
        try:
            call = await read(request)
        except ConnectionError:
            # The bot was killed while it was sending: what came is not a request, and nobody waits.
            return web.Response(status=499)
        except json.JSONDecodeError:
            return _json(400, json.dumps({"message": "The request body contains invalid JSON.", "code": 50109}))
        files = tuple((file.filename, len(file.fp.getvalue())) for file in call.files)
        sent = Sent(call.method, call.path, call.payload, files, time.monotonic(), reason=call.reason)
        sent.data = tuple(file.fp.getvalue() for file in call.files)
        self.sent.append(sent)
        fault = self._faults.take(call.method, call.path)
        answer = self._fail(fault, request) if fault and not fault.works_first else self._answer(call)
        if fault and fault.works_first:
            answer = _json(502, json.dumps({"message": "502: Bad Gateway", "code": 0}))
        sent.status = answer.status
        return answer

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Answer one request to the CDN."""
        data = self._world.file("/" + request.match_info["path"])
        fault = self._faults.take(request.method, request.path)
        if fault is not None and fault.status != "cut short":
            return self._fail(fault, request)
        if fault is None or data is None:
            return web.Response(status=404) if data is None else web.Response(body=data)
        answer = web.StreamResponse(headers={"Content-Length": str(len(data))})
        await answer.prepare(request)
        await answer.write(data[: len(data) // 2])
        if request.transport is not None:
            request.transport.close()
        return answer

    def _fail(self, fault: Fault, request: web.Request) -> web.Response:
        if fault.status == "drop":
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=499)
        status = int(fault.status)
        if status != 429:
            return _json(status, json.dumps({"message": f"{status}: injected", "code": 0}))
        wait = fault.retry_after
        body = {"message": "You are being rate limited.", "retry_after": wait, "global": False}
        limits = {"Limit": "5", "Remaining": "0", "Reset": f"{time.time() + wait:.3f}", "Reset-After": f"{wait}"}
        headers = {f"X-RateLimit-{name}": value for name, value in limits.items()}
        # discord.py takes a 429 without Via for a ban by Cloudflare.
        headers |= {"X-RateLimit-Bucket": "standin", "Retry-After": f"{wait}", "Via": "1.1 google"}
        return _json(429, json.dumps(body), headers)

    def _answer(self, call: Call) -> web.Response:
        try:
            if call.size > REQUEST_LIMIT:
                return web.Response(status=413, text="413 Request Entity Too Large")
            if call.token != f"Bot {self._token}" and not UNAUTHORISED.match(call.path):
                raise BackendError(401, 0, "401: Unauthorized")
            result = self._work(call)
        except UnsupportedField as error:
            self.complaints.append(str(error))
            return _json(400, json.dumps(invalid_form_body(f"unknown field(s) {error.fields}").to_json()))
        except RouteNotImplemented as error:
            self.complaints.append(str(error))
            return _json(501, json.dumps(error.to_json()))
        except BackendError as error:
            return _json(error.status, json.dumps(error.to_json()))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # simcord trips over bodies without a key that Discord requires.
            self.complaints.append(f"{call.method} {call.path}: simcord did not understand the body: {error!r}")
            return _json(400, json.dumps(invalid_form_body(repr(error)).to_json()))
        if result is None:
            return web.Response(status=204)
        return _json(200, self._world.render(result))

    def _work(self, call: Call) -> Any:
        if (call.method, call.path) in (("GET", "/gateway"), ("GET", "/gateway/bot")):
            limit = {"total": 1000, "remaining": 999, "reset_after": 14400000, "max_concurrency": 1}
            return {"url": self.gateway_address, "shards": self._shards, "session_start_limit": limit}
        if self._spec is not None:
            self.complaints += self._spec.check(
                call.method, call.path, call.query, call.payload, multipart=call.multipart
            )
        rules.check_uploads(call.sizes)
        rules.check(self._world.backend, call.method, call.path, call.payload)
        channels.check(self._world.backend, call.method, call.path, call.payload)
        known = self._known(call)
        if known is not None:
            return known
        result = self._dispatch(call)
        self._note(call, result)
        return _without_guild(result)

    def _dispatch(self, call: Call) -> Any:
        return dispatch(
            self._world.backend,
            call.method,
            call.path,
            json=call.payload,
            params=call.query,
            files=call.files,
            reason=call.reason,
            message_content_access=self._privileged,
        )

    def _known(self, call: Call) -> Any:
        """The message that this nonce has posted within the window, if it still stands."""
        key = self._nonce(call)
        if key is None or not call.payload.get("enforce_nonce") or key not in self._posted:
            return None
        posted, channel_id, message_id = self._posted[key]
        stored = self._world.backend.messages.get(channel_id, {}).get(message_id)
        if stored is None or self._now() - posted > self._nonce_window:
            return None
        path = f"/channels/{channel_id}/messages/{message_id}"
        return _without_guild({**self._dispatch(Call("GET", path, {})), "nonce": key[1]})

    def _nonce(self, call: Call) -> tuple[int, str] | None:
        if call.method != "POST" or not POST_MESSAGE.fullmatch(call.path) or not call.payload.get("nonce"):
            return None
        return self._world.backend.bot_user.id, str(call.payload["nonce"])

    def _note(self, call: Call, result: Any) -> None:
        key = self._nonce(call)
        if key is not None:
            result["nonce"] = key[1]
            self._posted[key] = (self._now(), int(result["channel_id"]), int(result["id"]))
            self._world.nonces[int(result["id"])] = key[1]
        match = CALLBACK.fullmatch(call.path)
        if match and call.method == "POST":
            self._world.acknowledged_at[int(match[1])] = time.monotonic()

    def _now(self) -> float:
        return self._world.now().timestamp()


def application(serve: Callable[..., Any], gateway: Callable[..., Any], file: Callable[..., Any]) -> web.Application:
    """The three services under one address."""
    app = web.Application(client_max_size=4 * REQUEST_LIMIT)
    app.router.add_get("/gw", gateway)
    app.router.add_get("/gw/", gateway)
    app.router.add_get("/cdn/{path:.*}", file)
    app.router.add_route("*", PREFIX + "/{path:.*}", serve)
    return app


def _without_guild(result: Any) -> Any:
    """Messages carry their guild's id in events only, never in answers."""
    if isinstance(result, list):
        return [_without_guild(item) for item in result]
    if isinstance(result, dict) and {"author", "content"} <= result.keys():
        return {key: value for key, value in result.items() if key != "guild_id"}
    return result


def _json(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    # discord.py reads JSON only when Content-Type is exactly this, without a charset.
    return web.Response(
        status=status, body=text.encode(), headers={"Content-Type": "application/json", **(headers or {})}
    )
