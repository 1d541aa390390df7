"""Measuring a played game: every text is embedded once, and its distances are stored."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from telephone.game import Drift, Game
from telephone.models.base import Embedder, Vectors
from telephone.scoring.drift import drift
from telephone.store import Store


@dataclass(frozen=True, slots=True)
class Measure:
    """Distances by one embedder, through the store's cache of vectors."""

    store: Store
    embedder: Embedder
    price_usd: float = 0.0
    """What embedding one text costs, in US dollars."""

    async def embed(self, texts: Sequence[str], *, game_id: str | None = None) -> Vectors:
        """Shape (len(texts), dimensions), rows L2-normalised; only texts never seen before are computed.

        What that costs is booked on the game.
        """
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        name, version = self.embedder.name, self.embedder.version
        known = await self.store.vectors.get(name, version, sorted(set(keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            rows = await self.embedder.embed_texts(list(missing.values()))
            fresh = dict(zip(missing, rows, strict=True))
            if game_id is not None and self.price_usd:
                # Before the vectors are kept: whom a crash makes embed again pays again. Every call has its own name.
                what = f"{name}/{version}/{secrets.token_hex(4)}"
                await self.store.budgets.charge(game_id, what, "scoring", len(missing) * self.price_usd)
            await self.store.vectors.put(name, version, fresh)
            known = {**known, **fresh}
        return np.stack([known[key] for key in keys])

    async def measure(self, game: Game) -> Drift | None:
        """The drift of a game, stored with its embedder's name; None where no caption was played."""
        captions = [turn.caption.text for turn in game.turns if turn.caption is not None and turn.caption.text]
        if not captions:
            return None
        vectors = await self.embed([game.request.prompt.text, *captions], game_id=game.id)
        found = drift(vectors[0], vectors[1:])
        rows = [
            (n, far, step) for n, (far, step) in enumerate(zip(found.distances, found.step_distances, strict=True), 1)
        ]
        await self.store.distances.put(game.id, self.embedder.name, self.embedder.version, rows)
        await self.store.games.measured_with(game.id, self.embedder.name)
        return found
