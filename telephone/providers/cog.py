"""Cog: Replicate's model server, which runs the same containers on one's own hardware. Its calls are free."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import aiohttp

from telephone.domain.calls import Answer, Ask, Ticket
from telephone.errors import TelephoneError, Unavailable
from telephone.providers import failures
from telephone.providers.base import ModelTable
from telephone.providers.downloads import Downloads
from telephone.providers.http import ANSWER_MAX, ANSWER_SECONDS, CONNECT_SECONDS, too_large
from telephone.providers.http_errors import failure
from telephone.providers.mapping import data_uri, decoded, inputs, output_of, vector_of
from telephone.providers.picture_addresses import resolved
from telephone.providers.rate_limit import LIMITS, Gate, Limit, SharedLimits
from telephone.providers.replicate import failed

_BUSY: Final = 409
_NOT_READY: Final = 503
_STARTING: Final = frozenset({"STARTING", "UNKNOWN"})
_DEFUNCT: Final = frozenset({"SETUP_FAILED", "DEFUNCT", "UNHEALTHY"})
"""The states of a container that will not predict."""


@dataclass(slots=True)
class Cog:
    """The containers that models' tables name by `url`. A container makes one prediction at a time."""

    downloads: Downloads = field(default_factory=Downloads)
    limit: Limit = LIMITS["cog"]
    shared: SharedLimits = field(default_factory=SharedLimits, repr=False)
    _gates: dict[str, Gate] = field(default_factory=dict, repr=False)
    _session: aiohttp.ClientSession | None = field(default=None, repr=False)

    def why_not(self, model: ModelTable) -> str | None:
        return "the provider cog does not chat" if model.kind == "chat" else None

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        """Only names the prediction: it is free, so it can be made again after a crash."""
        return Ticket(uuid4().hex)

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        wanted = inputs(model, ask, data_uri(ask.image) if ask.image is not None else None)
        gate = self._gates.setdefault(model.url, Gate(self.limit, name=f"cog {model.url}", shared=self.shared))
        async with gate.slot():
            came = await self._post(model, "/predictions", {"id": ticket.reference, "input": wanted})
        if came.get("status") != "succeeded":
            raise failed(model, came.get("error") or came.get("detail"))
        if model.kind == "embedder":
            return Answer(vector=vector_of(model, came.get("output")), cost_usd=0.0)
        output = output_of(model, came.get("output"), came.get("logs"))
        if model.kind == "i2t":
            return Answer(text=output, cost_usd=0.0)
        if output.startswith("data:"):
            return Answer(data=decoded(model, output), cost_usd=0.0)
        return Answer(data=await self.downloads.get(resolved(output, model.url), model.url), cost_usd=0.0)

    async def cancel(self, model: ModelTable, ticket: Ticket) -> None:
        async with self._answer(model, "POST", f"/predictions/{ticket.reference}/cancel", seconds=ANSWER_SECONDS):
            """A container that has nothing to cancel answers with an error, which is fine."""

    async def exists(self, model: ModelTable) -> bool | None:
        try:
            health, _ = await self._health(model)
        except TelephoneError:
            return None
        return None if health in _STARTING else health not in _DEFUNCT

    async def _health(self, model: ModelTable) -> tuple[str, str]:
        """What a container says of itself, such as READY, and the log of its start. It answers 200 whatever it says."""
        async with self._answer(model, "GET", "/health-check", seconds=ANSWER_SECONDS) as answer:
            text = await _bounded(answer)
            if answer.status != 200:
                raise failures.unavailable(model)
        came = _document(text)
        if not isinstance(came, dict):
            raise failures.bad_output(model, "something that is no state of a container", failures.detail_of(text))
        setup = came.get("setup")
        return str(came.get("status", "")).upper(), str(setup.get("logs", "")) if isinstance(setup, dict) else ""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        await self.downloads.close()

    async def _post(self, model: ModelTable, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._answer(model, "POST", path, body) as answer:
            text = await _bounded(answer)
            if answer.status == _BUSY:
                raise Unavailable(f"{model.name} is busy with another one; please try again in a minute.")
            if answer.status not in (200, 201):
                if answer.status == _NOT_READY:
                    raise await self._not_ready(model)
                raise failure(model, answer.status, {k.lower(): v for k, v in answer.headers.items()}, text)
        came = _document(text)
        if not isinstance(came, dict):
            raise failures.bad_output(model)
        return came

    async def _not_ready(self, model: ModelTable) -> TelephoneError:
        """Why a container takes no prediction: it is still being started, it could not be, or it is busy."""
        try:
            health, log = await self._health(model)
        except TelephoneError:
            return failures.unavailable(model)
        if health in _STARTING:
            return failures.waking(model)
        if health in _DEFUNCT:
            return failures.misconfigured(
                model, f"its container cannot start ({health}): {failures.detail_of(log[-300:])}"
            )
        return failures.unavailable(model)

    @asynccontextmanager
    async def _answer(
        self, model: ModelTable, method: str, path: str, body: Any = None, seconds: float | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a request within `seconds`. A prediction has none: whoever waits for it has a deadline, and a
        container cancels what nobody waits for."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # how many calls there are is for the gates to say
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        limit = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        try:
            async with self._session.request(
                method, model.url + path, json=body, allow_redirects=False, timeout=limit
            ) as answer:
                yield answer
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
            raise failures.unavailable(model) from None


def _document(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


async def _bounded(answer: aiohttp.ClientResponse) -> str:
    pieces, size = [], 0
    async for piece in answer.content.iter_chunked(1 << 16):
        size += len(piece)
        if size > ANSWER_MAX:
            raise too_large()
        pieces.append(piece)
    return b"".join(pieces).decode("utf-8", "replace")
