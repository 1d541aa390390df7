"""The models that can play: those of the registry, each called through its provider."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import Caption, Image, fold
from telephone.errors import BadOutput, NotAllowed, Refused, Retired, TelephoneError, TimedOut
from telephone.media.images import verify
from telephone.models.refusal import is_refusal
from telephone.models.registry import Registry
from telephone.providers.answer_text import says_something, spoken
from telephone.providers.base import Lost, ModelKind, ModelTable, Provider
from telephone.retry import with_patience

DEADLINE = 600.0
"""How long a player may take for one step, in seconds, waits and retries included."""
CAPTION_MAX = 4_000
"""The longest caption that is passed on, in characters; the raw text is stored whole."""
_REASON_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Players:
    """Asks a model by its name. All calls raise a TelephoneError."""

    registry: Registry
    providers: Mapping[str, Provider]
    deadline: float = DEADLINE
    barred: Callable[[ModelTable], str | None] = lambda table: None
    """Why a model may not play although its provider is reachable: its output cannot be checked. None if it may."""

    def why_not(self, table: ModelTable) -> str | None:
        """None when the model can play now; otherwise what is missing, in a few words."""
        missing = self.providers[table.provider].why_not(table)
        return missing if missing is not None or table.kind == "embedder" else self.barred(table)

    def playable(self, name: str, kind: ModelKind) -> ModelTable:
        """The model of that name and kind, which can play now. Raises NotFound, Retired or NotAllowed."""
        table = self.registry.table(name, kind)
        missing = self.why_not(table)
        if missing is None:
            return table
        if table.retired():
            instead = f"; please choose {table.replacement} instead" if table.replacement else ""
            raise Retired(f"{table.name} was retired on {table.retired_on}{instead}.", table.replacement)
        raise NotAllowed(f"{table.name} cannot play yet ({missing}); choose another model or ask the operator.")

    def stand_in(self, kind: ModelKind) -> str | None:
        """The first model of a kind in the tables that can play now, an offline one only where there is no other; None
        where none can play."""
        ready = [table for table in self.registry.of_kind(kind) if self.why_not(table) is None]
        ready.sort(key=lambda table: table.provider == "offline")
        return ready[0].name if ready else None

    async def submit(self, name: str, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        """Submits one step. `since` is when it was first asked for, where an earlier attempt may have got through."""
        table = self.registry.table(name)
        provider = self.providers[table.provider]
        earliest = since

        async def submit() -> Ticket:
            nonlocal earliest
            began = datetime.now(UTC)
            try:
                return await provider.submit(table, ask, marker, earliest)
            except Lost:
                earliest = earliest or began
                raise

        return await with_patience(submit, deadline=self.deadline, who=name)

    async def collect(
        self, name: str, ask: Ask, ticket: Ticket, waking: Callable[[], Awaitable[None]] | None = None
    ) -> Answer:
        """Waits for the answer of a submitted step; `waking` is awaited where the model has to be started first."""
        table = self.registry.table(name)
        provider = self.providers[table.provider]
        try:
            return await with_patience(
                lambda: provider.collect(table, ask, ticket), deadline=self.deadline, who=name, waking=waking
            )
        except TimedOut:
            with suppress(TelephoneError):
                await provider.cancel(table, ticket)
            raise

    async def cancel(self, name: str, ticket: Ticket) -> None:
        table = self.registry.table(name)
        await self.providers[table.provider].cancel(table, ticket)

    def artist(self, name: str) -> "Artist":
        """A text-to-image model for a notebook or a test."""
        return Artist(self, self.playable(name, "t2i").name)

    def teller(self, name: str) -> "Teller":
        """An image-to-text model for a notebook or a test."""
        return Teller(self, self.playable(name, "i2t").name)

    async def close(self) -> None:
        for provider in self.providers.values():
            await provider.close()


@dataclass(frozen=True, slots=True)
class Artist:
    """A TextToImage model by name."""

    players: Players
    name: str

    async def generate_image(self, text: str, *, seed: int | None = None) -> Image:
        ask = Ask(seed=seed or 0, text=text)
        answer = await self.players.collect(self.name, ask, await self.players.submit(self.name, ask, ""))
        return picture_of(answer, self.name)


@dataclass(frozen=True, slots=True)
class Teller:
    """An ImageToText model by name."""

    players: Players
    name: str

    async def generate_text(self, image: Image, *, seed: int | None = None) -> Caption:
        ask = Ask(seed=seed or 0, image=image)
        answer = await self.players.collect(self.name, ask, await self.players.submit(self.name, ask, ""))
        return caption_of(answer, self.name)


def picture_of(answer: Answer, who: str) -> Image:
    """The verified picture of an answer. Raises BadOutput."""
    if answer.data is None:
        raise BadOutput(f"{who} answered without a picture; please start the game again.")
    return verify(answer.data)


def caption_of(answer: Answer, who: str) -> Caption:
    """The cleaned caption of an answer: one line without reasoning, control tokens, quotes around it or `Caption:`.

    Raises BadOutput for an empty caption, Refused for a text that only declines to describe the picture.
    """
    raw = answer.text or ""
    text = fold(spoken(raw))
    text = re.sub(r"^(?:image )?caption\s*:", "", text, flags=re.IGNORECASE).strip()
    if len(text) > 1 and text[0] + text[-1] in ('""', "“”", "''"):
        text = text[1:-1].strip()
    if not says_something(text):
        raise BadOutput(f"{who} said nothing about the picture; please start the game again.")
    if is_refusal(text):
        raise Refused(f"{who} declined to describe the picture; please start the game again.", text[:_REASON_MAX])
    return Caption(text=_shortened(text), raw=raw)


def _shortened(text: str) -> str:
    return text if len(text) <= CAPTION_MAX else text[: CAPTION_MAX - 1].rsplit(" ", 1)[0] + "…"
