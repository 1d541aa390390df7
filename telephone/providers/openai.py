"""OpenAI, and every server with its API: pictures, captions of pictures, and prompts.

A call cannot be found again, so it is made in `submit`, after its intent was journalled. A call that a crash cut off
is made again and marked as maybe billed twice.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from pydantic import SecretStr

from telephone.concurrency import imported
from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import Image
from telephone.errors import Misconfigured, RateLimited, Retired, TelephoneError, Unavailable
from telephone.providers import failures, openai_answers
from telephone.providers.base import Closed, ModelTable, Unverified
from telephone.providers.downloads import Downloads, origin_of
from telephone.providers.error_bodies import failure_in
from telephone.providers.http import ANSWER_SECONDS, CONNECT_SECONDS, KEPT_OPEN, Counted, bounding, silence_logs
from telephone.providers.http_errors import broken, failure
from telephone.providers.mapping import TASK, decoded, json_of, json_with_picture, picture_of, question_of, words_of
from telephone.providers.picture_addresses import resolved
from telephone.providers.rate_limit import LIMITS, Gate, Limit, SharedLimits
from telephone.providers.reasoning import CHAT_TOKENS, TOKENS, larger, least_effort, refuses_effort, with_effort

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion

OFFICIAL: Final = "https://api.openai.com/v1"
KEPT_BYTES: Final = 256 * 2**20
"""The most bytes of answers that wait to be collected, which is as many as some hundred games have in a long outage of
the store. Beyond, the oldest goes."""

_CONNECTIONS: Final = 10_000
"""More than are ever open at once: without a number aiohttp would take 100."""

UNVERIFIED_SECONDS: Final = 900.0
"""How long image models are not offered to an organisation that is not verified, in seconds; then it is tried again."""

_PARTS: Final = ("chat", "images", "models")
_LIBRARIES: Final = ("httpx", "httpx2", "openai", *(f"openai.resources.{part}" for part in _PARTS))
"""What a call needs of the SDK, which loads its parts when they are first used.

