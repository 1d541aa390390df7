"""Calling every ready model once, and asking the providers which of their models still exist."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import structlog

from telephone.concurrency import off_loop
from telephone.domain.calls import Answer, Ask
from telephone.domain.games import Image, fold
from telephone.errors import BadOutput, Misconfigured, TelephoneError
from telephone.models.base import SeeingEmbedder
from telephone.models.embedders import embedders
from telephone.models.players import Players, caption_of, picture_of
from telephone.providers.base import ModelTable
from telephone.providers.reasoning import most_call_usd
from telephone.scoring.drift import cosine_distance

PROMPT: Final = "A red apple on a wooden table."
QUESTION: Final = 'Describe a scene that can be painted, as JSON and nothing else: {"prompt": "one sentence"}'
SEED: Final = 7
MOST_USD: Final = 1.0
"""The most that a trial of all models may cost, in US dollars, by their tables' prices."""
_ORDER: Final = ("t2i", "i2t", "embedder", "chat")
_SAID_MAX: Final = 200
_CALLS: Final = 2
"""How often an embedder is called: with the words and with the picture."""
_ASK_WITHIN: Final = 10.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tried:
    """The result of trying one model. `usd` is the cost its provider reported, else its table's price.

    A model that was `left_out`, for its price or for lack of a picture, has not failed.
    """

    name: str
    played: bool
    said: str
    usd: float = 0.0
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """One call of every ready model: T2I models draw a prompt, I2T models describe a picture, chat models answer.

    Embedders embed the prompt and, where they see pictures, the picture.
    """

    players: Players
    most_usd: float = MOST_USD

    async def run(self) -> AsyncIterator[Tried]:
        """Tries one model after the other, T2I first; a model whose price no longer fits is reported as left out."""
        left, picture = self.most_usd, None
        ready = [table for table in self.players.registry.tables.values() if self.players.why_not(table) is None]
        for table in sorted(ready, key=lambda table: _ORDER.index(table.kind)):
            price = most_call_usd(table) * (_CALLS if table.kind == "embedder" else 1)
            if price > left:
                over = f"left out: ${price:.3f} more would pass ${self.most_usd:.2f}"
                yield Tried(table.name, False, over, left_out=True)
                continue
            if table.kind == "embedder":
                tried, drawn = await self._embed(table, picture), None
            else:
                tried, drawn = await self._try(table, picture)
            left -= tried.usd
            picture = picture or drawn
            yield tried

    async def _try(self, table: ModelTable, picture: Image | None) -> tuple[Tried, Image | None]:
        if table.kind == "i2t" and picture is None:
            return Tried(table.name, False, "left out: no artist drew a picture to describe", left_out=True), None
        asks = {"t2i": Ask(SEED, PROMPT), "i2t": Ask(SEED, image=picture), "chat": Ask(SEED, QUESTION)}
        ask = asks[table.kind]
        began, usd = time.monotonic(), table.price_usd
        try:
            answer = await self.players.answer(table.name, ask)
            usd = table.price_usd if answer.cost_usd is None else answer.cost_usd
            took = time.monotonic() - began
            if table.kind == "t2i":
                drawn = await off_loop(picture_of, answer, table.name)
                return Tried(table.name, True, f"{took:.1f} s: {drawn.width} × {drawn.height} pixels", usd), drawn
            return Tried(table.name, True, f"{took:.1f} s: {_words_of(table, answer)}", usd), None
        except TelephoneError as error:
            return Tried(table.name, False, _failed(error), usd if error.cost_usd is None else error.cost_usd), None

    async def _embed(self, table: ModelTable, picture: Image | None) -> Tried:
        embedder, calls, began = embedders(self.players)[table.name], 1, time.monotonic()
        try:
            (words,) = await embedder.embed_texts([PROMPT])
            said = f"{len(words)} numbers"
            if isinstance(embedder, SeeingEmbedder) and picture is not None:
                calls = _CALLS
                (seen,) = await embedder.embed_pictures([picture])
                said += f", and the picture {cosine_distance(words, seen):.2f} from its words"
        except TelephoneError as error:
            return Tried(table.name, False, _failed(error), calls * table.price_usd)
        return Tried(table.name, True, f"{time.monotonic() - began:.1f} s: {said}", calls * table.price_usd)


def _failed(error: TelephoneError) -> str:
    """Why a trial failed, for an operator: with the provider's own words, and what to do, where there are any."""
    detail = error.detail if isinstance(error, BadOutput | Misconfigured) else ""
    return f"{error.sentence} ({detail})" if detail else error.sentence


def _words_of(table: ModelTable, answer: Answer) -> str:
    if table.kind == "i2t":
        return caption_of(answer, table.name).text
    if not (said := fold(answer.text or "")):
        raise BadOutput(f"{table.name} answered without a word.")
    return said[:_SAID_MAX]


async def existing_models(players: Players) -> dict[str, bool]:
    """Whether the provider of each ready model still has it, by name; a provider that does not answer is left out."""

    async def exists(table: ModelTable) -> tuple[str, bool | None]:
        try:
            async with asyncio.timeout(_ASK_WITHIN):
                return table.name, await players.providers[table.provider].exists(table)
        except (TelephoneError, TimeoutError):
            return table.name, None

    ready = [table for table in players.registry.tables.values() if players.why_not(table) is None]
    found = await asyncio.gather(*(exists(table) for table in ready))
    return {name: known for name, known in found if known is not None}


async def report_missing(players: Players) -> None:
    """Logs which models are gone from their providers; runs beside the start of the bot."""
    for name, known in (await existing_models(players)).items():
        if not known:
            _log.warning("a model is gone from its provider", model=name)
