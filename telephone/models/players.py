"""The models that can play: those of the registry, each called through its provider."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import Caption, Image, fold
from telephone.domain.ownership import ensure_it_may, once_it_may
from telephone.domain.visible import says_something
from telephone.errors import BadOutput, NotAllowed, RateLimited, Refused, Retired, TelephoneError, TimedOut
from telephone.media.images import verify
from telephone.models.refusal import is_refusal
from telephone.models.registry import Registry
from telephone.providers.answer_text import spoken
from telephone.providers.base import Interrupted, Lost, ModelKind, ModelTable, Provider, Slowed, Slowness
from telephone.retry import Line, with_patience

DEADLINE = 600.0
"""How long a player may take for one step, in seconds, waits and retries included."""
CANCEL_DEADLINE: Final = 20.0
"""How long a provider is asked to cancel a call, in seconds, waits and retries included."""
LOST_PAUSES: Final = (1.0, 5.0, 20.0, 60.0)
"""The pauses after paid calls that were lost, in seconds: each may have been billed, so there are few more of them."""
AGAIN_PAUSES: Final = (1.0, 4.0, 15.0)
"""The pauses before the same is asked for again that a provider broke off, in seconds."""
CAPTION_MAX = 4_000
"""The longest caption that is passed on, in characters; the raw text is stored whole."""
_REASON_MAX: Final = 200
_FENCED: Final = re.compile(r"\s*(`{3,}+)(?:\w*[^\S\n]*\n)?(.*?)\1\s*", re.DOTALL)
_LABEL: Final = re.compile(r"([*_#>\s]*)(?:image )?caption\s*([*_]*)\s*:\s*([*_]*)\s*", re.IGNORECASE)
_QUOTES: Final = frozenset({'""', "''", "“”", "‘’", "«»", "「」", "『』"})
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Players:
    """Asks a model by its name. All calls raise a TelephoneError."""

    registry: Registry
    providers: Mapping[str, Provider]
    deadline: float = DEADLINE
    barred: Callable[[ModelTable], str | None] = lambda table: None
    """Why a model may not play although its provider is reachable: its output cannot be checked. None if it may."""
    lost_pauses: tuple[float, ...] = LOST_PAUSES
    again_pauses: tuple[float, ...] = AGAIN_PAUSES

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

    async def submit(
        self,
        name: str,
        ask: Ask,
        marker: str,
        since: datetime | None = None,
        *,
        lost: Callable[[], Awaitable[None]] | None = None,
        line: Line | None = None,
    ) -> Ticket:
        """Submits one step. `since` is when it was first asked for, where an earlier attempt may have got through.

        `lost` is awaited after each call that was lost, and so may be billed beside the one that gets through. `line`
        says what is done where there is none to the provider. In a workflow it calls only while the other processes
        take this one for alive.
        """
        table = self.registry.table(name)
        provider = self.providers[table.provider]
        earliest, pauses = since, iter(self.lost_pauses)

        async def submit() -> Ticket:
            nonlocal earliest
            ensure_it_may()
            began = datetime.now(UTC)
            try:
                return await provider.submit(table, ask, marker, earliest)
            except Lost:
                earliest = earliest or began
                if lost is not None:
                    await lost()
                if table.price_usd:  # a server of one's own is asked for as long as there is time
                    if (pause := next(pauses, None)) is None:
                        raise _given_up(name) from None
                    await asyncio.sleep(pause)
                raise

        try:
            return await once_it_may(lambda: with_patience(submit, deadline=self.deadline, who=name, line=line))
        except TimedOut as error:
            if error.__cause__ is not None:  # no call was under way: the last one was turned away, or lost and counted
                error.cost_usd = 0.0
            if isinstance(error.__cause__, RateLimited):
                error.sentence = error.__cause__.sentence
            raise

    async def collect(
        self,
        name: str,
        ask: Ask,
        ticket: Ticket,
        waking: Callable[[], Awaitable[None]] | None = None,
        line: Line | None = None,
    ) -> Answer:
        """Waits for the answer of a submitted step.

        `waking` is awaited where the model has to be started first; `line` says what is done where there is none to the
        provider.
        """
        table = self.registry.table(name)
        provider = self.providers[table.provider]
        try:
            return await with_patience(
                lambda: provider.collect(table, ask, ticket),
                deadline=self.deadline,
                who=name,
                waking=waking,
                line=line,
            )
        except TimedOut as error:
            if error.cost_usd is None:
                with suppress(TelephoneError):
                    error.cost_usd = await self.cancel(name, ticket)
            raise

    async def cancel(self, name: str, ticket: Ticket) -> float | None:
        """Cancels a submitted step; returns its cost in US dollars, None where its provider did not say.

        Raises a TelephoneError where it may go on.
        """
        table = self.registry.table(name)
        provider = self.providers[table.provider]
        return await with_patience(lambda: provider.cancel(table, ticket), deadline=CANCEL_DEADLINE, who=name)

    async def answer(self, name: str, ask: Ask) -> Answer:
        """The answer to one call that no step keeps, asked for again where its provider broke it off.

        Its cost, and that of an error, has all that was paid or may have been: answers that were broken off and calls
        that were lost too. None where nothing but one call is known.
        """
        meter, pauses = _Meter(self.registry.table(name).price_usd), iter(self.again_pauses)
        while True:
            ticket: Ticket | None = None
            try:
                ticket = await self.submit(name, ask, "", lost=meter.lose)
                meter.found(ticket)
                answer = await self.collect(name, ask, ticket)
            except Interrupted as error:
                meter.broken_off(error)
                if (pause := next(pauses, None)) is None:
                    nothing = BadOutput(error.sentence, error.detail)
                    meter.bill(nothing, answered=False)
                    raise nothing from error
                await again(name, error, pause)
            except TelephoneError as error:
                meter.bill(error, answered=ticket is not None)
                raise
            else:
                return replace(answer, cost_usd=meter.paid(answer), maybe_billed_twice=False)

    def artist(self, name: str) -> "Artist":
        """A text-to-image model for a notebook or a test."""
        return Artist(self, self.playable(name, "t2i").name)

    def teller(self, name: str) -> "Teller":
        """An image-to-text model for a notebook or a test."""
        return Teller(self, self.playable(name, "i2t").name)

    def slowness(self, names: Iterable[str]) -> Slowness | None:
        """How slow the slowest provider of these models is for want of credit; None where none is."""
        found = []
        for table in (self.registry.tables[name] for name in names if name in self.registry.tables):
            provider: object = self.providers.get(table.provider)
            if isinstance(provider, Slowed) and (slow := provider.slowness()) is not None:
                found.append(slow)
        return min(found, key=lambda slow: slow.per_minute, default=None)

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
        return picture_of(await self.players.answer(self.name, ask), self.name)


@dataclass(frozen=True, slots=True)
class Teller:
    """An ImageToText model by name."""

    players: Players
    name: str

    async def generate_text(self, image: Image, *, seed: int | None = None) -> Caption:
        ask = Ask(seed=seed or 0, image=image)
        return caption_of(await self.players.answer(self.name, ask), self.name)


@dataclass(slots=True)
class _Meter:
    """What one answer costs, with what was paid beside it, in US dollars."""

    price_usd: float
    beside_usd: float = 0.0

    async def lose(self) -> None:
        self.beside_usd += self.price_usd

    def found(self, ticket: Ticket) -> None:
        """One of the lost calls was found again."""
        if ticket.found:
            self.beside_usd -= self.price_usd

    def broken_off(self, error: Interrupted) -> None:
        self.beside_usd += self.price_usd if error.cost_usd is None else error.cost_usd

    def paid(self, answer: Answer) -> float | None:
        if answer.maybe_billed_twice:
            self.beside_usd += self.price_usd
        cost = self.price_usd if answer.cost_usd is None else answer.cost_usd
        return cost + self.beside_usd if self.beside_usd else answer.cost_usd

    def bill(self, error: TelephoneError, *, answered: bool) -> None:
        """Gives an error what was paid; a call that was submitted and came to nothing counts at its full price."""
        unknown = self.price_usd if answered and isinstance(error, BadOutput | TimedOut) else 0.0
        error.cost_usd = (unknown if error.cost_usd is None else error.cost_usd) + self.beside_usd


async def again(who: str, error: Interrupted, pause: float) -> None:
    """Waits before the same is asked for again, and says so in the log."""
    _log.warning("an answer was deleted" if error.expired else "a call was interrupted", model=who, again_in=pause)
    await asyncio.sleep(pause)


def _given_up(who: str) -> TimedOut:
    error = TimedOut(
        f"{who} broke off every call before it answered, and may have billed them; "
        "please try again later or choose another model."
    )
    error.cost_usd = 0.0  # beside the lost calls, which are counted
    return error


def picture_of(answer: Answer, who: str) -> Image:
    """The verified picture of an answer. Raises BadOutput."""
    if answer.data is None:
        raise BadOutput(f"{who} answered without a picture; please start the game again.")
    image = verify(answer.data)
    image.sha256  # noqa: B018 - it is kept, and this runs where work that takes long may
    return image


def caption_of(answer: Answer, who: str) -> Caption:
    """The cleaned caption of an answer: one line without reasoning, control tokens, quotes around it or `Caption:`, and
    out of a fence of code or a JSON object.

    Raises BadOutput for an empty caption, Refused for a text that only declines to describe the picture.
    """
    raw = answer.text or ""
    text = _unquoted(_unlabelled(fold(_unpacked(spoken(raw)))))
    if not says_something(text):
        raise BadOutput(f"{who} said nothing about the picture; please start the game again.")
    if is_refusal(text):
        raise Refused(f"{who} declined to describe the picture; please start the game again.", text[:_REASON_MAX])
    return Caption(text=_shortened(text), raw=raw)


def _unpacked(text: str) -> str:
    """The words in a fence of code, and those of a JSON object that has one text, or names one `caption`."""
    fenced = _FENCED.fullmatch(text)
    text = fenced[2] if fenced else text
    if not text.lstrip().startswith("{"):
        return text
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return text
    words = {key.lower(): value for key, value in held.items() if isinstance(value, str)}
    return words.get("caption") or (next(iter(words.values())) if len(words) == 1 else text)


def _unlabelled(text: str) -> str:
    """A text without `Caption:` before it, and without the marks of bold or slanted letters that the label opened."""
    label = _LABEL.match(text)
    if label is None:
        return text
    words, marks = text[label.end() :].strip(), label[1].strip(" #>")
    return words.removesuffix(marks).rstrip() if marks and not label[2] + label[3] else words


def _unquoted(text: str) -> str:
    """A text without the quotes around all of it; `“A cat” and “a dog”` keeps its quotes."""
    if len(text) < 2 or text[0] + text[-1] not in _QUOTES:
        return text
    inside = text[1:-1]
    mark = re.search(rf"(?<!\w)[{text[0]}{text[-1]}]|[{text[0]}{text[-1]}](?!\w)|[“”«»「」『』]", inside)
    closes = mark is not None and mark[0] == text[-1]
    if mark is not None and text[0] == text[-1]:  # straight: it closes where a word ends
        closes = mark.start() > 0 and not inside[mark.start() - 1].isspace()
    return text if closes else inside.strip()


def _shortened(text: str) -> str:
    return text if len(text) <= CAPTION_MAX else text[: CAPTION_MAX - 1].rsplit(" ", 1)[0] + "…"