It looks at httpx too where that is loaded, and must not find it half loaded by another thread.
"""

_SD_ARGUMENTS: Final = re.compile(r"</?\s*sd_cpp_extra_args\s*>", re.IGNORECASE)


@dataclass(slots=True)
class OpenAI:
    """The OpenAI API at `base_url`, or where a model's table has its own `url`.

    `secret` returns the key that a table names for its own `url`; our own key is never sent to such a server.
    """

    key: SecretStr | None = None
    base_url: str | None = None
    downloads: Downloads = field(default_factory=Downloads)
    limit: Limit = LIMITS["openai"]
    secret: Callable[[str], SecretStr | None] = field(default=lambda name: None, repr=False)
    shared: SharedLimits = field(default_factory=SharedLimits, repr=False)
    _clients: "dict[tuple[str, str], AsyncOpenAI]" = field(default_factory=dict, repr=False)
    _gates: dict[str, Gate] = field(default_factory=dict, repr=False)
    _paces: dict[tuple[str, str], Gate] = field(default_factory=dict, repr=False)
    _unverified: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)
    """When a server last said that our organisation is not verified, by server and key."""
    _waiting: dict[str, Answer] = field(default_factory=dict, repr=False)
    """Answers by their tickets' references, oldest first."""
    _efforts: dict[tuple[str, str], str | None] = field(default_factory=dict, repr=False)
    """The effort of reasoning by server and model, where a model refused that of its table; None: it knows none."""

    def why_not(self, model: ModelTable) -> str | None:
        if model.kind == "embedder":
            return "the provider openai draws, describes and chats, and does not embed"
        if not self._is_official(model):
            return f"needs {model.key}" if model.key and self.secret(model.key) is None else None
        if model.retired():
            return f"retired on {model.retired_on}"
        if self.key is None:
            return "needs OPENAI_API_KEY"
        said_at = self._unverified.get((self._base(model), self._key(model)))
        waits = said_at is not None and time.monotonic() - said_at < UNVERIFIED_SECONDS
        return "OpenAI has not verified the operator's organisation" if waits and model.kind == "t2i" else None

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        answer = await self._answer(model, ask)
        reference = uuid4().hex
        self._waiting[reference] = answer
        self._forget_too_many()
        return Ticket(reference, maybe_billed_twice=since is not None)

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        kept = self._waiting.pop(ticket.reference or "", None)
        if kept is None:  # it came, and was billed, and went with the process that asked for it
            raise failures.gone_with_its_process(model)
        return kept

    async def cancel(self, model: ModelTable, ticket: Ticket) -> None:
        self._waiting.pop(ticket.reference or "", None)

    async def exists(self, model: ModelTable) -> bool | None:
        await imported(*_LIBRARIES)
        try:
            async with self._gate(model).slot():
                with self._failures(model):
                    await self._client(model).models.retrieve(model.ref, timeout=CONNECT_SECONDS)
        except (Retired, Closed):
            return False
        except TelephoneError:
            return None
        return True

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        await self.downloads.close()

    async def _answer(self, model: ModelTable, ask: Ask) -> Answer:
        await imported(*_LIBRARIES)
        async with self._pace(model).slot(), self._gate(model).slot():
            with self._failures(model):
                return await {"t2i": self._draw, "i2t": self._describe}.get(model.kind, self._chat)(model, ask)

    async def _draw(self, model: ModelTable, ask: Ask) -> Answer:
        body: dict[str, Any] = {"n": 1} | ({} if "no-size" in model.quirks else {"size": "1024x1024"})
        if "response-format" in model.quirks:
            body["response_format"] = "b64_json"
        body |= self._seed(model, ask) | dict(model.input)
        came = await self._generate(model, {"model": model.ref, "prompt": self._harmless(model, words_of(ask))} | body)
        if (error := failure_in(model, came, self._key(model))) is not None:
            raise error
        picture, is_address = openai_answers.picture(model, came)
        if is_address:
            own = "" if self._is_official(model) else self._base(model)
            data = await self.downloads.get(resolved(picture, own) if own else picture, own)
        else:
            data = decoded(model, picture)
        return Answer(data=data, cost_usd=openai_answers.cost(model, came), parameters=body)

    async def _generate(self, model: ModelTable, body: dict[str, Any]) -> Any:
        """One request of a picture; the SDK's value of its answer, or whatever else came."""
        import httpx2

        # Not images.generate, which would have the slower reader of JSON look through every letter of a picture.
        answer = await self._client(model).post(
            "/images/generations",
            cast_to=httpx2.Response,
            content=json_of(body),
            options={"security": {"bearer_auth": True}},
        )
        return openai_answers.pictures(answer.content)

    async def _describe(self, model: ModelTable, ask: Ask) -> Answer:
        return await self._say(model, picture_of(ask), self._spoken(model, ask, TOKENS))

    async def _chat(self, model: ModelTable, ask: Ask) -> Answer:
        """A text answer to a question, requested as JSON."""
        form = {} if "no-json" in model.quirks else {"response_format": {"type": "json_object"}}
        return await self._say(model, question_of(ask), form | self._spoken(model, ask, CHAT_TOKENS))

    async def _say(self, model: ModelTable, content: str | Image, body: dict[str, Any]) -> Answer:
        """The answer of a language model. One that came to no word is asked for once more, with more tokens."""
        said, cost = await self._completion(model, content, body)
        if not said.usable:
            body = larger(body)
            try:
                with self._failures(model):
                    said, more = await self._completion(model, content, body)
            except TelephoneError as error:
                passing = isinstance(error, RateLimited | Unavailable)
                error = failures.nothing_said(model, cut=said.cut) if passing else error
                error.cost_usd = (cost or 0.0) + (error.cost_usd or 0.0)
                raise error from None
            cost = None if cost is None and more is None else (cost or 0.0) + (more or 0.0)
        if not said.usable:
            failed = failures.nothing_said(model, cut=said.cut)
            failed.cost_usd = cost
            raise failed
        return Answer(text=said.text, cost_usd=cost, parameters=body)

    async def _completion(
        self, model: ModelTable, content: str | Image, body: dict[str, Any]
    ) -> tuple[openai_answers.Words, float | None]:
        """What a language model said, and what it cost in US dollars; its refusals cost as much."""
        from openai import APIStatusError

        who = (self._base(model), model.ref)
        body = with_effort(body, self._efforts[who]) if who in self._efforts else body
        try:
            came = await self._complete(model, content, body)
        except APIStatusError as error:
            if not refuses_effort(error.status_code, error.response.text, body):
                raise
            self._efforts[who] = least_effort(error.response.text, body)
            body = with_effort(body, self._efforts[who])
            came = await self._complete(model, content, body)
        if (failed := failure_in(model, came, self._key(model))) is not None:
            raise failed
        cost = openai_answers.cost(model, came)
        try:
            return openai_answers.words(model, came), cost
        except TelephoneError as error:
            error.cost_usd = cost
            raise

    async def _complete(self, model: ModelTable, content: str | Image, body: dict[str, Any]) -> "ChatCompletion":
        """One request of a text, or of the description of a picture."""
        from openai.types.chat import ChatCompletion

        def asked(content: Any) -> dict[str, Any]:
            return {"messages": [{"role": "user", "content": content}], "model": model.ref} | body

        def described(uri: str) -> dict[str, Any]:
            return asked([{"type": "text", "text": TASK}, {"type": "image_url", "image_url": {"url": uri}}])

        # Not chat.completions.create, which would look through every letter of a picture.
        sent = json_with_picture(content, described) if isinstance(content, Image) else json_of(asked(content))
        return await self._client(model).post(
            "/chat/completions", cast_to=ChatCompletion, content=sent, options={"security": {"bearer_auth": True}}
        )

    def _spoken(self, model: ModelTable, ask: Ask, tokens: int) -> dict[str, Any]:
        limit = "max_tokens" if "max-tokens" in model.quirks else "max_completion_tokens"
        return {limit: tokens} | self._seed(model, ask) | dict(model.input)

    def _seed(self, model: ModelTable, ask: Ask) -> dict[str, Any]:
        return {"seed": ask.seed} if "seed" in model.quirks else {}

    def _harmless(self, model: ModelTable, prompt: str) -> str:
        """A prompt without the parts that some servers read as commands: sd.cpp's arguments, LocalAI's bar."""
        if self._is_official(model):
            return prompt
        plain = prompt
        while (cut := _SD_ARGUMENTS.sub(" ", plain)) != plain:
            plain = cut
        return plain.replace("|", "/") if "pipe-splits" in model.quirks else plain

    def _is_official(self, model: ModelTable) -> bool:
        return origin_of(self._base(model)) == origin_of(OFFICIAL)

    def _base(self, model: ModelTable) -> str:
        return model.url or self.base_url or OFFICIAL

    def _gate(self, model: ModelTable) -> Gate:
        """The rate limit of a model's server; each has its own, so that a slow one does not delay the others."""
        base = self._base(model)
        if base not in self._gates:
            self._gates[base] = Gate(self.limit, adapts=False, name=f"openai {base}", shared=self.shared)
        return self._gates[base]

    def _pace(self, model: ModelTable) -> Gate:
        """What a model's own limit has turned out to be, which says nothing about other models of its server."""
        key = base, ref = self._base(model), model.ref
        if key not in self._paces:
            self._paces[key] = Gate(self.limit, name=f"openai {base} {ref}", shared=self.shared, only_learnt=True)
        return self._paces[key]

    def _key(self, model: ModelTable) -> str:
        key = (self.secret(model.key) if model.key else None) if model.url else self.key
        return key.get_secret_value() if key else ""

    def _client(self, model: ModelTable) -> "AsyncOpenAI":
        import httpx2
        from openai import AsyncOpenAI, DefaultAioHttpClient

        class Body(Counted, httpx2.AsyncByteStream):
            pass

        base, key = self._base(model), self._key(model)
        if (base, key) not in self._clients:
            silence_logs("openai", "httpx2", "httpcore2")
            self._clients[base, key] = AsyncOpenAI(
                api_key=key or "none",
                base_url=base,
                max_retries=0,
                http_client=DefaultAioHttpClient(  # over aiohttp a call takes a quarter less CPU
                    limits=httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=KEPT_OPEN),
                    timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
                    follow_redirects=False,
                    event_hooks={"response": [bounding(Body)]},
                ),
            )
        return self._clients[base, key]

    @contextmanager
    def _failures(self, model: ModelTable) -> Iterator[None]:
        """Turns the SDK's exceptions into ours, without their messages: these can contain keys and prompts."""
        from openai import APIConnectionError, APIStatusError, OpenAIError

        try:
            yield
        except APIStatusError as error:
            found = failure(model, error.status_code, error.response.headers, error.response.text, self._key(model))
            if isinstance(found, Unverified) and model.kind == "t2i":
                self._unverified[self._base(model), self._key(model)] = time.monotonic()
            if isinstance(found, Misconfigured) and "response_format" in error.response.text:
                found = failures.misconfigured(model, f'{found.detail} | To do: quirks = ["no-json"] in its table')
            if isinstance(found, Retired | Closed) and not self._is_official(model):
                found = failures.misconfigured(model, f"{self._base(model)} has no model {model.ref}")
            raise found from None
        except APIConnectionError as error:
            raise broken(model, error) from None
        except (OpenAIError, ValueError):
            raise failures.bad_output(model) from None

    def _forget_too_many(self) -> None:
        """Forgets the oldest answers where all together are too large: what a step waits for is younger."""
        size = sum(map(_size, self._waiting.values()))
        while size > KEPT_BYTES and len(self._waiting) > 1:
            size -= _size(self._waiting.pop(next(iter(self._waiting))))


def _size(answer: Answer) -> int:
    return len(answer.data or b"") + len(answer.text or "")
