"""Replicate: create, look up, wait, cancel. The SDK makes the calls; the polling and the downloads are ours."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cachetools import LRUCache
from pydantic import SecretStr

from telephone.concurrency import imported
from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import Image
from telephone.errors import BadOutput, Retired, TelephoneError
from telephone.providers import failures
from telephone.providers.base import Closed, Lost, ModelTable, Slowness
from telephone.providers.downloads import Downloads, origin_of
from telephone.providers.http import CONNECT_SECONDS, KEPT_OPEN, Counted, bounding, silence_logs
from telephone.providers.http_errors import broken, failure
from telephone.providers.maker_words import ending_of
from telephone.providers.mapping import decoded, inputs, output_of, vector_of
from telephone.providers.predictions import ENDED, cost_of, holds, is_of
from telephone.providers.rate_limit import LIMITS, Gate
from telephone.providers.their_clock import TheirClock
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
ADD_CREDIT: Final = (
    "An account at Replicate with less than $5 of credit may begin 6 calls a minute; a ten-turn game makes 20, and "
    "about 30 more to be measured by ImageBind. Add credit at https://replicate.com/account/billing."
)
FIRST_LOOK: Final = 0.5
LONGEST_PAUSE: Final = 4.0
CALL_SECONDS: Final = 60.0
CLOCK_SKEW: Final = timedelta(minutes=2)
OUTPUT_LASTS: Final = timedelta(hours=1)
"""How long Replicate keeps what a prediction came to; an older one is of no use to a step."""
REMEMBERED: Final = 10_000
"""How many predictions are remembered with their step, so that no other step adopts them; more than run at once."""
PAGES: Final = 10
"""How many pages of predictions, 100 on each, are searched for one that a crash cut off."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long Replicate may lag behind itself, in seconds; tests make it short.

    For `unseen` after a create its prediction may be answered with 404. `listing` are the pauses between the looks for
    a lost create in the listing, before it counts as never made; `ending` are those in which a cancelled prediction
    may come to its end and say what it cost.
    """

    unseen: float = 60.0
    listing: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    ending: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)


WAITS: Final = Waits()


class _Gone(BadOutput):
    """There is no prediction of that id, or not yet."""


@dataclass(slots=True)
class Replicate:
    """Replicate's API at `base_url`, without /v1."""

    token: SecretStr | None = None
    base_url: str = OFFICIAL
    downloads: Downloads = field(default_factory=lambda: Downloads(HOSTS))
    gate: Gate = field(default_factory=lambda: Gate(LIMITS["replicate"]))
    waits: Waits = WAITS
    _opened: "AsyncReplicate | None" = field(default=None, repr=False)
    _ours: LRUCache[str, str] = field(default_factory=lambda: LRUCache(REMEMBERED), repr=False)
    _awaited: LRUCache[str, float] = field(default_factory=lambda: LRUCache(REMEMBERED), repr=False)
    _clock: TheirClock = field(default_factory=TheirClock, repr=False)

    def why_not(self, model: ModelTable) -> str | None:
        if model.kind == "chat":
            return "the provider replicate does not chat"
        if model.retired():
            return f"retired on {model.retired_on}"
        return "needs REPLICATE_API_TOKEN" if self.token is None else None

    def slowness(self) -> Slowness | None:
        allowed = self.gate.short_of_credit
        return None if allowed is None else Slowness(allowed, ADD_CREDIT)

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        wanted = await self._inputs(model, ask, since)
        if since is not None:
            found = await self._found(model, wanted, since, marker)
            if found is not None:
                self._ours[found] = marker
                return Ticket(found, found=True)
        async with self._call(model, paced=True) as client:
            made = await client.predictions.create(
                version=model.ref, input=wanted[0], cancel_after=f"{_lifetime(model)}s"
            )
        reference = _id_of(model, made)
        self._ours[reference], self._awaited[reference] = marker, time.monotonic()
        return Ticket(reference, maybe_billed_twice=since is not None)

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        reference = _known(model, ticket)
        pause, began = FIRST_LOOK, time.monotonic()
        while True:
            prediction = await self._look(model, reference)
            answer = None if prediction is None else await self._answer(model, prediction)
            if answer is not None:
                self._forget(reference)
                return answer
            if getattr(prediction, "status", None) == "starting" and time.monotonic() - began >= STARTS_WITHIN:
                raise failures.waking(model)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)

    async def cancel(self, model: ModelTable, ticket: Ticket) -> float | None:
        if ticket.reference is None:
            return None
        self._forget(ticket.reference)
        prediction: Prediction | None = None
        for pause in (*self.waits.ending, None):
            try:
                async with self._call(model) as client:
                    if prediction is None:
                        prediction = await client.predictions.cancel(prediction_id=ticket.reference)
                    else:
                        prediction = await client.predictions.get(prediction_id=ticket.reference)
            except _Gone as error:  # one that was made just now may not be seen yet
                if pause is None:
                    raise BadOutput(error.sentence) from None
            if pause is None or getattr(prediction, "status", None) in ENDED:
                break
            await asyncio.sleep(pause)
        return cost_of(model, prediction)

    def _forget(self, reference: str) -> None:
        self._ours.pop(reference, None)
        self._awaited.pop(reference, None)

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

    async def _look(self, model: ModelTable, reference: str) -> "Prediction | None":
        """A prediction; None where it cannot be seen yet. Raises BadOutput for one that is gone."""
        first = self._awaited.setdefault(reference, time.monotonic())
        try:
            async with self._call(model) as client:
                return await client.predictions.get(prediction_id=reference)
        except _Gone as error:
            if time.monotonic() - first < self.waits.unseen:
                return None
            raise BadOutput(error.sentence) from None

    async def _answer(self, model: ModelTable, prediction: "Prediction") -> Answer | None:
        """The answer of a prediction; None while it runs. Raises a TelephoneError, with its cost where it has ended."""
        try:
            return await self._read(model, prediction)
        except TelephoneError as error:
            if getattr(prediction, "status", None) in ENDED:
                error.cost_usd = cost_of(model, prediction)
            raise

    async def _read(self, model: ModelTable, prediction: "Prediction") -> Answer | None:
        status = getattr(prediction, "status", None)
        if status in ("canceled", "aborted"):
            raise failures.timed_out(model)
        if status == "failed":
            raise failed(model, prediction.error)
        if not isinstance(status, str):
            raise failures.bad_output(model)
        if status != "succeeded":
            return None
        if getattr(prediction, "data_removed", None) is True and not prediction.output:
            raise failures.expired(model)
        parameters = {"version": getattr(prediction, "version", None), "input": _public(prediction)}
        cost = cost_of(model, prediction)
        if model.kind == "embedder":
            return Answer(vector=vector_of(model, prediction.output), cost_usd=cost, parameters=parameters)
        output = output_of(model, prediction.output, getattr(prediction, "logs", None))
        if model.kind == "i2t":
            return Answer(text=output, cost_usd=cost, parameters=parameters)
        data = decoded(model, output) if output.startswith("data:") else await self.downloads.get(output)
        return Answer(data=data, cost_usd=cost, parameters=parameters)

    async def _inputs(self, model: ModelTable, ask: Ask, since: datetime | None) -> list[dict[str, Any]]:
        """The input to send; after a crash all that may have been sent, since each attempt uploads its picture."""
        if ask.image is None:
            return [inputs(model, ask)]
        return [inputs(model, ask, address) for address in await self._uploaded(model, ask.image, since)]

    async def _uploaded(self, model: ModelTable, image: Image, since: datetime | None) -> list[str]:
        """Addresses of a picture in Replicate's storage: of a new upload, or after a crash of all the earlier ones.

        A picture never travels inside a prediction, since the listing does not show such a one as it was sent.
        """
        async with self._call(model) as client:
            if since is not None:
                pages = _pages(client, await client.files.list())
                kept = [_address(model, file) async for file in pages if _is_copy(file, image)]
                if kept:
                    return kept
            name = "picture." + image.media_type.partition("/")[2]
            made = await client.files.create(content=(name, image.data, image.media_type))
            return [_address(model, made)]

    async def _found(
        self, model: ModelTable, wanted: Sequence[Mapping[str, Any]], since: datetime, marker: str
    ) -> str | None:
        """The id of a prediction that a lost create made. The listing may show it late, so it is read several times."""
        for pause in (*self.waits.listing, None):
            found = await self._listed(model, wanted, since, marker)
            if found is not None or pause is None:
                return found
            await asyncio.sleep(pause)
        return None

    async def _listed(
        self, model: ModelTable, wanted: Sequence[Mapping[str, Any]], since: datetime, marker: str
    ) -> str | None:
        """The id of a prediction of this version and input, made since then and not adopted by another step."""
        earliest = self._earliest(since)
        async with self._call(model) as client:
            async for made in _pages(client, await client.predictions.list(created_after=earliest)):
                taken = self._ours.get(made.id, marker) != marker
                alive = made.status in ("starting", "processing", "succeeded")
                same = is_of(model, made) and any(holds(made.input, one) for one in wanted)
                if alive and same and not taken and made.created_at >= earliest:
                    return str(made.id)
        return None

    def _earliest(self, since: datetime) -> datetime:
        """The earliest moment, on Replicate's clock, at which a create can have been made that we asked for at `since`.

        Where that lies ahead of their clock ours was wrong then, and any prediction that still has its output counts.
        The first answer that a process gets tells their time, so only its first look can go by a clock that is wrong.
        """
        there = self._clock.now()
        return (there - OUTPUT_LASTS if since - there > CLOCK_SKEW else since) - CLOCK_SKEW

    @asynccontextmanager
    async def _call(self, model: ModelTable, *, paced: bool = False) -> "AsyncIterator[AsyncReplicate]":
        """The client, with its exceptions turned into ours; `paced` calls count against the limit of creates.

        Of calls that were lost on the way, only a create can have been billed.
        """
        await imported("httpx", "replicate")
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
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=KEPT_OPEN),
                    timeout=httpx.Timeout(CALL_SECONDS, connect=CONNECT_SECONDS),
                    follow_redirects=False,
                    event_hooks={"response": [bounding(Body), self._clock.hear]},
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
                gone = failures.bad_output(model, "nothing: its prediction is gone").sentence
                raise (_Gone(gone) if lost_one else failures.retired(model)) from None
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
    if failures.is_interrupted(words):
        return failures.interrupted(model, words)
    if ending == "unavailable":
        return failures.crowded(model, words)
    return failures.bad_output(model, "an error instead of an answer", words)


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


def _is_copy(file: Any, image: Image) -> bool:
    return bool(getattr(getattr(file, "checksums", None), "sha256", None) == image.sha256)


def _address(model: ModelTable, file: Any) -> str:
    address = getattr(getattr(file, "urls", None), "get", None)
    if not isinstance(address, str):
        raise failures.bad_output(model)
    return address
