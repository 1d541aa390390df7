"""How far a game drifted from its prompt: pure mathematics on embeddings."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from telephone.domain.games import Drift, Game

Vector = NDArray[np.float64]


def cosine_distance(a: ArrayLike, b: ArrayLike) -> float:
    """1 - cos(a, b), in [0, 2]; the vectors need not be normalised. Raises ValueError for zero or non-finite ones."""
    return _distance(_unit(a), _unit(b))


def drift(prompt: ArrayLike | None, captions: Sequence[ArrayLike | None]) -> Drift:
    """The drift of `captions` from `prompt`, vectors of shape (d,), None for a text that the embedder cannot read.

    Raises ValueError where there is no caption, shapes differ, or a vector is zero or non-finite.
    """
    if not len(captions):
        raise ValueError("a game needs at least one turn")
    line = [None if vector is None else _unit(vector) for vector in (prompt, *captions)]
    distances = tuple(_known(line[0], caption) for caption in line[1:])
    steps = tuple(_known(before, after) for before, after in pairwise(line))
    return summarise(distances, steps)


def summarise(distances: Sequence[float | None], step_distances: Sequence[float | None]) -> Drift:
    """The drift of a game that is measured, with one distance of each kind a turn, None where it cannot be measured.

    Raises ValueError without turns.
    """
    if not distances or len(distances) != len(step_distances):
        raise ValueError(f"{len(distances)} distances and {len(step_distances)} steps are no game")
    return Drift(
        distances=tuple(distances),
        step_distances=tuple(step_distances),
        final_distance=distances[-1],
        mcd=None if None in distances else 1.0 - float(np.mean(np.asarray(distances, dtype=np.float64))),
        biggest_jump=biggest_jump(distances),
    )


def biggest_jump(distances: Sequence[float | None]) -> tuple[int, float] | None:
    """The turn, from 2 on, that added the most distance, and how much; the earliest of equals.

    The first turn is the translation itself: all that lies between the prompt and its caption is no jump. Negative
    where every later turn came closer to the prompt. None where no two turns that follow each other are known, so for
    one turn alone. Raises ValueError without distances.
    """
    if not distances:
        raise ValueError("a game without distances has no biggest jump")
    rises = np.diff(np.array(distances, dtype=np.float64))  # None becomes NaN
    if np.isnan(rises).all():
        return None
    risen = int(np.nanargmax(rises))
    return risen + 2, float(rises[risen])


def _unit(vector: ArrayLike) -> Vector:
    values = np.asarray(vector, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"an embedding must be one row of numbers, not of shape {values.shape}")
    largest = np.max(np.abs(values))
    if not np.isfinite(largest) or largest == 0:
        raise ValueError("an embedding must be finite and must not be zero")
    scaled = values / largest
    return np.asarray(scaled / np.linalg.norm(scaled), dtype=np.float64)


def _distance(a: Vector, b: Vector) -> float:
    """Half the squared chord: exact for equal vectors, where 1 - a·b would leave rounding."""
    if a.shape != b.shape:
        raise ValueError(f"embeddings of {a.size} and {b.size} dimensions cannot be compared")
    return min(float(np.sum((a - b) ** 2)) / 2, 2.0)


def _known(a: Vector | None, b: Vector | None) -> float | None:
    return None if a is None or b is None else _distance(a, b)


def drift_of(game: Game) -> Drift | None:
    """The drift of a game by its stored distances, None before it was measured."""
    turns = [turn for turn in game.turns if turn.measured]
    return summarise([turn.distance for turn in turns], [turn.step_distance for turn in turns]) if turns else None
