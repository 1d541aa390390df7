"""OpenAI's pictures, captions and chat; servers that speak its language may answer with a picture's address."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from uuid import uuid4

from aiohttp import web

from tests.standin_providers.eyes import caption, paint

if TYPE_CHECKING:
    from tests.standin_providers.server import StandinApis


def routes(apis: StandinApis) -> list[web.RouteDef]:
    api = _Api(apis)
    return [
        web.post("/v1/images/generations", api.draw),
        web.post("/v1/chat/completions", api.describe),
        web.get("/v1/models", api.models),
        web.get("/v1/models/{name}", api.model),
    ]


def prompts(seed: int | None = None) -> str:
    """Ten prompts, as one asks a chat model for them; others with every seed, and every time without one."""
    mark = uuid4().hex[:6] if seed is None else seed
    counts = {"easy": 3, "medium": 3, "hard": 3, "impossible": 1}
    return json.dumps({level: [f"{level} scene {mark}/{n}" for n in range(count)] for level, count in counts.items()})


class _Api:
    def __init__(self, apis: StandinApis) -> None:
        self.apis = apis

    async def draw(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if not self.apis.verified:
            message = (
                f"Your organization must be verified to use the model `{body['model']}`. Please go to: "
                "https://platform.openai.com/settings/organization/general and click on Verify Organization. "
                "If you just verified, it can take up to 15 minutes for access to propagate."
            )
            error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
            return web.json_response({"error": error}, status=403)
        data = paint(f"{body['prompt']}/{body.get('seed')}")
        self.apis.bill(uuid4().hex, body, body)
        if "by-address" in body["model"]:
            name = f"{uuid4().hex}.png"
            self.apis.delivery[name] = data
            return web.json_response({"created": 1, "data": [{"url": f"{self.apis.url}/delivery/{name}"}]})
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
        asked = body["messages"][0]["content"]
        if "lm-studio" in body["model"] and body.get("response_format", {}).get("type") == "json_object":
            error = "'response_format.type' must be 'json_schema' or 'text'"  # it knows schemas and no plain JSON
            return web.json_response({"error": error}, status=400)
        pictures = [] if isinstance(asked, str) else [part for part in asked if part["type"] == "image_url"]
        if pictures:
            text = caption(base64.b64decode(pictures[0]["image_url"]["url"].partition(",")[2]))
        elif "response_format" not in body or "json" in str(asked).lower():
            text = prompts(body.get("seed"))
        else:  # what OpenAI says to whoever wants a JSON object without asking for it
            error = {"message": "'messages' must contain the word 'json' in some form", "type": "invalid_request_error"}
            return web.json_response({"error": error}, status=400)
        self.apis.bill(uuid4().hex, body, body)
        message = {"role": "assistant", "content": self.apis.shaped(body["model"], text), "refusal": None}
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

    async def models(self, request: web.Request) -> web.StreamResponse:
        listed = [{"id": name, "object": "model", "created": 1, "owned_by": "studios"} for name in self.apis.models]
        return web.json_response({"object": "list", "data": listed})

    async def model(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self.apis.models:
            error = {
                "message": f"The model `{name}` does not exist or you do not have access to it.",
                "code": "model_not_found",
            }
            return web.json_response({"error": error}, status=404)
        return web.json_response({"id": name, "object": "model", "created": 1, "owned_by": "studios"})
