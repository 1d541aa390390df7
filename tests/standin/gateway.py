"""The gateway: sessions with numbered events, heartbeats, RESUME, intents, and connections that can be dropped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import discord
from aiohttp import WSMsgType, web
from simcord.backend import serializers
from simcord.gateway import FakeGateway
from simcord.intents import missing_privileged_intents

from tests.standin.world import UPLOAD_LIMIT, World, owns
from tests.support.discord_payloads import owners

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT = 0, 1, 2, 3, 4, 6, 7
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
REMEMBERED_EVENTS = 10_000


class Connection:
    """One open socket; what is pushed leaves in that order."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.session: Session | None = None
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def push(self, text: str) -> None:
        self._outgoing.put_nowait(text)

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await self.socket.send_str(await self._outgoing.get())

    async def end(self) -> None:
        """Stop writing; the session stays and can be resumed."""
        if self.session is not None and self.session.connection is self:
            self.session.connection = None
        self._writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._writer


class Parsers(dict[str, Callable[[Any], None]]):
    """Where simcord looks up what to do with an event: here everything goes out by wire."""

    def __init__(self, send: Callable[[str, Any], None]) -> None:
        super().__init__()
        self._send = send

    def __missing__(self, event: str) -> Callable[[Any], None]:
        return partial(self._send, event)


class Session:
    """What one identified shard has been told; outlives its connection."""

    def __init__(self, world: World, intents: int, shard: tuple[int, int]) -> None:
        self.id = uuid.uuid4().hex
        self.shard = shard
        self.opened = time.monotonic()
        self.connection: Connection | None = None
        # simcord's FakeGateway reads these two to drop, censor and prune what the intents do not cover.
        self.intents = discord.Intents._from_value(intents)
        self.parsers = Parsers(self.tell)
        self.gateway = FakeGateway(world.backend, self)
        self._world = world
        self._number = 0
        self._told: deque[tuple[int, str]] = deque(maxlen=REMEMBERED_EVENTS)

    def tell(self, event: str, payload: Any) -> None:
        """Number an event, remember it, and send it if a connection is open."""
        self._number += 1
        text = self._world.render({"op": DISPATCH, "t": event, "s": self._number, "d": payload})
        self._told.append((self._number, text))
        if self.connection is not None:
            self.connection.push(text)

    def resume(self, connection: Connection, after: int) -> None:
        """Go on over a new connection: first what was missed, then RESUMED."""
        connection.session = self
        for number, text in self._told:
            if number > after:
                connection.push(text)
        self.connection = connection
        self.tell("RESUMED", {})


