"""The REST API and the CDN: real HTTP in front of simcord's routes, with faults, checks and mended rules."""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiohttp import BodyPartReader, web
from simcord.backend.errors import BackendError, invalid_form_body
from simcord.http import client as _routes  # noqa: F401  (importing it registers every route)
from simcord.http.router import RouteNotImplemented, UnsupportedField, dispatch

from tests.standin import answers, channels, rules, threads
from tests.standin.ageing import Ageing, gone_nonce
from tests.standin.faults import Fault, Faults, Scope
from tests.standin.limits import Limits
from tests.standin.records import Sent
from tests.standin.spec import Spec
from tests.standin.world import World

PREFIX = "/api/v10"
REQUEST_LIMIT = 25 * 1024 * 1024
NEVER_SENT = 499
CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback")
# Interaction callbacks and follow-ups carry their own token in the path.
UNAUTHORISED = re.compile(r"/(interactions|webhooks)/\d+/.+")
THREAD_EDIT = re.compile(r"/channels/(\d+)")
HISTORY = POST_MESSAGE = re.compile(r"/channels/\d+/messages")


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
        self.limits = Limits()
        self.gateway_address = ""
        self._world, self._faults, self._spec = world, faults, spec
        self._token, self._nonce_window = token, nonce_window
        self._privileged, self._shards = privileged, shards
        self._ageing = Ageing(world.backend)
        # (author, nonce) → when it was posted, in the world's time, and where.
        self._posted: dict[tuple[int, str], tuple[float, int, int]] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request to the API."""
        try:
            call = await read(request)
        except ConnectionError:
            # The bot was killed while it was sending: what came is not a request, and nobody waits.
            return web.Response(status=NEVER_SENT)
        except json.JSONDecodeError:
            return _json(400, json.dumps({"message": "The request body contains invalid JSON.", "code": 50109}))
        files = tuple((file.filename, len(file.fp.getvalue())) for file in call.files)
        sent = Sent(call.method, call.path, call.payload, files, time.monotonic(), reason=call.reason)
        sent.data = tuple(file.fp.getvalue() for file in call.files)
        self.sent.append(sent)
        fault = self._faults.take(call.method, call.path)
        told, wait, scope = self.limits.take(call.method, call.path)
        if wait:
            answer = _limited(wait, scope, told)
        elif fault and not fault.works_first:
            answer = self._fail(fault, request)
        else:
            answer = self._answer(call)
        answer.headers.update(told)
        if fault and fault.status == "silence":
            return await _while_waited_for(request)
        if fault and fault.works_first:
            answer = _json(502, json.dumps({"message": "502: Bad Gateway", "code": 0}))
        sent.status = answer.status
        self._check_answer(call, answer)
        return answer

    def _check_answer(self, call: Call, answer: web.StreamResponse) -> None:
        """Complain of an answer of ours that Discord would not give."""
        if self._spec is None or not isinstance(answer, web.Response) or answer.status == NEVER_SENT:
            return
        if answer.content_type == "application/json" or answer.status == 204:
            body = json.loads(answer.body) if isinstance(answer.body, bytes) and answer.body else None
            self.complaints += self._spec.check_answer(call.method, call.path, answer.status, body)

    def meeting_faults(self, serve: Callable[..., Any]) -> Callable[..., Any]:
        """The gateway's handler, which a fault keeps from opening a connection; its path begins with /gw."""

        async def served(request: web.Request) -> web.StreamResponse:
            fault = self._faults.take(request.method, request.path)
            return await serve(request) if fault is None else self._fail(fault, request)

        return served

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
            return web.Response(status=NEVER_SENT)
        status = int(fault.status)
        if status != 429:
            return _json(status, json.dumps({"message": f"{status}: injected", "code": fault.code}))
        return _limited(fault.retry_after, fault.scope, code=fault.code)

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
            return _json(error.status, json.dumps(error.to_json()), getattr(error, "headers", None))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # simcord trips over bodies without a key that Discord requires.
            self.complaints.append(f"{call.method} {call.path}: simcord did not understand the body: {error!r}")
            return _json(400, json.dumps(invalid_form_body(repr(error)).to_json()))
        result = answers.shape(self._world.backend, call.method, call.path, call.query, result)
        status = answers.status_of(call.method, call.path, result)
        return web.Response(status=status) if result is None else _json(status, self._world.render(result))

    def _work(self, call: Call) -> Any:
        if (call.method, call.path) in (("GET", "/gateway"), ("GET", "/gateway/bot")):
            limit = {"total": 1000, "remaining": 999, "reset_after": 14400000, "max_concurrency": 1}
            return {"url": self.gateway_address, "shards": self._shards, "session_start_limit": limit}
        if self._spec is not None:
            self.complaints += self._spec.check(
                call.method, call.path, call.query, call.payload, multipart=call.multipart
            )
        self._ageing.check(call.method, call.path)
        rules.check_uploads(call.sizes)
        rules.check(self._world.backend, call.method, call.path, call.payload)
        channels.check(self._world.backend, call.method, call.path, call.payload)
        known = self._known(call)
        if known is not None:
            return known
        thread = THREAD_EDIT.fullmatch(call.path) if call.method == "PATCH" else None
        edited = threads.edit(self._world.backend, int(thread[1]), call.payload) if thread else None
        if edited is not None:
            return edited
        result = self._dispatch(call)
        self._note(call, result)
        return _without_guild(result)

    def _dispatch(self, call: Call) -> Any:
        # simcord answers `after` with the newest messages; Discord's are those next to the id, newest first.
        pages_on = call.method == "GET" and HISTORY.fullmatch(call.path) and "after" in call.query
        result = dispatch(
            self._world.backend,
            call.method,
            call.path,
            json=call.payload,
            params={**call.query, "limit": str(sys.maxsize)} if pages_on else call.query,
            files=call.files,
            reason=call.reason,
            message_content_access=self._privileged,
        )
        return result[-int(call.query.get("limit", 50)) :] if pages_on else result

    def _known(self, call: Call) -> Any:
        """The message that this nonce has posted within the window. Raises 10008 where it was deleted since."""
        key = self._nonce(call)
        if key is None or not call.payload.get("enforce_nonce") or key not in self._posted:
            return None
        posted, channel_id, message_id = self._posted[key]
        stored = self._world.backend.messages.get(channel_id, {}).get(message_id)
        if self._now() - posted > self._nonce_window:
            return None
        if stored is None:
            raise gone_nonce()
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


