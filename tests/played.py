"""Games that count, put into a store without being played: what boards and insights are tested on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from telephone.game import Game, GameRequest, GameState, Pair, Prompt
from telephone.store import Store

UNFINISHED = (GameState.QUEUED, GameState.PLAYING, GameState.PAUSED)


async def begun(store: Store, request: GameRequest, state: GameState = GameState.PLAYING) -> Game:
    """A game that was started and is now in `state`."""
    game = await store.games.add(request)
    await store.games.move(game.id, GameState.PLAYING, only_from=UNFINISHED)
    if state is not GameState.PLAYING:
        await store.games.move(game.id, state, only_from=UNFINISHED)
    return await store.games.get(game.id)


async def finished(
    store: Store,
    request: GameRequest,
    distances: Sequence[float] | Mapping[str, Sequence[float]],
    *,
    version: str = "1",
) -> Game:
    """A game that ended well, measured with minilm or with every embedder that `distances` names."""
    game = await begun(store, request, GameState.FINISHED)
    named = distances if isinstance(distances, Mapping) else {"minilm": distances}
    for embedder, values in named.items():
        rows = [(turn, value, 0.1) for turn, value in enumerate(values, 1)]
        await store.distances.put(game.id, embedder, version, rows)
    return game


def asked(guild_id: int, pair: Pair, prompt: Prompt, seed: int, turns: int, **more: Any) -> GameRequest:
    return GameRequest(prompt, pair, turns, seed, guild_id, **more)


def drifts(rng: np.random.Generator, turns: int, end: float) -> list[float]:
    """Distances that rise towards about `end`, all in [0, 2]."""
    curve = end * (1 - np.exp(-0.5 * np.arange(1, turns + 1))) + rng.normal(0, 0.03, turns)
    return [float(value) for value in np.clip(curve, 0, 2)]
