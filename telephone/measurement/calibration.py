"""The scale of each embedder on each server: read from vectors that are kept, and embedded when nobody waits for it."""

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
from telephone.prompts.catalog import curated
from telephone.scoring.decay import REST, rest
from telephone.scoring.drift import cosine_distance
from telephone.scoring.noise_scale import PromptRedraws, Spread, spread, unrelated
from telephone.store import Order, Store

FRESH_S: Final = 300.0
"""How long a scale is taken to hold, in seconds: new redraws come slowly, and cards are edited often."""
KEPT: Final = 2_000
"""Scales that are kept at once, of all servers, embedders and pairs."""
_Key = tuple[int, str, str, Pair | None]


@dataclass(frozen=True, slots=True)
class Calibrations:
    """Reading embeds nothing; `prepare` does, booked as an expense of the operator."""

    store: Store
    measure: GameMeasurer
    caps: Caps = field(default_factory=Caps)
    fresh_s: float = FRESH_S
    _found: LRUCache[_Key, tuple[float, Calibration]] = field(default_factory=lambda: LRUCache(KEPT), repr=False)

    async def bearings(self, game: Game) -> Bearings:
        """What a game's distances are held against, and whether it came to rest; unknown before it is measured."""
        gauge = self.measure.gauges.get(game.embedder or "")
        if gauge is None or await self.store.distances.version(game.id, gauge.name) != gauge.version:
            return UNKNOWN
        scale = await self.of(game.request.guild_id, gauge.name, game.pair)
        return UNKNOWN if scale is None else Bearings(scale, await self._rest(gauge, game, scale.still))

    async def of(self, guild_id: int, embedder: str, pair: Pair | None = None) -> Calibration | None:
        """The scale of an embedder for one pair or for all of a server; None until it is prepared.

        Redraws are the pair's own where there are enough, else the server's, else those that ship.
        """
        gauge = self.measure.gauges.get(embedder)
        if gauge is None:
            return None
        key = (guild_id, embedder, gauge.version, pair)
        found = self._found.get(key)
        if found is None or time.monotonic() - found[0] > self.fresh_s:
            made = await self._make(gauge, guild_id, pair)
            if made is None:
                return None
            self._found[key] = found = (time.monotonic(), made)
        return found[1]

    async def made(self, guild_id: int, embedder: str, pair: Pair | None = None) -> Calibration | None:
        """The scale, made first where it is missing and costs nothing."""
        found, gauge = await self.of(guild_id, embedder, pair), self.measure.gauges.get(embedder)
        if found is not None or gauge is None or gauge.price_usd:
            return found
        await self.prepare(guild_id, embedder)
        return await self.of(guild_id, embedder, pair)

    async def prepare(self, guild_id: int, embedder: str) -> None:
        """Embeds what the scale of an embedder lacks, and where it sees pictures what blame is judged by.

        Raises OverBudget, or what the embedder raises.
        """
        gauge = self.measure.named(embedder)
        texts = await self._needed(gauge, guild_id)
        most = Order(await gauge.most_for(texts), self.caps)
        if most.most_usd == 0:
            await gauge.embed_texts(texts)
            return
        async with self.store.expenses.paying(f"scale {embedder}", most) as expense:
            await gauge.embed_texts(texts, lambda _, usd: self.store.expenses.spend(expense.id, usd))

    async def most_usd(self, guild_id: int, embedder: str) -> float:
        """The most that `prepare` can cost, in US dollars."""
        gauge = self.measure.named(embedder)
        return await gauge.most_for(await self._needed(gauge, guild_id))

    async def _needed(self, gauge: CachedEmbedder, guild_id: int) -> list[str]:
        """The texts that scale and blame are made of."""
        texts = [prompt.text for prompt in curated()]
        if await self._own(gauge, guild_id, None) is None:
            texts += [caption for redrawn in shipped() for caption in redrawn.captions]
        return texts + list(distractors() if gauge.sees_pictures else ())

    async def _make(self, gauge: CachedEmbedder, guild_id: int, pair: Pair | None) -> Calibration | None:
        prompts = await gauge.known([prompt.text for prompt in curated()])
        near = await self._own(gauge, guild_id, pair) or await self._borrowed(gauge)
        if prompts is None or near is None:
            return None
        return Calibration(
            embedder=gauge.name,
            floor=await off_loop(unrelated, prompts),
            ceiling=near.spread.quartiles,
            still=near.spread.still,
            source=near.source,
            prompts=near.spread.prompts,
            redraws=sum(len(one.captions) for one in near.redrawn),
            pictures=await self._pictures(gauge, near.redrawn),
        )

    async def _own(self, gauge: CachedEmbedder, guild_id: int, pair: Pair | None) -> "_Near | None":
        """How far apart redraws here are, of the pair if it has enough of them; None where there are too few."""
        redrawn = await self.store.redraws.of(guild_id)
        its = [one for one in redrawn if one.pair == pair]
        return await _near(gauge, "this pair's redraws here", its) or await _near(gauge, "redraws played here", redrawn)

    async def _borrowed(self, gauge: CachedEmbedder) -> "_Near | None":
        return await _near(gauge, SOURCE, shipped())

    async def _pictures(self, gauge: CachedEmbedder, redrawn: Sequence[Redrawn]) -> Quartiles | None:
        """How far apart pictures of redraws are, where the embedder sees them and enough are known."""
        if not gauge.sees_pictures:
            return None
        kept = await gauge.kept_pictures([sha256 for one in redrawn for sha256 in one.pictures])
        found = await off_loop(spread, _groups([(one, one.pictures) for one in redrawn], kept))
        return None if found is None else found.quartiles

    async def _rest(self, gauge: CachedEmbedder, game: Game, still: float) -> Rest | None:
        """Whether a game came to rest; None where it is too short, or not measured to its end."""
        if any(step.hidden for step in game.steps):
            game = await self.store.games.get(game.id)  # what was hidden from readers still was a caption
        turns = [turn for turn in game.turns if turn.caption is not None]
        steps = [turn.step_distance for turn in turns if turn.step_distance is not None]
        if len(steps) < max(REST, len(turns)):
            return None
        said = await gauge.known([turn.caption.text or "" for turn in turns if turn.caption is not None])
        return rest(steps, still, None if said is None else over_two(list(said)))


def over_two(said: Sequence[Vector]) -> list[float]:
    """The distance of every caption from the one two turns before; NaN for the first two, which have none."""
    return [nan, nan, *(cosine_distance(one, other) for one, other in zip(said, said[2:], strict=False))][: len(said)]


@dataclass(frozen=True, slots=True)
class _Near:
    """How far apart some redraws are, and whose they are."""

    spread: Spread
    source: str
    redrawn: Sequence[Redrawn]


async def _near(gauge: CachedEmbedder, source: str, redrawn: Sequence[Redrawn]) -> _Near | None:
    """None where too few of them were embedded."""
    kept = await gauge.kept([caption for one in redrawn for caption in one.captions])
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
