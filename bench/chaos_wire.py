"""A wire to Postgres that can be refused, cut and held up; one for each process of the bot."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

_SOCKET: Final = ".s.PGSQL.5432"
_PIECE: Final = 2**16


class Wire:
    """Passes on what is said between a process and Postgres, over two unix sockets."""

    def __init__(self, target: Path, folder: Path, url: str) -> None:
        self.url = url
        self._target, self._folder = target, folder
        self._server: asyncio.AbstractServer | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()
        self._passing.set()

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str, folder: Path) -> AsyncIterator["Wire"]:
        """A wire to the database of this URL, whose server listens on a unix socket; its own socket is in `folder`."""
        folder.mkdir()
        parts = urlsplit(url)
        (host,) = parse_qs(parts.query)["host"]
        wire = cls(Path(host) / _SOCKET, folder, f"{url.partition('?')[0]}?host={folder}")
        await wire.allow()
        try:
            yield wire
        finally:
            wire.go_on()
            await wire.refuse()

    async def allow(self) -> None:
        """Takes connections."""
        if self._server is None:
            self._server = await asyncio.start_unix_server(self._serve, self._folder / _SOCKET)

    async def refuse(self) -> None:
        """Takes no new connection and ends those that there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
            (self._folder / _SOCKET).unlink(missing_ok=True)
        self.cut()

    def cut(self) -> None:
        """Ends every connection, in the middle of whatever it says."""
        for line in list(self._lines):
            line.transport.abort()

    def hold_up(self) -> None:
        """Passes nothing on, and tells nobody, until `go_on`."""
        self._passing.clear()

    def go_on(self) -> None:
        self._passing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._lines |= ends
        try:
            both = [asyncio.create_task(self._pass(reader, back)), asyncio.create_task(self._pass(there, writer))]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        finally:
            self._lines -= ends
            for end in ends:
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_PIECE):
                await self._passing.wait()
                writer.write(piece)
                await writer.drain()
