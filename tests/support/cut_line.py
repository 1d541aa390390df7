"""A line to a Postgres on a unix socket that can be cut without either end being told, as a network does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_NAME = ".s.PGSQL.5432"


class Line:
    """Passes bytes on while it is `whole`; what is sent meanwhile arrives when it is whole again."""

    def __init__(self) -> None:
        self.whole = asyncio.Event()
        self.whole.set()
        self.passing: set[asyncio.Task[None]] = set()

    async def connect(self, path: Path, near: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.whole.wait()
        far, to_far = await asyncio.open_unix_connection(str(path))
        for reader, to in ((near, to_far), (far, writer)):
            task = asyncio.create_task(self._pass_on(reader, to))
            self.passing.add(task)
            task.add_done_callback(self.passing.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self.whole.wait()
                writer.write(data)
                await writer.drain()
        await self.whole.wait()
        writer.close()


@asynccontextmanager
async def line_to(url: str, folder: Path) -> AsyncIterator[tuple[Line, str]]:
    """A line, and the url of the same database at its near end, a socket in `folder`."""
    parts, line = urlsplit(url), Line()
    (host,) = parse_qs(parts.query)["host"]
    folder.mkdir()
    far = Path(host) / _NAME

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await line.connect(far, reader, writer)

    server = await asyncio.start_unix_server(connected, str(folder / _NAME))
    try:
        yield line, f"postgresql://{parts.username}@/{parts.path.lstrip('/')}?host={folder}"
    finally:
        line.whole.set()
        server.close()
        for task in list(line.passing):
            task.cancel()
