"""Ways to misbehave. Each makes a handler that takes the place of one answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Fault = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]


def says(status: int, body: Any = None, **headers: str) -> Fault:
    """Answers with JSON of its own."""

    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return web.json_response(body if body is not None else {}, status=status, headers=named)

    return fault


def answers(data: bytes, media_type: str = "application/octet-stream", status: int = 200, **headers: str) -> Fault:
    """Answers with bytes of its own."""

    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return web.Response(body=data, content_type=media_type, status=status, headers=named)

    return fault


def redirects(target: str, status: int = 302) -> Fault:
    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": target})

    return fault


def cut() -> Fault:
    """Hangs up without doing anything."""

    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        return _hang_up(request)

    return fault


def cut_after_doing() -> Fault:
    """Does what was asked, bills it, and hangs up before it answers."""

    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        await honest(request)
        return _hang_up(request)

    return fault


def done_then(status: int, body: Any = None) -> Fault:
    """Does what was asked, bills it, and answers with this status, as a gateway that gave up on the service behind it.

    Without a `body` it is Cloudflare's page.
    """

    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        await honest(request)
        if body is not None:
            return web.json_response(body, status=status)
        page = f"<html><title>{status}: A timeout occurred</title></html>"
        return web.Response(text=page, status=status, content_type="text/html")

    return fault


def half(data: bytes, media_type: str = "image/png") -> Fault:
    """Announces more than it sends, and hangs up."""

    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": media_type, "Content-Length": str(2 * len(data))})
        await answer.prepare(request)
        await answer.write(data)
        return _hang_up(request)

    return fault


def slow(seconds: float) -> Fault:
    """Answers honestly, late."""

    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await honest(request)

    return fault


def silent() -> Fault:
    """Takes the call and never answers."""

    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        await asyncio.sleep(3_600)
        return await honest(request)

    return fault


def floods(size: int, media_type: str = "image/png", *, announced: bool = False) -> Fault:
    """Sends `size` bytes, a megabyte at a time, for as long as somebody listens."""

    async def fault(request: web.Request, honest: Handler) -> web.StreamResponse:
        headers = {"Content-Type": media_type} | ({"Content-Length": str(size)} if announced else {})
        answer = web.StreamResponse(headers=headers)
        await answer.prepare(request)
        for _ in range(size // 10**6):
            await answer.write(bytes(10**6))
        return answer

    return fault


def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
