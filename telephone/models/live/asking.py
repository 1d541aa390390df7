"""Asking a provider directly, without retries of its SDK and without translation, within a budget."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from telephone.domain.live_answers import LEFT_OUT, NO_ANSWER, LiveAnswer, Reply
from telephone.models.players import Players
from telephone.models.probe import Tried
from telephone.providers.base import ModelTable
from telephone.providers.failures import detail_of, retry_after
from telephone.settings import Settings

SECONDS: Final = 120.0
PROCESSING_MAX: Final = 60.0
"""How long a prediction may run before it is called off, in seconds; waiting for a cold model costs nothing."""
_WAITS_MAX: Final = 8
_WAIT_MAX: Final = 60.0
_BODY_MAX: Final = 30 * 10**6


@dataclass
class Purse:
    """What may be spent and was spent, in US dollars."""

    limit: float
    spent: float = 0.0

    @property
    def left(self) -> float:
        return max(0.0, self.limit - self.spent)


@dataclass
class LiveModels:
    """What the parts share: the models, a connection, the purse, and the rows so far."""

    settings: Settings
    players: Players
    purse: Purse
    http: aiohttp.ClientSession
    trial: Callable[[], AsyncIterator[Tried]]
    rows: list[LiveAnswer] = field(default_factory=list)
    part: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Keys that must not stand in any row."""
        keys = (self.settings.openai_api_key, self.settings.replicate_api_token)
        return tuple(key.get_secret_value() for key in keys if key is not None)

    def ready(self, provider: str, *kinds: str) -> list[ModelTable]:
        """The models of a provider that can play now, the cheapest first."""
        tables = self.players.registry.tables.values()
        fit = [table for table in tables if table.provider == provider and (not kinds or table.kind in kinds)]
        able = [table for table in fit if self.players.providers[provider].why_not(table) is None]
        return sorted(able, key=lambda table: table.price_usd)

    # Writing down ----------------------------------------------------------------------------

    def note(self, asked: str, reply: Reply, usd: float = 0.0, **facts: Any) -> Reply:
        """Writes down an answer; of an error also the provider's words, without keys."""
        if not reply.ok:
            facts |= {"words": self._without_keys(words)} if (words := _words(reply.body)) else {}
        if reply.waited:
            facts["429s before"] = reply.waited
        self.rows.append(LiveAnswer(self.part, asked, reply.status, reply.code, facts, usd))
        return reply

    def tell(self, asked: str, status: str, usd: float = 0.0, **facts: Any) -> None:
        """Writes down what our own code made of something."""
        self.rows.append(LiveAnswer(self.part, asked, status, None, facts, usd))

    def leave_out(self, asked: str, to_do: str) -> None:
        """Writes down what was not asked, and what to do so that it is."""
        self.rows.append(LiveAnswer(self.part, asked, LEFT_OUT, None, {"to do": to_do}))

    def affords(self, asked: str, most: float) -> bool:
        """Whether the purse holds that much; a row says so where it does not."""
        if most > self.purse.left:
            self.leave_out(asked, f"up to ${most:.3f} more would pass ${self.purse.limit:.2f}; raise --budget")
            return False
        return True

    def _without_keys(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return detail_of(text)

    # Asking ----------------------------------------------------------------------------------

    async def ask(
        self,
        method: str,
        url: str,
        *,
        key: str = "",
        body: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request; a 429 is waited out as the provider asks, and counted."""
        named = {**({"Authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
        waited = 0
        while True:
            reply = await self._once(method, url, named, body, data, waited=waited)
            if reply.status != 429 or waited >= _WAITS_MAX or data is not None:
                return reply
            waited += 1
            lower = {name.lower(): value for name, value in reply.headers.items()}
            wait = retry_after(lower, _words(reply.body))
            await asyncio.sleep(min(_WAIT_MAX, 5.0 if wait is None else wait))

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: Any, data: Any, *, waited: int
    ) -> Reply:
        try:
            async with self.http.request(
                method, url, headers=headers, json=body, data=data, allow_redirects=False
            ) as answer:
                return Reply(answer.status, await _json(answer), dict(answer.headers), waited)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            return Reply(f"{NO_ANSWER}: {type(error).__name__}", waited=waited)

    async def look(self, url: str) -> Reply:
        """What an address answers without any key: status and headers, and in the body its size in bytes."""
        try:
            async with self.http.get(url, allow_redirects=False) as answer:
                size = 0
                async for piece in answer.content.iter_chunked(1 << 16):
                    size += len(piece)
                    if size > _BODY_MAX:
                        break
                return Reply(answer.status, {"bytes": size}, dict(answer.headers))
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            return Reply(f"{NO_ANSWER}: {type(error).__name__}")


async def no_trial() -> AsyncIterator[Tried]:
    """A trial of no model, where only prices are asked for."""
    for tried in list[Tried]():
        yield tried


async def _json(answer: aiohttp.ClientResponse) -> Any:
    try:
        return await answer.json(content_type=None)
    except ValueError:
        return None


def _words(body: Any) -> str:
    """The message of an error, in the shapes that the providers use."""
    inner = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(inner, Mapping):
        return str(inner or "")
    return " ".join(str(inner[key]) for key in ("message", "title", "detail") if inner.get(key))


def shape(value: Any) -> str:
    """What a value is, without its content: "address at replicate.delivery", "text of 31 letters"."""
    if isinstance(value, str):
        if match := re.match(r"data:([\w.+-]+/[\w.+-]+)", value):
            return f"data URL of {match[1]}, {len(value):,} letters"
        host = urlsplit(value).hostname if re.match(r"https?://", value) else None
        return f"address at {host}" if host else f"text of {len(value):,} letters"
    if isinstance(value, list | tuple):
        return f"list of {len(value):,}, first {shape(value[0])}" if value else "empty list"
    if isinstance(value, Mapping):
        return f"object with {', '.join(sorted(map(str, value)))}"
    return "null" if value is None else type(value).__name__
