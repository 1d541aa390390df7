"""The calibration of each embedder on each server: its floor and ceiling, computed from cached vectors."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Final

import numpy as np
from cachetools import LRUCache

from telephone.concurrency import off_loop
from telephone.domain.budgets import Caps
from telephone.domain.calibration import UNKNOWN, Bearings, Calibration, Quartiles, Redrawn, Rest
from telephone.domain.games import Game, Pair
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.distractors import distractors
from telephone.measurement.embedding_cache import CachedEmbedder, Vector
from telephone.measurement.repeats import SOURCE, shipped
from telephone.measurement.scales import shipped_scale
from telephone.prompts.catalog import curated
from telephone.scoring.decay import REST, rest
from telephone.scoring.drift import cosine_distance
from telephone.scoring.noise_scale import PromptRedraws, Spread, spread, unrelated
from telephone.store import Order, Store

FRESH_S: Final = 300.0
"""How long a calibration is used before it is made again, in seconds: redraws come slowly, cards are edited often."""
KEPT: Final = 2_000
"""How many calibrations are kept at once, of all servers, embedders and pairs."""
_Key = tuple[int, str, str, Pair | None]


@dataclass(frozen=True, slots=True)
class Calibrations:
    """Makes and keeps calibrations. Reading embeds nothing; `prepare` does, booked as an expense of the operator."""

    store: Store
    measure: GameMeasurer
    caps: Caps = field(default_factory=Caps)
    fresh_s: float = FRESH_S
    _prepared: set[tuple[str, str]] = field(default_factory=set, repr=False)
    """The embedders, by name and version, for which this process has embedded all that attribution needs."""
    _found: LRUCache[_Key, tuple[float, Calibration]] = field(default_factory=lambda: LRUCache(KEPT), repr=False)

    async def bearings(self, game: Game) -> Bearings:
        """The calibration of a game's distances, and whether the game came to rest; UNKNOWN before it is measured."""
        embedder = self.measure.embedders.get(game.embedder or "")
        if embedder is None or await self.store.distances.version(game.id, embedder.name) != embedder.version:
            return UNKNOWN
        scale = await self.of(game.request.guild_id, embedder.name, game.pair)
        return UNKNOWN if scale is None else Bearings(scale, await self._rest(embedder, game, scale.still))

    async def ready(self, game: Game) -> bool:
        """Whether `prepare` could add nothing to the calibration of a game's distances."""
        embedder = self.measure.embedders.get(game.embedder or "")
        if embedder is None:
            return True
        if embedder.sees_pictures and (embedder.name, embedder.version) not in self._prepared:
            return False
        return await self.of(game.request.guild_id, embedder.name, game.pair) is not None

    async def of(self, guild_id: int, embedder: str, pair: Pair | None = None) -> Calibration | None:
        """The calibration of an embedder for one pair or for all of a server; None until it is prepared.

        Uses the pair's own redraws where there are enough, else the server's, else those shipped with the package.
        """
        cached = self.measure.embedders.get(embedder)
        if cached is None:
            return None
        key = (guild_id, embedder, cached.version, pair)
        found = self._found.get(key)
        if found is None or time.monotonic() - found[0] > self.fresh_s:
            made = await self._make(cached, guild_id, pair)
            if made is None:
                return None
            self._found[key] = found = (time.monotonic(), made)
        return found[1]

    async def made(self, guild_id: int, embedder: str, pair: Pair | None = None) -> Calibration | None:
        """The calibration, prepared first where it is missing and the embedder costs nothing."""
        found, cached = await self.of(guild_id, embedder, pair), self.measure.embedders.get(embedder)
        if found is not None or cached is None or cached.price_usd:
            return found
        await self.prepare(guild_id, embedder)
        return await self.of(guild_id, embedder, pair)

    async def prepare(self, guild_id: int, embedder: str) -> None:
        """Embeds the texts that an embedder's calibration lacks, and the distractors where it sees pictures.

        Raises OverBudget, or what the embedder raises.
        """
        cached = self.measure.named(embedder)
        texts = await self._needed(cached, guild_id)
        most = Order(await cached.most_for(texts), self.caps)
        if most.most_usd == 0:
            await cached.embed_texts(texts)
        else:
            async with self.store.expenses.paying(f"scale {embedder}", most) as expense:
                await cached.embed_texts(texts, lambda _, usd: self.store.expenses.spend(expense.id, usd))
        self._prepared.add((cached.name, cached.version))

    async def most_usd(self, guild_id: int, embedder: str) -> float:
        """The most that `prepare` can cost, in US dollars."""
        cached = self.measure.named(embedder)
        return await cached.most_for(await self._needed(cached, guild_id))

    async def _needed(self, embedder: CachedEmbedder, guild_id: int) -> list[str]:
        """The texts that the calibration needs, and those that attribution needs where the embedder sees pictures."""
        texts: list[str] = []
        if shipped_scale(embedder.version) is None:
            texts += [prompt.text for prompt in curated()]
            if await self._own(embedder, guild_id, None) is None:
                texts += [caption for redrawn in shipped() for caption in redrawn.captions]
        return texts + list(distractors() if embedder.sees_pictures else ())

    async def _make(self, embedder: CachedEmbedder, guild_id: int, pair: Pair | None) -> Calibration | None:
        own, made = await self._own(embedder, guild_id, pair), shipped_scale(embedder.version)
        if made is not None and own is None:
            borrowed = (made.ceiling, made.still, SOURCE, made.prompts, made.redraws)
            return Calibration(embedder.name, made.floor, *borrowed)
        near, floor = own or await self._borrowed(embedder), await self._floor(embedder)
        if near is None or floor is None:
            return None
        return Calibration(
            embedder=embedder.name,
            floor=floor,
            ceiling=near.spread.quartiles,
            still=near.spread.still,
            source=near.source,
            prompts=near.spread.prompts,
            redraws=sum(len(one.captions) for one in near.redrawn),
            pictures=await self._pictures(embedder, near.redrawn),
        )

    async def _floor(self, embedder: CachedEmbedder) -> Quartiles | None:
        """How far apart the curated prompts are; None where they are neither shipped nor embedded yet."""
        if (made := shipped_scale(embedder.version)) is not None:
            return made.floor
        prompts = await embedder.known([prompt.text for prompt in curated()])
        return None if prompts is None else await off_loop(unrelated, prompts)

    async def _own(self, embedder: CachedEmbedder, guild_id: int, pair: Pair | None) -> "_Near | None":
        """How far apart this server's redraws are, the pair's own if there are enough; None where there are too few."""
        redrawn = await self.store.redraws.of(guild_id)
        its = [one for one in redrawn if one.pair == pair]
        return await _near(embedder, "this pair's redraws here", its) or await _near(
            embedder, "redraws played here", redrawn
        )

    async def _borrowed(self, embedder: CachedEmbedder) -> "_Near | None":
        return await _near(embedder, SOURCE, shipped())

    async def _pictures(self, embedder: CachedEmbedder, redrawn: Sequence[Redrawn]) -> Quartiles | None:
        """How far apart the pictures of redraws are; None where the embedder sees none, or too few are embedded."""
        if not embedder.sees_pictures:
            return None
        kept = await embedder.kept_pictures([sha256 for one in redrawn for sha256 in one.pictures])
        found = await off_loop(spread, _groups([(one, one.pictures) for one in redrawn], kept))
        return None if found is None else found.quartiles

    async def _rest(self, embedder: CachedEmbedder, game: Game, still: float) -> Rest | None:
        """Whether a game came to rest; None where it is too short, or not measured to its end."""
        if any(step.hidden for step in game.steps):
            game = await self.store.games.get(game.id)  # a caption that is hidden from readers counts too
        turns = [turn for turn in game.turns if turn.caption is not None]
        steps = [turn.step_distance for turn in turns if turn.step_distance is not None]
        if len(steps) < max(REST, len(turns)):
            return None
        said = await embedder.known([turn.caption.text or "" for turn in turns if turn.caption is not None])
        return rest(steps, still, None if said is None else over_two(list(said)))


