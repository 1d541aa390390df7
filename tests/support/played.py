"""Games that count, put into a store without being played: what boards and insights are tested on."""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from telephone.domain.games import Game, GameRequest, GameState, Pair, Prompt
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


async def once(path: Path, shelf: Path, play: Callable[[], Awaitable[object]]) -> None:
    """Fills an empty store at `path` by `play`, and keeps a copy at `shelf`; with a copy there already, copies it.

    A hundred games are some hundred writes that each wait for the disk.
    """
    if not shelf.exists():
        await play()
        with closing(sqlite3.connect(path)) as played, closing(sqlite3.connect(shelf)) as kept:
            played.backup(kept)
        return
    with closing(sqlite3.connect(path)) as store:
        store.execute("ATTACH ? AS kept", (str(shelf),))
        for table in ("server", "game", "distance"):
            store.execute(f"INSERT INTO {table} SELECT * FROM kept.{table}")
        store.commit()


PAINTERS, CRITICS = ("dalle2", "stable-diffusion", "vqgan-clip"), ("blip", "clip-prefix", "minigpt4", "mplug-owl")
PAINTERS_ADD = {"dalle2": -0.12, "stable-diffusion": 0.02, "vqgan-clip": 0.10}
"""What a painter adds to the distance at the last turn: nothing at the first, and from turn to turn more."""
CRITICS_ADD = {"blip": -0.05, "clip-prefix": 0.00, "minigpt4": 0.01, "mplug-owl": 0.04}
"""What a critic adds at every turn alike."""


async def article(
    store: Store,
    guild_id: int,
    prompts: Sequence[Prompt],
    *,
    turns: int = 10,
    seed: int = 1,
    embedders: Sequence[str] = ("minilm",),
    version: str = "1",
) -> dict[str, float]:
    """The article's design: every pair of 3 T2I and 4 I2T on every prompt, with what is added known to the reader.

    Critics matter early, painters late. Prompts differ by 0.06, models on a prompt by 0.03, games by 0.04. Returns how
    hard every prompt is for an average of these models at the last turn.
    """
    rng = np.random.default_rng(seed)
    hard = {str(prompt.slug): 0.5 + float(rng.normal(0, 0.06)) for prompt in prompts}
    own = {(name, slug): rng.normal(0, 0.03) for name in (*PAINTERS, *CRITICS) for slug in hard}
    for painter, critic, prompt in product(PAINTERS, CRITICS, prompts):
        slug = str(prompt.slug)
        about = hard[slug] + own[painter, slug] + own[critic, slug] + CRITICS_ADD[critic]
        curve = [
            about + PAINTERS_ADD[painter] * (turn - 1) / max(turns - 1, 1) + rng.normal(0, 0.04)
            for turn in range(1, turns + 1)
        ]
        values = {name: [float(x) for x in np.clip(curve, 0, 2)] for name in embedders}
        await finished(store, asked(guild_id, Pair(painter, critic), prompt, 1, turns), values, version=version)
    added = np.mean([*PAINTERS_ADD.values()]) + np.mean([*CRITICS_ADD.values()])
    theirs = {slug: [np.mean([own[name, slug] for name in of]) for of in (PAINTERS, CRITICS)] for slug in hard}
    return {slug: float(base + sum(theirs[slug]) + added) for slug, base in hard.items()}
