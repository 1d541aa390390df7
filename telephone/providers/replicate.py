"""Replicate: create, look up, wait, cancel. The SDK makes the calls; the polling and the downloads are ours."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cachetools import LRUCache
from pydantic import SecretStr

from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import Image
from telephone.errors import Retired, TelephoneError
from telephone.providers import failures
from telephone.providers.base import Closed, Lost, ModelTable
from telephone.providers.downloads import Downloads, origin_of
from telephone.providers.http import CONNECT_SECONDS, Counted, bounding, silence_logs
from telephone.providers.http_errors import broken, failure
from telephone.providers.maker_words import ending_of
from telephone.providers.mapping import data_uri, decoded, inputs, output_of, vector_of
from telephone.providers.rate_limit import LIMITS, Gate
from telephone.retry import WAKING_MAX

if TYPE_CHECKING:
    from replicate import AsyncReplicate
    from replicate.types import Prediction

OFFICIAL: Final = "https://api.replicate.com"
HOSTS: Final = ("replicate.delivery", "*.replicate.delivery")
"""The hosts that serve the outputs of Replicate's models."""
PREDICTION_SECONDS: Final = 600
"""The longest prediction of a model that runs, in seconds: then Replicate cancels it, so that it costs no more."""
STARTS_WITHIN: Final = 10.0
"""How long a prediction may wait for its start, in seconds, before the model counts as cold."""
FIRST_LOOK: Final = 0.5
LONGEST_PAUSE: Final = 4.0
CALL_SECONDS: Final = 60.0
INLINE_MAX: Final = 190_000
"""Largest picture sent inside a prediction, in bytes; Replicate takes 256 KB of base64 there."""
_DAY: Final = 86_400
CLOCK_SKEW: Final = timedelta(minutes=2)
REMEMBERED: Final = 10_000
"""How many predictions are remembered with their step, so that no other step adopts them; more than run at once."""
PAGES: Final = 10
"""How many pages of predictions, 100 on each, are searched for one that a crash cut off."""


