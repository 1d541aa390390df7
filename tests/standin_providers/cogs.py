"""A Cog container: one prediction at a time, files as data URIs, failures with status 200."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from aiohttp import web

from tests.standin_providers.eyes import caption, paint, place

if TYPE_CHECKING:
    from tests.standin_providers.server import StandinApis


def routes(apis: StandinApis) -> list[web.RouteDef]:
    api = _Api(apis)
    return [
        web.post("/predictions", api.predict),
        web.post("/predictions/{id}/cancel", api.cancel),
        web.get("/health-check", api.health),
    ]


class _Api:
    def __init__(self, apis: StandinApis) -> None:
        self.apis = apis

    async def predict(self, request: web.Request) -> web.StreamResponse:
        if self.apis.cog_health in ("STARTING", "SETUP_FAILED", "DEFUNCT"):
            return web.json_response({"detail": "Service unavailable"}, status=503)
        body = await request.json()
        given = body["input"]
        if "modality" in given:
            return web.json_response({"id": body.get("id"), "status": "succeeded", "output": place(given)})
        pictures = [value for value in given.values() if isinstance(value, str) and value.startswith("data:")]
        if pictures:
            output = caption(base64.b64decode(pictures[0].partition(",")[2]))
        else:
            data = paint(f"{given['prompt']}/{given.get('seed')}")
            output = ["data:image/png;base64," + base64.b64encode(data).decode()]
        return web.json_response({"id": body.get("id"), "status": "succeeded", "output": output, "metrics": {}})

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    async def health(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"status": self.apis.cog_health, "setup": {"logs": "ImportError: no torch"}})