def over_two(said: Sequence[Vector]) -> list[float]:
    """The distance of every caption from the one two turns before; NaN for the first two, which have none."""
    return [nan, nan, *(cosine_distance(one, other) for one, other in zip(said, said[2:], strict=False))][: len(said)]


@dataclass(frozen=True, slots=True)
class _Near:
    """How far apart some redraws are, and where the redraws come from."""

    spread: Spread
    source: str
    redrawn: Sequence[Redrawn]


async def _near(embedder: CachedEmbedder, source: str, redrawn: Sequence[Redrawn]) -> _Near | None:
    """How far apart the redraws are; None where too few of their captions are embedded and can be read."""
    kept = await embedder.kept([caption for one in redrawn for caption in one.captions])
    can = await embedder.readable(list(kept))
    kept = {caption: kept[caption] for caption, known in zip(list(kept), can, strict=True) if known}
    found = await off_loop(spread, _groups([(one, one.captions) for one in redrawn], kept))
    return None if found is None else _Near(found, source, redrawn)


def _groups(named: Sequence[tuple[Redrawn, Sequence[str]]], kept: Mapping[str, Vector]) -> list[PromptRedraws]:
    """The redraws whose vectors are kept, two at least of each."""
    groups = []
    for redrawn, names in named:
        vectors = [kept[name] for name in names if name in kept]
        if len(vectors) > 1:
            groups.append(PromptRedraws(str(redrawn.pair), redrawn.prompt, np.stack(vectors).astype(np.float64)))
    return groups
