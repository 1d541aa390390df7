"""What a provider is to the game: somebody who can be asked, waited for and called off."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from telephone.game import Answer, Ask, Ticket

ModelKind = Literal["t2i", "i2t", "embedder"]


class ModelTable(BaseModel):
    """One model, as its table says. `price_usd` is per call in US dollars, `label` its name in running text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,31}$")
    kind: ModelKind
    provider: str
    ref: str
    input: Mapping[str, Any] = {}
    output: str = ""
    price_usd: float = Field(0.0, ge=0)
    licence: str
    about: str = ""
    label: str = ""
    retired_on: date | None = None
    replacement: str | None = None


class Provider(Protocol):
    """One API. All calls raise a TelephoneError and nothing else that is expected."""

    def why_not(self, model: ModelTable) -> str | None:
        """None when the model can play now; otherwise what is missing, in a few words."""
        ...

    async def submit(self, model: ModelTable, ask: Ask, marker: str) -> Ticket:
        """Begins one call. `marker` is the same at every attempt, to find again what a crash cut off."""
        ...

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        """Waits for the answer of a submitted call."""
        ...

    async def cancel(self, model: ModelTable, ticket: Ticket) -> None:
        """Calls a submitted call off, as far as the provider can."""
        ...

    async def close(self) -> None:
        """Lets go of connections."""
        ...
