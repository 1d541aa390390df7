"""The connections of the page: bounded in all and for each address, and closed where no request comes.

Half-sent requests cost a file descriptor each, and the bot needs some for Discord and its store. So where there is no
room, the connection that waits longest for its request gives way; what is being answered never does.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiohttp import web

ACCEPT_AGAIN: Final = 1.0
"""Pause after a connection could not be taken, in seconds: file descriptors are short then."""
_BACKLOG: Final = 128
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, in all and from one address, and seconds that each step may take.

    The address is the one that connects, so a reverse proxy counts as one; `proxies` are addresses and networks of
    proxies whose X-Forwarded-For is believed: their visitors are counted by themselves, a request at a time.
    """

    connections: int = 256
    per_address: int = 64
    headers: float = 10.0
    body: float = 120.0
    keep_alive: float = 15.0
    lingering: float = 2.0
    proxies: tuple[str, ...] = ()


@dataclass(slots=True)
class _Connection:
    transport: asyncio.Transport
    address: str
    since: float
    busy: int = 0


class Connections:
    """The connections that are open. `clock` is in seconds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._proxies = [ipaddress.ip_network(one, strict=False) for one in limits.proxies]
        self._open: dict[Any, _Connection] = {}
        self._asking: dict[str, int] = {}

    @property
    def body_within(self) -> float:
        """How long a body may take to arrive, in seconds."""
        return self._limits.body

    def room_for(self, address: str) -> bool:
        """Whether one more connection may be taken from an address; another may have to give way to it."""
        self._open = {protocol: one for protocol, one in self._open.items() if not one.transport.is_closing()}
        theirs = [] if self._is_proxy(address) else [one for one in self._open.values() if one.address == address]
        return self._fits(theirs, self._limits.per_address) and self._fits(
            list(self._open.values()), self._limits.connections
        )

    def add(self, transport: asyncio.Transport, protocol: Any, address: str) -> None:
        """Counts a connection, and closes it where its first request does not come in time."""
        self._open[protocol] = _Connection(transport, address, time.monotonic())
        asyncio.get_running_loop().call_later(self._limits.headers, self._expect, protocol)

    @contextmanager
    def answering(self, request: web.Request) -> Iterator[bool]:
        """Marks a request as being answered; whether its visitor may make one more at a time."""
        connection, visitor = self._open.get(request.protocol), self._visitor(request)
        mine = self._asking.get(visitor, 0) + 1
        self._asking[visitor] = mine
        if connection is not None:
            connection.busy += 1
        try:
            yield mine <= self._limits.per_address
        finally:
            if connection is not None:
                connection.busy -= 1
                connection.since = time.monotonic()
            if self._asking[visitor] == 1:
                del self._asking[visitor]
            else:
                self._asking[visitor] -= 1

    def _expect(self, protocol: Any) -> None:
        connection = self._open.get(protocol)
        if connection is not None and not connection.busy and not connection.transport.is_closing():
            waited = time.monotonic() - connection.since
            if waited >= self._limits.headers * 0.9:
                connection.transport.abort()

    def _fits(self, among: list[_Connection], most: int) -> bool:
        if len(among) < most:
            return True
        waiting = [one for one in among if not one.busy]
        if not waiting:
            return False
        min(waiting, key=lambda one: one.since).transport.abort()
        return True

    def _visitor(self, request: web.Request) -> str:
        """The address that asks: the last one that no proxy of ours has, read backwards from the connection's."""
        address = request.remote or ""
        for said in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            if not self._is_proxy(address) or not said.strip():
                break
            address = said.strip()[:64]
        return address

    def _is_proxy(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(known in network for network in self._proxies if network.version == known.version)


class Listener:
    """Takes connections on an address and gives them to `server`, as far as there is room."""

    def __init__(self, server: web.Server, connections: Connections) -> None:
        self._server, self._connections = server, connections
        self._sockets: list[socket.socket] = []
        self._taking: list[asyncio.Task[None]] = []

    async def open(self, host: str, port: int) -> None:
        """Listens on every address that `host` has. Raises OSError where one of them cannot be had."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, address in dict.fromkeys((one[0], one[4]) for one in found):
                self._sockets.append(_listening(family, address))
        except OSError:
            await self.close()
            raise
        self._taking = [asyncio.create_task(self._take(one)) for one in self._sockets]

    async def close(self) -> None:
        for task in self._taking:
            task.cancel()
        await asyncio.gather(*self._taking, return_exceptions=True)
        for one in self._sockets:
            one.close()
        self._taking, self._sockets = [], []

    async def _take(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, peer = await loop.sock_accept(listening)
            except OSError as error:
                _log.warning("no connection could be taken", reason=error.strerror or str(error))
                await asyncio.sleep(ACCEPT_AGAIN)
                continue
            await self._hand_over(accepted, str(peer[0]))

    async def _hand_over(self, accepted: socket.socket, address: str) -> None:
        if not self._connections.room_for(address):
            accepted.close()
            return
        try:
            transport, protocol = await asyncio.get_running_loop().connect_accepted_socket(self._server, accepted)
        except OSError:  # it is gone already
            accepted.close()
            return
        self._connections.add(transport, protocol, address)


def _listening(family: int, address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setblocking(False)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made