@dataclass(slots=True)
class Replicate:
    """Replicate's API at `base_url`, without /v1."""

    token: SecretStr | None = None
    base_url: str = OFFICIAL
    downloads: Downloads = field(default_factory=lambda: Downloads(HOSTS))
    gate: Gate = field(default_factory=lambda: Gate(LIMITS["replicate"]))
    _opened: "AsyncReplicate | None" = field(default=None, repr=False)
    _ours: LRUCache[str, str] = field(default_factory=lambda: LRUCache(REMEMBERED), repr=False)

    def why_not(self, model: ModelTable) -> str | None:
        if model.kind == "chat":
            return "the provider replicate does not chat"
        if model.retired():
            return f"retired on {model.retired_on}"
        return "needs REPLICATE_API_TOKEN" if self.token is None else None

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        wanted = await self._input(model, ask, since)
        if since is not None:
            found = await self._found(model, wanted, since, marker)
            if found is not None:
                self._ours[found] = marker
                return Ticket(found, found=True)
        async with self._call(model, paced=True) as client:
            made = await client.predictions.create(version=model.ref, input=wanted, cancel_after=f"{_lifetime(model)}s")
        reference = _id_of(model, made)
        self._ours[reference] = marker
        return Ticket(reference, maybe_billed_twice=since is not None)

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        reference = _known(model, ticket)
        pause, began = FIRST_LOOK, time.monotonic()
        while True:
            async with self._call(model) as client:
                prediction = await client.predictions.get(prediction_id=reference)
            answer = await self._answer(model, prediction)
            if answer is not None:
                self._ours.pop(reference, None)
                return answer
            if getattr(prediction, "status", None) == "starting" and time.monotonic() - began >= STARTS_WITHIN:
                raise failures.waking(model)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)

    async def cancel(self, model: ModelTable, ticket: Ticket) -> None:
        if ticket.reference is not None:
            self._ours.pop(ticket.reference, None)
            async with self._call(model) as client:
                await client.predictions.cancel(prediction_id=_known(model, ticket))

    async def exists(self, model: ModelTable) -> bool | None:
        if self.token is None:
            return None
        name, _, version = model.ref.partition(":")
        path = f"/models/{name}" + (f"/versions/{version}" if version else "")
        try:
            async with self._call(model) as client:
                shown = await client.get(path, cast_to=object)
        except (Retired, Closed):
            return False
        except TelephoneError:
            return None
        return _enabled(shown, version)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()
        await self.downloads.close()

    async def _answer(self, model: ModelTable, prediction: "Prediction") -> Answer | None:
        """The answer of a prediction; None while it runs. Raises a TelephoneError."""
        status = getattr(prediction, "status", None)
        if status in ("canceled", "aborted"):
            raise failures.timed_out(model)
        if status == "failed":
            raise failed(model, prediction.error)
        if not isinstance(status, str):
            raise failures.bad_output(model)
        if status != "succeeded":
            return None
        parameters = {"version": getattr(prediction, "version", None), "input": _public(prediction)}
        cost = cost_of(model, getattr(prediction, "metrics", None))
        if model.kind == "embedder":
            return Answer(vector=vector_of(model, prediction.output), cost_usd=cost, parameters=parameters)
        output = output_of(model, prediction.output, getattr(prediction, "logs", None))
        if model.kind == "i2t":
            return Answer(text=output, cost_usd=cost, parameters=parameters)
        data = decoded(model, output) if output.startswith("data:") else await self.downloads.get(output)
        return Answer(data=data, cost_usd=cost, parameters=parameters)

    async def _input(self, model: ModelTable, ask: Ask, since: datetime | None) -> dict[str, Any]:
        image = None
        if ask.image is not None:
            small = len(ask.image.data) <= INLINE_MAX
            image = data_uri(ask.image) if small else await self._uploaded(model, ask.image, since)
        return inputs(model, ask, image)

    async def _uploaded(self, model: ModelTable, image: Image, since: datetime | None) -> str:
        """The address of a picture in Replicate's storage; after a crash, that of the earlier upload."""
        async with self._call(model) as client:
            if since is not None:
                async for kept in _pages(client, await client.files.list()):
                    if getattr(getattr(kept, "checksums", None), "sha256", None) == image.sha256:
                        return _address(model, kept)
            name = "picture." + image.media_type.partition("/")[2]
            made = await client.files.create(content=(name, image.data, image.media_type))
            return _address(model, made)

    async def _found(self, model: ModelTable, wanted: Mapping[str, Any], since: datetime, marker: str) -> str | None:
        """The id of a prediction with the same version and input, made since then and not adopted by another step."""
        earliest = since - CLOCK_SKEW
        async with self._call(model) as client:
            async for made in _pages(client, await client.predictions.list(created_after=earliest)):
                taken = self._ours.get(made.id, marker) != marker
                alive = made.status in ("starting", "processing", "succeeded")
                if alive and not taken and _is_of(model, made) and made.input == wanted and made.created_at >= earliest:
                    return str(made.id)
        return None

    @asynccontextmanager
    async def _call(self, model: ModelTable, *, paced: bool = False) -> "AsyncIterator[AsyncReplicate]":
        """The client, with its exceptions turned into ours; `paced` calls count against the limit of creates.

        Of calls that were lost on the way, only a create can have been billed.
        """
        if paced:
            async with self.gate.slot():
                with self._failures(model):
                    yield self._client()
            return
        try:
            with self._failures(model):
                yield self._client()
        except Lost:
            raise failures.unavailable(model) from None

    def _client(self) -> "AsyncReplicate":
        import httpx
        from replicate import AsyncReplicate

        class Body(Counted, httpx.AsyncByteStream):
            pass

        if self._opened is None:
            silence_logs("replicate", "httpx", "httpcore")
            self._opened = AsyncReplicate(
                bearer_token=self.token.get_secret_value() if self.token else "none",
                base_url=f"{self.base_url.rstrip('/')}/v1",
                max_retries=0,
                http_client=httpx.AsyncClient(
                    timeout=httpx.Timeout(CALL_SECONDS, connect=CONNECT_SECONDS),
                    follow_redirects=False,
                    event_hooks={"response": [bounding(Body)]},
                ),
            )
        return self._opened

    @contextmanager
    def _failures(self, model: ModelTable) -> Iterator[None]:
        """Turns the SDK's exceptions into ours, without their messages: these can contain keys and prompts."""
        from replicate import APIConnectionError, APIStatusError, ReplicateError

        secret = self.token.get_secret_value() if self.token else ""
        try:
            yield
        except APIStatusError as error:
            if error.status_code == 404:
                lost_one = "/predictions/" in error.request.url.path
                gone = failures.bad_output(model, "nothing: its prediction is gone")
                raise (gone if lost_one else failures.retired(model)) from None
            raise failure(model, error.status_code, error.response.headers, error.response.text, secret) from None
        except APIConnectionError as error:
            raise broken(model, error) from None
        except (ReplicateError, ValueError, AttributeError, TypeError):
            raise failures.bad_output(model) from None


