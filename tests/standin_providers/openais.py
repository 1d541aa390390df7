"""OpenAI's pictures and captions, and those of servers that speak its language, which may answer with an address."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from uuid import uuid4

from aiohttp import web

from tests.standin_providers.eyes import caption, paint

if TYPE_CHECKING:
    from tests.standin_providers.server import Studios


def routes(studios: Studios) -> list[web.RouteDef]:
    api = _Api(studios)
    return [
        web.post("/v1/images/generations", api.draw),
        web.post("/v1/chat/completions", api.describe),
        web.get("/v1/models/{name}", api.model),
    ]


class _Api:
    def __init__(self, studios: Studios) -> None:
        self.studios = studios

    async def draw(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        data = paint(f"{body['prompt']}/{body.get('seed')}")
        self.studios.billed.append(uuid4().hex)
        if "by-address" in body["model"]:
            name = f"{uuid4().hex}.png"
            self.studios.delivery[name] = data
            return web.json_response({"created": 1, "data": [{"url": f"{self.studios.url}/delivery/{name}"}]})
        usage = {
            "input_tokens": 10,
            "output_tokens": 196,
            "total_tokens": 206,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
        }
        picture = {"b64_json": base64.b64encode(data).decode()}
        return web.json_response({"created": 1, "data": [picture], "usage": usage})

    async def describe(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        picture = next(part for part in body["messages"][0]["content"] if part["type"] == "image_url")
        text = caption(base64.b64decode(picture["image_url"]["url"].partition(",")[2]))
        self.studios.billed.append(uuid4().hex)
        message = {"role": "assistant", "content": self.studios.shaped(body["model"], text), "refusal": None}
        return web.json_response(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": body["model"],
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100},
            }
        )

    async def model(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self.studios.models:
            error = {"message": f"The model `{name}` does not exist", "code": "model_not_found"}
            return web.json_response({"error": error}, status=404)
        return web.json_response({"id": name, "object": "model", "created": 1, "owned_by": "studios"})
