"""The browser's view of the demo: simcord's Preview, live, with channel and thread side by side.

Simcord's Preview shows one channel, refuses to be framed, and shows changes when asked to. This one opens each page
on the room and member its address names, publishes what changes by itself, and serves a home page that frames two of
them. It uses Preview's internals, so simcord is pinned to one version.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from aiohttp import web
from simcord import Env, MemberActor
from simcord.backend.errors import SetupError
from simcord.builders import ChannelHandle
from simcord.preview import Preview
from simcord.preview._diagnostics import make_diagnostic
from simcord.preview._pages import _Page
from simcord.preview._server import PreviewServer

_STATIC: Final = Path(__file__).with_name("static")
_OURS: Final = {
    "/": ("home.html", "text/html"),
    "/home.css": ("home.css", "text/css"),
    "/home.js": ("home.js", "application/javascript"),
    "/room.css": ("room.css", "text/css"),
    "/room.js": ("room.js", "application/javascript"),
}
_ROOM: Final = "/room"
_ROOMS: Final = "/api/rooms"
_INTO_ROOM: Final = '<link rel="stylesheet" href="/room.css"><script src="/room.js"></script></head>'


class Window(Preview):
    """Shows every room of the server to every member, and what happens there as it happens."""

    _MAX_PAGES = 64
    _MAX_MEDIA_BYTES = 512 * 2**20
    _PAGE_LEASE_SECONDS = 24 * 3600.0
    """A day, since the laptop that shows the page may sleep in between."""

    def __init__(self, env: Env, channel: ChannelHandle, members: tuple[MemberActor, ...], port: int) -> None:
        super().__init__(
            env,
            channel,
            members,
            layout="channel",
            display="responsive",
            width=960,
            height=720,
            locale="en-US",
            timezone="UTC",
            presentation_time=None,
            assets=None,
            port=port,
        )
        self.home = channel
        self._server = _Server(self, port)
        self._changed = False
        self._one_at_a_time = asyncio.Lock()
        env.backend.subscribers.append(self._note)

    def publish_changes(self) -> None:
        """Brings every open page up to date, if anything changed on this Discord since the last call."""
        if not self._changed:
            return
        self._changed = False
        self._advance_presentation_time()
        self._publish_message_pages(reason="refresh")

    def open_room(self, room: str | None, member: str | None) -> _Page:
        """Opens a page on a channel or thread, as a member sees it. Raises SetupError where there is no such room."""
        self.channel = self._room(room)
        return self._open_page(member)

    def rooms(self) -> dict[str, Any]:
        """The channel, its threads, newest first, and the members to play as."""
        threads = sorted(self.home.threads, key=lambda thread: thread.id, reverse=True)
        return {
            "channel": _named(self.home.id, self.home.name),
            "threads": [_named(thread.id, thread.name) for thread in threads],
            "members": [_named(member.id, member.user.global_name) for member in self.viewers],
        }

    async def _action(self, context_id: str | None, body: Any) -> dict[str, Any]:
        """Carries out one action after another, each in its own room; messages may have changed in between."""
        async with self._one_at_a_time:
            page = self._get_page(context_id)
            self.channel = self._room(str(page.channel_id))
            if isinstance(body, Mapping) and "published_revision" in body:
                body = {**body, "published_revision": page.revision}
            return await super()._action(context_id, body)

    def _finish_action(
        self, page: _Page, action: Any, settlement: str, cursor: int, *more: Any, **named: Any
    ) -> dict[str, Any]:
        """Treats what the bot explained to the member as an answer, not as a failure of the press."""
        return super()._finish_action(page, action, settlement, self.env.error_cursor, *more, **named)

    def _room(self, room: str | None) -> ChannelHandle:
        rooms = {str(one.id): one for one in (self.home, *self.home.threads)}
        if room is not None and room not in rooms:
            raise SetupError("no such room")
        return rooms[room] if room is not None else self.home

    def _note(self, event: str, payload: Any) -> None:
        self._changed = True


class _Server(PreviewServer):
    """Preview's server, which also serves our pages and lets them, and nobody else, frame its own."""

    preview: Window
    _STATIC_FILES: ClassVar[dict[str, str]] = {
        **PreviewServer._STATIC_FILES,
        **{path: name for path, (name, _) in _OURS.items()},
        _ROOM: "index.html",
        _ROOMS: "",
    }
    _SECURITY_HEADERS: ClassVar[dict[str, str]] = {
        **PreviewServer._SECURITY_HEADERS,
        "X-Frame-Options": "SAMEORIGIN",
        "Content-Security-Policy": PreviewServer._SECURITY_HEADERS["Content-Security-Policy"]
        .replace("frame-ancestors 'none'", "frame-ancestors 'self'")
        .replace("img-src 'self'", "img-src 'self' data:"),
    }

    async def _static(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Host", "") not in self._allowed_hosts():
            raise web.HTTPForbidden
        if request.path == _ROOMS:
            return self._rooms(request)
        if request.path in _OURS:
            name, kind = _OURS[request.path]
            text = (_STATIC / name).read_text(encoding="utf-8")
            return web.Response(text=text, content_type=kind, headers=self._SECURITY_HEADERS)
        page: web.Response = await super()._static(request)
        if request.path == _ROOM and page.text is not None:
            page.text = page.text.replace("</head>", _INTO_ROOM, 1)
        return page

    def _rooms(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        return web.json_response(self.preview.rooms(), headers=self._SECURITY_HEADERS)

    async def _pages(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        try:
            page = self.preview.open_room(request.query.get("room"), request.query.get("member"))
        except SetupError:
            error = {"error": make_diagnostic("control-unavailable")}
            return web.json_response(error, status=400, headers=self._SECURITY_HEADERS)
        return web.json_response(self.preview._page_payload(page), headers=self._SECURITY_HEADERS)


def _named(identity: int, name: str | None) -> dict[str, str]:
    return {"id": str(identity), "name": name or ""}
