"""An OpenAI-compatible provider on loopback, a process of its own, whose calls only take time.

    python bench/load_provider.py --picture 2 --caption 1 --sigma 0.5 --pixels 1024

It prints its address, then serves until it is ended. Pictures are PNGs as large as those of a photograph, each with
bytes of its own; a caption names the picture that was seen. GET /counts says how often each call was made.
"""

import argparse
import asyncio
import base64
import hashlib
import io
import struct
import sys
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from aiohttp import ClientSession, web
from load_calls import Calls
from PIL import Image as pil

_LARGEST: Final = 64 * 2**20
_END: Final = 12
"""The bytes of the last chunk of a PNG, before which more chunks may stand."""


def photograph(pixels: int) -> bytes:
    """A square PNG of soft shapes and fine noise: 1024 pixels are between 1 and 2 MB."""
    dice = np.random.default_rng(7)
    across, down = np.meshgrid(np.linspace(0, 6, pixels), np.linspace(0, 6, pixels))
    shades = [127 + 90 * np.sin(across * a + down * b) for a, b in ((1.0, 0.4), (0.7, 1.1), (0.2, 1.6))]
    noisy = np.stack(shades, axis=2) + dice.normal(0, 1.3, (pixels, pixels, 3))
    buffer = io.BytesIO()
    pil.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def marked(png: bytes, words: str) -> bytes:
    """The same picture with a comment, so that no two calls return the same bytes."""
    body = b"tEXt" + b"Comment\0" + words.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:-_END] + chunk + png[-_END:]


class Server:
    """The two calls, and what they were asked."""

    def __init__(self, calls: Calls, pixels: int) -> None:
        self._calls, self._png = calls, photograph(pixels)
        self._made: Counter[str] = Counter()
        self._running = self._most = 0

    def routes(self) -> list[web.RouteDef]:
        """The routes under /v1, and the counts."""
        return [
            web.post("/v1/images/generations", self._draw),
            web.post("/v1/chat/completions", self._describe),
            web.get("/counts", self._counts),
        ]

    async def _takes(self, seed: int, kind: str) -> None:
        self._made[f"{kind}/{seed}"] += 1
        self._running += 1
        self._most = max(self._most, self._running)
        try:
            await asyncio.sleep(self._calls.takes(seed, kind))
        finally:
            self._running -= 1

    async def _draw(self, request: web.Request) -> web.Response:
        body = await request.json()
        await self._takes(body["seed"], "t2i")
        data = base64.b64encode(marked(self._png, f"{body['seed']}")).decode()
        return web.json_response({"created": 1, "data": [{"b64_json": data}]})

    async def _describe(self, request: web.Request) -> web.Response:
        body = await request.json()
        address = next(part["image_url"]["url"] for part in body["messages"][0]["content"] if "image_url" in part)
        await self._takes(body["seed"], "i2t")
        seen = hashlib.sha256(address.encode()).hexdigest()
        message = {"role": "assistant", "content": f"a hill of waves by the sea, number {seen[:10]}", "refusal": None}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        answer = {"id": "1", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice]}
        return web.json_response(answer)

    async def _counts(self, request: web.Request) -> web.Response:
        return web.json_response({"made": self._made, "running": self._running, "most": self._most})


class Provider:
    """The provider as a process, from the side that started it."""

    def __init__(self, url: str, pid: int) -> None:
        self.url, self.pid = url, pid

    async def counts(self) -> dict[str, Any]:
        """`made`: how often each call was made; `running` now, and the `most` that ran at once."""
        async with ClientSession() as http, http.get(f"{self.url}/counts") as answer:
            return dict(await answer.json())

    @classmethod
    @asynccontextmanager
    async def open(cls, calls: Calls, pixels: int) -> AsyncIterator["Provider"]:
        """Starts one; it ends with the block."""
        words = [f"--picture={calls.picture_s}", f"--caption={calls.caption_s}", f"--sigma={calls.sigma}"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, *words, f"--pixels={pixels}", stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            yield cls((await process.stdout.readline()).decode().strip(), process.pid)
        finally:
            process.kill()
            await process.wait()


async def serve(calls: Calls, pixels: int) -> None:
    """Serves until it is ended."""
    app = web.Application(client_max_size=_LARGEST)
    app.add_routes(Server(calls, pixels).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=float, default=2.0, metavar="S", help="the median of a picture, in seconds")
    parser.add_argument("--caption", type=float, default=1.0, metavar="S", help="the median of a caption, in seconds")
    parser.add_argument("--sigma", type=float, default=0.5, help="how far calls differ, 0 for not at all")
    parser.add_argument("--pixels", type=int, default=1024, help="the side of a picture")
    given = parser.parse_args()
    asyncio.run(serve(Calls(given.picture, given.caption, given.sigma), given.pixels))


if __name__ == "__main__":
    main()