async def _pages(client: "AsyncReplicate", page: Any) -> AsyncIterator[Any]:
    """All items of a listing. A next page on another host is not requested: our token would be sent there."""
    for _ in range(PAGES):
        for item in page.results or ():
            yield item
        following = page.next_page_info()
        if following is None or origin_of(str(following.url)) != origin_of(str(client.base_url)):
            return
        page = await page.get_next_page()


def failed(model: ModelTable, error: object) -> TelephoneError:
    """The error for a failed prediction's message: a refusal, or a fault after which it has to be made again."""
    words = failures.detail_of(error or "")
    ending = ending_of(words)
    if ending == "refused":
        return failures.refused(model, words)
    if ending == "unavailable":
        return failures.crowded(model, words)
    return failures.bad_output(model, "an error instead of an answer", words)


def cost_of(model: ModelTable, metrics: Any) -> float | None:
    """The cost of a prediction in US dollars, by the seconds it reports; None where the price is per call."""
    seconds: object = getattr(metrics, "predict_time", None)
    if not model.second_usd or isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return seconds * model.second_usd if 0 <= seconds <= _DAY else None


def _lifetime(model: ModelTable) -> int:
    """How long Replicate keeps a prediction alive, in seconds from its creation.

    A community model, which has its version in its name, may have to be started first; official ones always run.
    """
    return PREDICTION_SECONDS + (round(WAKING_MAX) if ":" in model.ref else 0)


def _enabled(shown: object, version: str) -> bool:
    """Whether a model that Replicate shows can be run: its name stays when its last version is switched off."""
    if version or not isinstance(shown, Mapping) or shown.get("is_official") is True:
        return True
    return not ("latest_version" in shown and shown["latest_version"] is None)


def _is_of(model: ModelTable, made: Any) -> bool:
    name, _, version = model.ref.partition(":")
    return bool(made.version == version if version else made.model == name)


def _public(prediction: Any) -> dict[str, Any]:
    """The input as Replicate echoes it, without the text and the picture, which are stored elsewhere."""
    given = prediction.input if isinstance(getattr(prediction, "input", None), Mapping) else {}
    return {key: value for key, value in given.items() if isinstance(value, int | float | bool)}


def _id_of(model: ModelTable, made: Any) -> str:
    reference = getattr(made, "id", None)
    if not isinstance(reference, str) or not re.fullmatch(r"[\w-]{1,80}", reference):
        raise failures.bad_output(model)
    return reference


def _known(model: ModelTable, ticket: Ticket) -> str:
    if ticket.reference is None:
        raise failures.bad_output(model)
    return ticket.reference


def _address(model: ModelTable, file: Any) -> str:
    address = getattr(getattr(file, "urls", None), "get", None)
    if not isinstance(address, str):
        raise failures.bad_output(model)
    return address
