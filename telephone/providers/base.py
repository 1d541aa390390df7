"""The protocol of providers: submit a call, collect its answer, cancel it; and the table of a model."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from telephone.domain.calls import Answer, Ask, Ticket
from telephone.errors import BadOutput, Misconfigured, Unavailable

ModelKind = Literal["t2i", "i2t", "embedder", "chat"]
"""The kinds of models: text to image, image to text, embedder, and chat models that write prompts."""
Output = Literal["", "uri", "uris", "text", "texts", "[{text}]", "{text}", "vector"]
Quirk = Literal["no-size", "no-json", "response-format", "max-tokens", "seed", "pipe-splits"]
Token = Literal["text_in", "image_in", "text_out", "image_out"]

VALUES: Final = ("$prompt", "$image", "$seed", "$task", "$text", "$modality")
"""The values that the `input` of a table may use: the prompt, the picture, the step's seed, the article's instruction.

An embedder gets a text or a picture, never both: its table names `$text` and `$image`, of which the missing one is
left out, and `$modality`, which is "text" or "vision".
"""


class ModelTable(BaseModel):
    """One model, as its table says; docs/models.md explains the fields.

    Prices are in US dollars: `price_usd` per call (what a call is expected to cost), `second_usd` per second
    of prediction, `tokens_usd` per million tokens; the latter two turn reported usage into a cost.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,31}$")
    kind: ModelKind
    provider: str
    ref: str = Field(min_length=1)
    maker: str = ""
    url: str = ""
    key: str = Field("", pattern=r"^([A-Z][A-Z0-9_]*)?$")
    input: Mapping[str, Any] = {}
    output: Output = ""
    quirks: frozenset[Quirk] = frozenset()
    price_usd: float = Field(0.0, ge=0, allow_inf_nan=False)
    second_usd: float = Field(0.0, ge=0, allow_inf_nan=False)
    tokens_usd: Mapping[Token, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}
    licence: str
    about: str = ""
    label: str = ""
    dimensions: int = Field(0, ge=0, le=65_536)
    kin: str = Field("", pattern=r"^([a-z0-9-]+)?$")
    links: Mapping[str, str] = {}
    retired_on: date | None = None
    replacement: str | None = None

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
            raise ValueError("write an address such as http://127.0.0.1:5000, without a user name or a question mark")
        return url.rstrip("/")

    @field_validator("input")
    @classmethod
    def _asks_for_what_we_have(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        for value in _leaves(values):
            if isinstance(value, str) and value.startswith("$") and value not in VALUES:
                raise ValueError(f"{value} is nothing we have; write one of: {', '.join(VALUES)}")
        return values

    @model_validator(mode="after")
    def _holds_together(self) -> "ModelTable":
        mapped = self.provider in ("replicate", "cog") and self.kind != "chat"
        if mapped and not self.output:
            raise ValueError('output is missing; write how its answer comes, such as output = "uris" or "text"')
        if mapped and (self.output == "vector") != (self.kind == "embedder"):
            raise ValueError('output does not go with its kind; an embedder answers "vector", and nothing else does')
        if mapped and self.kind == "embedder" and not self.dimensions:
            raise ValueError("dimensions is missing; write how many numbers a vector has, such as dimensions = 1024")
        needed = {"i2t": "$image", "embedder": "$text"}.get(self.kind, "$prompt")
        if mapped and needed not in _leaves(self.input):
            raise ValueError(f'input hands nothing over; write which of the model\'s inputs takes "{needed}"')
        if (self.second_usd or self.tokens_usd) and not self.price_usd:
            raise ValueError("price_usd is missing; write what a call is expected to cost: so much is reserved for it")
        if self.provider == "cog" and not self.url:
            raise ValueError('url is missing; write where the container listens, such as url = "http://127.0.0.1:5000"')
        if self.key and not self.url:
            raise ValueError("key belongs to a url; write both or neither")
        return self

    def retired(self, today: date | None = None) -> bool:
        """Whether the model's maker has switched it off, by the day in UTC."""
        return self.retired_on is not None and self.retired_on <= (today or datetime.now(UTC).date())


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


class Lost(Unavailable):
    """No answer came back from the service itself: the call may have been made, and billed."""


class Interrupted(BadOutput):
    """A prediction ended without an answer through no fault of its input: the same may be asked for again.

    `expired` says that there was an answer, which the provider deleted before it was collected.
    """

    def __init__(self, sentence: str, *, expired: bool = False) -> None:
        super().__init__(sentence)
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Slowness:
    """A provider slows our account down: `per_minute` calls may begin. `remedy` tells the operator what to do."""

    per_minute: int
    remedy: str


@runtime_checkable
class Slowed(Protocol):
    """A provider that tells when it slows an account down for want of credit."""

    def slowness(self) -> Slowness | None:
        """How slow it is now, None where it is not."""
        ...


class Unverified(Misconfigured):
    """The maker of a model lets only verified organisations use it."""


class Closed(Misconfigured):
    """The model is not there for our key: the key is restricted, or the name is wrong."""


class Crowded(Interrupted, Unavailable):
    """A prediction failed because the machine that it ran on was full."""


class Provider(Protocol):
    """One API. Its calls raise TelephoneErrors; any other exception is a bug."""

    def why_not(self, model: ModelTable) -> str | None:
        """None when the model can play now; otherwise what is missing, in a few words."""
        ...

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        """Begins one call.

        `marker` is the same at every attempt. `since` is None for a first attempt; otherwise an earlier attempt may
        have reached the provider at that moment or later: a call that can be found again is adopted, any other is
        made again and marked as maybe billed twice.
        """
        ...

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        """Waits for the answer of a submitted call."""
        ...

    async def cancel(self, model: ModelTable, ticket: Ticket) -> float | None:
        """Cancels a submitted call, as far as possible; returns its cost in US dollars, None where unknown."""
        ...

    async def exists(self, model: ModelTable) -> bool | None:
        """Whether the provider still has the model; None where it does not say. Costs nothing."""
        ...

    async def close(self) -> None:
        """Closes connections."""
        ...