class Gateway:
    """All sessions, fed by the world's events."""

    def __init__(self, world: World, token: str, complain: Callable[[str], None], *, privileged: bool) -> None:
        self.address = ""
        self.sessions: dict[str, Session] = {}
        self.outages: set[int] = set()
        self.resumed = 0
        self._world = world
        self._token = token
        self._complain = complain
        self._approved = discord.Intents.all() if privileged else discord.Intents.default()
        world.backend.subscribers.append(self.publish)

    def publish(self, event: str, payload: Mapping[str, Any]) -> None:
        """Tell an event to every session whose shard and intents it concerns."""
        if event == "INTERACTION_CREATE":
            user = (payload.get("member") or payload)["user"]
            locale = self._world.locales.get(int(user["id"]), "en-US")
            payload = {
                **payload,
                "attachment_size_limit": UPLOAD_LIMIT,
                "locale": locale,
                "authorizing_integration_owners": owners(payload.get("guild_id")),
            }
        mine = event == "GUILD_MEMBER_UPDATE" and payload["user"]["id"] == str(self._world.backend.bot_user.id)
        for session in list(self.sessions.values()):
            if mine and owns(session.shard, event, payload):
                session.tell(event, payload)  # of itself a bot hears without the members intent
            elif owns(session.shard, event, payload):
                session.gateway.feed(event, payload)

    def begin_outage(self, guild_id: int) -> None:
        """A server is not available for a while: the bot is told so, and READY lists it without its GUILD_CREATE."""
        self.outages.add(guild_id)
        self.publish("GUILD_DELETE", {"id": str(guild_id), "unavailable": True})

    def end_outage(self, guild_id: int) -> None:
        """The server is back."""
        self.outages.discard(guild_id)
        backend = self._world.backend
        told = serializers.guild_create_payload(backend, backend.get_guild(guild_id))
        self.publish("GUILD_CREATE", {**told, "unavailable": False})

    def ask_to_reconnect(self) -> None:
        """Tell every connection to connect anew and resume (opcode 7), as Discord does before it restarts a node."""
        for session in self.sessions.values():
            if session.connection is not None:
                session.connection.push(json.dumps({"op": RECONNECT, "d": None, "s": None, "t": None}))

    def identified_since(self, moment: float) -> bool:
        """Whether every shard has a session that was opened after this moment (monotonic) and is connected."""
        fresh = [s.shard for s in self.sessions.values() if s.opened > moment and s.connection is not None]
        return len(fresh) >= max((count for _, count in fresh), default=1)

    async def drop(self, code: int = 4000) -> None:
        """Close every connection as Discord does now and then; sessions can be resumed."""
        for session in list(self.sessions.values()):
            if session.connection is not None:
                connection, session.connection = session.connection, None
                await connection.socket.close(code=code)

    async def forget(self) -> None:
        """Close every connection and forget the sessions: the bot has to identify again."""
        await self.drop()
        self.sessions.clear()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from hello to close."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        connection = Connection(socket)
        connection.push(json.dumps({"op": HELLO, "d": {"heartbeat_interval": 41250}, "s": None, "t": None}))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._receive(connection, json.loads(message.data))
        finally:
            await connection.end()
        return socket

    async def _receive(self, connection: Connection, message: dict[str, Any]) -> None:
        code: int = message["op"]
        data: Any = message.get("d")
        if code == HEARTBEAT:
            connection.push(json.dumps({"op": HEARTBEAT_ACK}))
        elif code == IDENTIFY:
            await self._identify(connection, data)
        elif code == RESUME:
            self._resume(connection, data)
        elif code not in (PRESENCE, VOICE):
            self._complain(f"gateway: the stand-in does not answer opcode {code}")

    async def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        session = Session(self._world, data["intents"], tuple(data.get("shard") or (0, 1)))
        if data["token"] != self._token:
            await connection.socket.close(code=4004, message=b"Authentication failed.")
            return
        if missing_privileged_intents(session.intents, self._approved):
            await connection.socket.close(code=4014, message=b"Disallowed intent(s).")
            return
        dead = [s.id for s in self.sessions.values() if s.connection is None and s.shard == session.shard]
        for session_id in dead:
            del self.sessions[session_id]
        connection.session, session.connection = session, connection
        self._welcome(session)
        self.sessions[session.id] = session

    def _welcome(self, session: Session) -> None:
        backend = self._world.backend
        guilds = [guild for guild in backend.guilds.values() if owns(session.shard, "", {"guild_id": guild.id})]
        session.tell(
            "READY",
            {
                "v": 10,
                "user": serializers.user_payload(backend.bot_user),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.address,
                "shard": list(session.shard),
                "application": {"id": str(backend.application_id), "flags": 0},
            },
        )
        for guild in (one for one in guilds if one.id not in self.outages):
            payload = {**serializers.guild_create_payload(backend, guild), "unavailable": False}
            session.gateway.feed("GUILD_CREATE", payload)

    def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        session = self.sessions.get(data["session_id"])
        if session is None or data["token"] != self._token:
            connection.push(json.dumps({"op": INVALID_SESSION, "d": False}))
            return
        self.resumed += 1
        session.resume(connection, data["seq"] or 0)
