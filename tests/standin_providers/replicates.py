"""Replicate: predictions with a life of their own, a listing, files."""

from __future__ import annotations

import base64
import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import web

from tests.standin_providers.eyes import caption, paint, place

if TYPE_CHECKING:
    from tests.standin_providers.server import StandinApis


def routes(apis: StandinApis) -> list[web.RouteDef]:
    api = _Api(apis)
    return [
        web.post("/v1/predictions", api.create),
        web.get("/v1/predictions", api.list),
        web.get("/v1/account", api.account),
        web.get("/v1/predictions/{id}", api.get),
        web.post("/v1/predictions/{id}/cancel", api.cancel),
        web.post("/v1/files", api.upload),
        web.get("/v1/files", api.files),
        web.get("/v1/models/{owner}/{name}", api.model),
        web.get("/v1/models/{owner}/{name}/versions/{version}", api.model),
    ]


class _Api:
    def __init__(self, apis: StandinApis) -> None:
        self.apis = apis

    async def create(self, request: web.Request) -> web.StreamResponse:
        if (throttled := self._throttled()) is not None:
            return throttled
        body = await request.json()
        version: str = body["version"]
        name, _, number = version.partition(":")
        if number in self.apis.disabled:
            detail = "This version has been disabled because it consistently fails to complete setup"
            return web.json_response({"title": "Invalid version", "detail": detail, "status": 422}, status=422)
        if not number and name in self.apis.disabled:
            return web.json_response({"detail": "The model has no enabled versions", "status": 422}, status=422)
        reference = uuid4().hex[:26]
        self.apis.predictions[reference] = {
            "id": reference,
            "model": name,
            "version": number or "hidden",
            "input": body["input"],
            "output": None,
            "error": None,
            "logs": "",
            "status": "starting",
            "data_removed": False,
            "created_at": datetime.now(UTC).isoformat(),
            "metrics": {},
            "urls": {
                what: f"{self.apis.url}/v1/predictions/{reference}{end}"
                for what, end in (("get", ""), ("web", ""), ("cancel", "/cancel"))
            },
            "looks": 0,
        }
        self.apis.bill(reference, body, body["input"])
        return web.json_response(_public(self.apis.predictions[reference]), status=201)

    def _throttled(self) -> web.Response | None:
        """Replicate's answer to an account with little credit that asks too often; None where it may create one."""
        allowed, now = self.apis.creates_a_minute, time.monotonic()
        if allowed is None:
            return None
        wait = 0.0 if self.apis.created_at is None else self.apis.created_at + 60 / allowed - now
        if wait <= 0:
            self.apis.created_at = now
            return None
        detail = (
            "Request was throttled. Your rate limit for creating predictions is reduced to "
            f"{allowed} requests per minute with a burst of 1 requests while you have less than $5.0 in credit. "
            f"Your rate limit resets in ~{wait:.2f}s."
        )
        return web.json_response({"detail": detail, "status": 429, "retry_after": round(wait, 2)}, status=429)

    async def get(self, request: web.Request) -> web.StreamResponse:
        made = self.apis.predictions.get(request.match_info["id"])
        if made is None:
            return web.json_response({"title": "Not found", "detail": "no such prediction", "status": 404}, status=404)
        age = (datetime.now(UTC) - _moment(made)).total_seconds()
        if made["status"] == "starting" and age < self.apis.starts_after:
            return web.json_response(_public(made))
        made["looks"] += 1
        if made["looks"] <= self.apis.looks_until_seen:
            missing = "The requested resource could not be found."
            return web.json_response({"detail": missing, "status": 404}, status=404)
        if made["status"] in ("starting", "processing"):
            made["status"] = "processing"
            made.setdefault("started_at", datetime.now(UTC).isoformat())
            if made["looks"] >= self.apis.looks_until_done:
                made |= {
                    "completed_at": datetime.now(UTC).isoformat(),
                    "metrics": {"predict_time": self.apis.predict_seconds},
                }
                made |= self.apis.endings.popleft() if self.apis.endings else self._success(made)
        return web.json_response(_public(made))

    def _success(self, made: dict[str, Any]) -> dict[str, Any]:
        return {"status": "succeeded", "output": self._output(made)}

    def _output(self, made: dict[str, Any]) -> Any:
        given = made["input"]
        pictures = [value for value in given.values() if isinstance(value, str) and self._is_picture(value)]
        named = f"{made['model']}:{made['version']}"
        if "modality" in given:
            place_of = given if given["modality"] == "text" else {**given, "input": self._data(given["input"])}
            return self.apis.shaped(named, place(place_of))
        if pictures:
            return self.apis.shaped(named, caption(self._bytes(pictures[0])))
        file = f"{made['id']}.png"
        self.apis.delivery[file] = paint(f"{given.get('prompt')}/{given.get('seed')}")
        return self.apis.shaped(named, [f"{self.apis.url}/delivery/{file}"])

    def _is_picture(self, value: str) -> bool:
        return value.startswith(("data:", f"{self.apis.url}/v1/files/"))

    def _data(self, value: str) -> str:
        return f"data:image/png;base64,{base64.b64encode(self._bytes(value)).decode()}"

    def _bytes(self, value: str) -> bytes:
        if value.startswith("data:"):
            return base64.b64decode(value.partition(",")[2])
        return self.apis.files[value.rpartition("/")[2]]["data"]

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        made = self.apis.predictions[request.match_info["id"]]
        made["looks"] += 1
        if made["looks"] <= self.apis.looks_until_seen:
            return web.json_response({"detail": "The requested resource could not be found."}, status=404)
        if made["status"] in ("starting", "processing"):
            started = made.get("started_at")
            spent = 0.0 if started is None else (datetime.now(UTC) - datetime.fromisoformat(started)).total_seconds()
            made |= {"status": "canceled", "metrics": {"predict_time": spent}}
        return web.json_response(_public(made))

    async def list(self, request: web.Request) -> web.StreamResponse:
        """The newest first, a few on a page; one that was made just now may not be there yet."""
        after = datetime.fromisoformat(request.query["created_after"].replace("Z", "+00:00").replace(" ", "+"))
        found = [made for made in self.apis.predictions.values() if _moment(made) >= after][::-1]
        before = datetime.now(UTC) - timedelta(seconds=self.apis.listing_lag)
        found = [made for made in found if not self.apis.listing_lag or _moment(made) <= before]
        first = int(request.query.get("cursor", "0"))
        following = None
        if len(found) > first + self.apis.page:
            query = request.rel_url.update_query(cursor=str(first + self.apis.page))
            following = f"{self.apis.url}{query}"
        page = [_public(made) for made in found[first : first + self.apis.page]]
        return web.json_response({"previous": None, "next": following, "results": page})

    async def upload(self, request: web.Request) -> web.StreamResponse:
        async for part in await request.multipart():
            if part.name == "content":
                data = bytes(await part.read())
                reference = uuid4().hex[:26]
                self.apis.files[reference] = {"data": data, "shown": self._file(reference, data)}
                return web.json_response(self.apis.files[reference]["shown"], status=201)
        return web.json_response({"detail": "content is missing"}, status=422)

    def _file(self, reference: str, data: bytes) -> dict[str, Any]:
        return {
            "id": reference,
            "content_type": "image/png",
            "size": len(data),
            "checksums": {"sha256": hashlib.sha256(data).hexdigest()},
            "metadata": {},
            "created_at": datetime.now(UTC).isoformat(),
            "expires_at": datetime.now(UTC).isoformat(),
            "urls": {"get": f"{self.apis.url}/v1/files/{reference}"},
        }

    async def files(self, request: web.Request) -> web.StreamResponse:
        shown = [file["shown"] for file in self.apis.files.values()][::-1]
        return web.json_response({"previous": None, "next": None, "results": shown})

    async def account(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"type": "organization", "username": "acme", "name": "Acme Corp, Inc."})

    async def model(self, request: web.Request) -> web.StreamResponse:
        name = f"{request.match_info['owner']}/{request.match_info['name']}"
        if name not in self.apis.models:
            return web.json_response({"detail": "The requested resource could not be found."}, status=404)
        version = request.match_info.get("version")
        if version is not None:
            if version in self.apis.disabled:
                return web.json_response({"detail": "This version has been disabled"}, status=404)
            return web.json_response({"id": version, "openapi_schema": None})
        newest = None if name in self.apis.disabled else {"id": "0" * 64}
        return web.json_response({"owner": name.partition("/")[0], "name": name, "latest_version": newest})


def _public(made: dict[str, Any]) -> dict[str, Any]:
    """As it is shown: pictures that were sent inside are not kept, and shown shortened."""
    shown = {key: value for key, value in made.items() if key != "looks"}
    return shown | {"input": {key: _shortened(value) for key, value in made["input"].items()}}


def _shortened(value: Any) -> Any:
    return value[:40] + "..." if isinstance(value, str) and value.startswith("data:") else value


def _moment(made: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(made["created_at"])