async def _while_waited_for(request: web.Request) -> web.Response:
    """Answers nothing until the bot hangs up, which it does when it is killed."""
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(0.02)
    return web.Response(status=NEVER_SENT)


def _without_guild(result: Any) -> Any:
    """Messages carry their guild's id in events only, never in answers."""
    if isinstance(result, list):
        return [_without_guild(item) for item in result]
    if isinstance(result, dict) and {"author", "content"} <= result.keys():
        return {key: value for key, value in result.items() if key != "guild_id"}
    return result


def _limited(wait: float, scope: Scope, limits: dict[str, str] | None = None, code: int = 0) -> web.Response:
    """A 429 as Discord answers it: the bot's limit of all routes has no bucket."""
    body = {"message": "You are being rate limited.", "retry_after": wait, "global": scope == "global", "code": code}
    # discord.py takes a 429 without Via for a ban by Cloudflare.
    headers = {"Retry-After": f"{wait}", "Via": "1.1 google"}
    if scope == "global":
        return _json(429, json.dumps(body), headers | {"X-RateLimit-Global": "true"})
    told = {"Limit": "5", "Remaining": "0", "Reset": f"{time.time() + wait:.3f}", "Reset-After": f"{wait}"}
    bucket = {f"X-RateLimit-{name}": value for name, value in told.items()} | {"X-RateLimit-Bucket": "standin"}
    return _json(429, json.dumps(body), headers | (limits or bucket) | {"X-RateLimit-Scope": scope})


def _json(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    # discord.py reads JSON only when Content-Type is exactly this, without a charset.
    return web.Response(
        status=status, body=text.encode(), headers={"Content-Type": "application/json", **(headers or {})}
    )
