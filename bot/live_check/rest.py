"""Discord's API, asked directly: no retries and no translation, so that the answers are Discord's own."""

import asyncio
import io
import json
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final

import aiohttp

from bot.ui.posts import Attachment
from telephone.domain.live_answers import NO_ANSWER, Reply

_SECONDS: Final = 60.0
_WAITS_MAX: Final = 6
"""How often a request that waits for its rate limit is asked again."""
_WAIT_MAX: Final = 120.0


class Rest:
    """Requests to the API at `base`, with the bot's token. A route that Discord says is used up is waited for."""

    def __init__(self, base: str, token: str, user_agent: str) -> None:
        self._base, self._open_at = base.rstrip("/"), dict[str, float]()
        self._headers = {"Authorization": f"Bot {token}", "User-Agent": user_agent}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Rest":
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        files: Sequence[Attachment] = (),
        *,
        patient: bool = True,
    ) -> Reply:
        """One request; `path` begins behind /api/v10. A `patient` one is asked again after a 429."""
        waited = 0
        while True:
            if patient:
                await self._open(_route(method, path))
            reply = await self._once(method, path, body, files, waited=waited)
            if reply.status != 429 or not patient or waited >= _WAITS_MAX:
                return reply
            waited += 1
            await asyncio.sleep(min(_WAIT_MAX, _seconds(reply.get("retry_after"), 1.0)))

    async def fetch(self, address: str) -> Reply:
        """What the address of a file answers, without our token."""
        assert self._session is not None
        try:
            async with self._session.get(address, allow_redirects=False) as answer:
                size = len(await answer.content.read())
                return Reply(answer.status, {"bytes": size}, dict(answer.headers))
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            return Reply(f"{NO_ANSWER}: {type(error).__name__}")

    async def _open(self, route: str) -> None:
        pause = self._open_at.get(route, 0.0) - time.monotonic()
        await asyncio.sleep(min(_WAIT_MAX, max(0.0, pause)))

    async def _once(self, method: str, path: str, body: Any, files: Sequence[Attachment], *, waited: int) -> Reply:
        assert self._session is not None
        form = _form(body, files) if files else None
        try:
            async with self._session.request(
                method, self._base + path, headers=self._headers, data=form, json=None if files else body
            ) as answer:
                if answer.headers.get("X-RateLimit-Remaining") == "0":
                    after = _seconds(answer.headers.get("X-RateLimit-Reset-After"), 0.0)
                    self._open_at[_route(method, path)] = time.monotonic() + after
                return Reply(answer.status, _json(await answer.text()), dict(answer.headers), waited)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return Reply(f"{NO_ANSWER}: {type(error).__name__}", waited=waited)


def _route(method: str, path: str) -> str:
    """What a rate limit counts together: the method and the path without a message's id."""
    return f"{method} {path.partition('?')[0].rstrip('0123456789')}"


def _form(body: Any, files: Sequence[Attachment]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps(body), content_type="application/json")
    for number, file in enumerate(files):
        content = io.BytesIO(file.data)
        form.add_field(f"files[{number}]", content, filename=file.name, content_type="application/octet-stream")
    return form


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _seconds(value: Any, otherwise: float) -> float:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return otherwise
