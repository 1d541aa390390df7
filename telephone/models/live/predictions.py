"""Replicate's predictions: made, looked at, waited for and called off, each answer as it came."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from telephone.domain.calls import Ask
from telephone.domain.games import Image
from telephone.domain.live_answers import Reply
from telephone.media.images import verify
from telephone.models.live.asking import PROCESSING_MAX, LiveModels, shape
from telephone.models.live.samples import drawn
from telephone.models.probe import PROMPT, SEED
from telephone.providers.base import ModelTable
from telephone.providers.mapping import data_uri, inputs

ENDED: Final = ("succeeded", "failed", "canceled", "aborted")
COLD_MAX: Final = 600.0
"""How long a model may take to wake up, in seconds."""
_CANCEL_AFTER: Final = "15m"
_LOOK_EVERY: Final = 1.0
NEEDS: Final = "set REPLICATE_API_TOKEN, and leave a model of Replicate in the tables"


@dataclass(frozen=True, slots=True)
class Made:
    """A prediction that was created: its table, its id, what was sent, and when the answer came."""

    table: ModelTable
    reference: str
    wanted: Mapping[str, Any]
    at: float


def most_usd(table: ModelTable) -> float:
    """The most that one prediction costs: it is called off after PROCESSING_MAX seconds."""
    return max(table.price_usd, PROCESSING_MAX * table.second_usd)


def cheapest(live: LiveModels, kind: str) -> ModelTable | None:
    """The cheapest model of that kind on Replicate; None where none can play."""
    return next(iter(live.ready("replicate", kind)), None)


class Predictions:
    """Predictions of one account. Each costs what its table says; the purse is asked first."""

    def __init__(self, live: LiveModels) -> None:
        token = live.settings.replicate_api_token
        self._live, self._key = live, token.get_secret_value() if token else ""
        self.base = f"{live.settings.replicate_base_url.rstrip('/')}/v1"

    async def get(self, path: str) -> Reply:
        return await self._live.ask("GET", self.base + path, key=self._key)

    async def create(self, asked: str, table: ModelTable, wanted: Mapping[str, Any]) -> tuple[Made | None, Reply]:
        """Begins a prediction; None where it was refused or cannot be paid, which a row says."""
        if not self._live.affords(asked, most_usd(table)):
            return None, Reply(0)
        body = {"version": table.ref, "input": dict(wanted)}
        headers = {"Cancel-After": _CANCEL_AFTER}
        reply = await self._live.ask("POST", f"{self.base}/predictions", key=self._key, body=body, headers=headers)
        if not reply.ok or not isinstance(reply.get("id"), str):
            self._live.note(asked, reply, model=table.name)
            return None, reply
        return Made(table, reply.get("id"), wanted, time.monotonic()), reply

    async def listed(self, since: datetime) -> Reply:
        """The newest predictions since then, as our adoption of lost ones asks for them."""
        return await self.get(f"/predictions?{urlencode({'created_after': since.isoformat()})}")

    async def look(self, made: Made) -> Reply:
        return await self.get(f"/predictions/{made.reference}")

    async def cancel(self, made: Made) -> Reply:
        return await self._live.ask("POST", f"{self.base}/predictions/{made.reference}/cancel", key=self._key)

    async def upload(self, picture: bytes) -> str | None:
        """The address of a picture in Replicate's storage; None where it was refused, which a row says."""
        import aiohttp

        form = aiohttp.FormData()
        form.add_field("content", picture, filename="picture.png", content_type="image/png")
        reply = await self._live.ask("POST", f"{self.base}/files", key=self._key, data=form)
        address = (reply.get("urls") or {}).get("get")
        if not address:
            self._live.note("upload a picture to /files", reply)
        return address

    async def ended(self, made: Made) -> tuple[Reply, float]:
        """Waits for its end, calls it off where it runs too long; the last answer, and what it cost by our table.

        One whose end is not known is counted at the most it can cost.
        """
        began, reply = None, await self.look(made)
        try:
            while reply.ok and reply.get("status") not in ENDED:
                began = began or (time.monotonic() if reply.get("status") == "processing" else None)
                now = time.monotonic()
                if now - made.at > COLD_MAX + PROCESSING_MAX:
                    break
                if now - made.at > COLD_MAX or (began is not None and now - began > PROCESSING_MAX):
                    await self.cancel(made)
                await asyncio.sleep(_LOOK_EVERY)
                reply = await self.look(made)
        except asyncio.CancelledError:
            await self.cancel(made)
            raise
        usd = cost(made.table, reply) if reply.get("status") in ENDED else most_usd(made.table)
        self._live.purse.spent += usd
        return reply, usd


def cost(table: ModelTable, reply: Reply) -> float:
    """What a prediction costs by its table: its seconds where it has a price for them, else the price of a success."""
    seconds = (reply.get("metrics") or {}).get("predict_time")
    if table.second_usd and isinstance(seconds, int | float):
        return float(seconds) * table.second_usd
    return table.price_usd if reply.get("status") == "succeeded" else 0.0


def facts_of(reply: Reply) -> dict[str, Any]:
    """Status, numbers and shape of a prediction."""
    metrics = {name: value for name, value in (reply.get("metrics") or {}).items() if isinstance(value, int | float)}
    facts = {"prediction": reply.get("status"), "metrics": metrics, "output": shape(reply.get("output"))}
    if reply.get("error"):
        facts["error"] = str(reply.get("error"))[:200]
    return facts | ({"data_removed": True} if reply.get("data_removed") else {})


def wanted_of(table: ModelTable, picture: str | None = None) -> dict[str, Any]:
    """Our input for a model: the prompt for one that draws, the picture, as a data URL or address, for others."""
    sees = table.kind == "i2t"
    image = sample() if sees else None
    ask = Ask(SEED, None if sees else PROMPT, image)
    return inputs(table, ask, picture or (data_uri(image) if image is not None else None))


def sample() -> Image:
    """The picture that models describe."""
    return verify(drawn("PNG"))
