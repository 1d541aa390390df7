"""The server: three APIs and a place where pictures lie, on one loopback port."""

import base64
import json
import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiohttp import web

from tests.standin_providers import cogs, openais, replicates
from tests.standin_providers.faults import Fault, Handler

HERE = "http://studios.invalid"
"""Stands for the server's address in a snapshot, since the port is another one every time."""


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Call:
    """A paid call: the model that was asked, and the seed that it was asked with, if any."""

    model: str
    seed: int | None


@dataclass
class StandinApis:
    """The state of the three providers, and the requests that they got.

    `billed` has one entry a paid call, of either API, and `calls` what was asked by it. `delivery` holds the files at
    /delivery/NAME.
    OpenAI draws for an organisation that is `verified`; of Replicate's models, those whose name or version is among the
    `disabled` are there and do not run.
    A container says of itself what `cog_health` is; it answers so with status 200, and predicts only when it is ready.
    A prediction is "starting" for `starts_after` seconds, as that of a model which has to be loaded first.
    `outputs` says how a model answers, by a part of its version or name: a function of our own output.

    Of Replicate: a prediction takes `predict_seconds` by its own account; a page of a listing has `page` of them; one
    answers 404 to its first
    `looks_until_seen` looks, and is listed `listing_lag` seconds after it was made; `endings` are how the next ones
    end that would have succeeded; `creates_a_minute` is the limit of an account with less than $5 of credit, one after
    the other, of which the last was at `created_at`.
    """

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    billed: list[str] = field(default_factory=list)
    calls: dict[str, Call] = field(default_factory=dict)
    page: int = 3
    delivery: dict[str, bytes] = field(default_factory=dict)
    predictions: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    looks_until_done: int = 1
    predict_seconds: float = 2.0
    looks_until_seen: int = 0
    listing_lag: float = 0.0
    endings: deque[dict[str, Any]] = field(default_factory=deque)
    creates_a_minute: int | None = None
    created_at: float | None = None
    verified: bool = True
    cog_health: str = "READY"
    starts_after: float = 0.0
    disabled: set[str] = field(default_factory=set)
    outputs: dict[str, Any] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    running: int = 0
    most_running: int = 0
    _faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    _shares: list[tuple[float, str, Fault, Random]] = field(default_factory=list)

    def next(self, path: str, *faults: Fault) -> None:
        """The next requests to a path of this pattern, or a method and a path, are answered by these faults."""
        self._faults[path].extend(faults)

    def sometimes(self, share: float, path: str, fault: Fault, dice: Random) -> None:
        """This share of the requests that `next` would mean is answered by the fault, as `dice` fall."""
        self._shares.append((share, path, fault, dice))

    def always(self, path: str, fault: Fault) -> Callable[[], None]:
        """Every request that `next` would mean is answered by the fault, before all others; returns what undoes it."""
        entry = (1.0, path, fault, Random(0))
        self._shares.insert(0, entry)
        return lambda: self._shares.remove(entry)

    def behave(self) -> None:
        """Every request is answered honestly from now on."""
        self._faults.clear()
        self._shares.clear()

    def bill(self, reference: str, body: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        """Bills a call, whose request names the model in its `body` and the seed in what was `given` to it."""
        self.billed.append(reference)
        self.calls[reference] = Call(str(body.get("model") or body.get("version")), given.get("seed"))

    def asked(self, path: str) -> list[Seen]:
        """The requests to paths of this pattern."""
        return [seen for seen in self.seen if re.fullmatch(path, seen.path)]

    def taken(self) -> dict[str, Any]:
        """What was made and billed, of JSON's own types; addresses begin with HERE instead of our own."""
        files = {name: {**file, "data": _text(file["data"])} for name, file in self.files.items()}
        delivery = {name: _text(data) for name, data in self.delivery.items()}
        made = {"billed": self.billed, "delivery": delivery, "predictions": self.predictions, "files": files}
        return dict(json.loads(json.dumps(made).replace(self.url, HERE)))

    def restore(self, document: dict[str, Any]) -> None:
        """Goes on from what was `taken`, under the address of now."""
        made = json.loads(json.dumps(document).replace(HERE, self.url))
        self.billed, self.predictions = made["billed"], made["predictions"]
        self.delivery = {name: base64.b64decode(data) for name, data in made["delivery"].items()}
        self.files = {name: {**file, "data": base64.b64decode(file["data"])} for name, file in made["files"].items()}

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["StandinApis"]:
        apis = cls()
        app = web.Application(client_max_size=64 * 10**6, middlewares=[apis._watched])
        app.add_routes(replicates.routes(apis) + openais.routes(apis) + cogs.routes(apis))
        app.router.add_get("/delivery/{name}", apis._deliver)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        apis.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield apis
        finally:
            await runner.cleanup()

    @web.middleware
    async def _watched(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        body = await request.json() if request.content_type == "application/json" and request.can_read_body else None
        self.seen.append(Seen(request.method, request.path, dict(request.headers), body))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        whole = f"{request.method} {request.path}"
        try:
            for path, faults in self._faults.items():
                if faults and (re.fullmatch(path, request.path) or re.fullmatch(path, whole)):
                    return await faults.popleft()(request, handler)
            for share, path, fault, dice in self._shares:
                if re.fullmatch(path, whole) and dice.random() < share:
                    return await fault(request, handler)
            return await handler(request)
        finally:
            self.running -= 1

    async def _deliver(self, request: web.Request) -> web.StreamResponse:
        data = self.delivery.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data, content_type="image/png")

    def shaped(self, name: str, output: Any) -> Any:
        """Our output as the model of that name or version words it."""
        for part, shape in self.outputs.items():
            if part in name:
                return shape(output)
        return output


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
