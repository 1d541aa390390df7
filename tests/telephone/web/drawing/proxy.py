"""A reverse proxy as docs/operating.md describes one: it takes a path off, and passes everything else through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

HOPS = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}
"""Headers that are between two machines only."""


@asynccontextmanager
async def proxy(port: int, path: str, to: int) -> AsyncIterator[None]:
    """Passes what comes to `path` on `port` of 127.0.0.1 on to the port `to`, at its root."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def pass_on(request: web.Request) -> web.Response:
            if not request.path.startswith(f"{path}/"):
                raise web.HTTPNotFound
            address = f"http://127.0.0.1:{to}{request.path_qs.removeprefix(path)}"
            headers = {name: value for name, value in request.headers.items() if name.lower() not in HOPS}
            async with session.request(
                request.method, address, data=await request.read(), headers=headers, allow_redirects=False
            ) as answer:
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOPS}
                return web.Response(body=await answer.read(), status=answer.status, headers=kept)

        app = web.Application(client_max_size=8 * 2**20)
        app.router.add_route("*", "/{all:.*}", pass_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
        await runner.cleanup()
