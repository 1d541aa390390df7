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


def drift(prompt: ArrayLike, captions: ArrayLike) -> Drift:
    """The drift of `captions`, shape (turns, d), from `prompt`, shape (d,).

    Raises ValueError where there is no caption, shapes differ, or a vector is zero or non-finite.
    """
    rows = np.atleast_2d(np.asarray(captions, dtype=np.float64))
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"captions must have shape (turns, d) with at least one turn, not {rows.shape}")
    line = [_unit(prompt), *(_unit(row) for row in rows)]
    distances = tuple(_distance(line[0], caption) for caption in line[1:])
    steps = tuple(_distance(before, after) for before, after in pairwise(line))
    return summarise(distances, steps)


def summarise(distances: Sequence[float], step_distances: Sequence[float]) -> Drift:
    """The drift of a game whose distances are known, one of each a turn. Raises ValueError without turns."""
    if not distances or len(distances) != len(step_distances):
        raise ValueError(f"{len(distances)} distances and {len(step_distances)} steps are no game")
    return Drift(
        distances=tuple(distances),
        step_distances=tuple(step_distances),
        final_distance=distances[-1],
        mcd=1.0 - float(np.mean(distances)),
        biggest_jump=biggest_jump(distances),
    )


def biggest_jump(distances: Sequence[float]) -> tuple[int, float]:
    """The turn, counted from 1, that added the most distance, and how much; the earliest of equals.

    Negative only where every turn came closer to the prompt. Raises ValueError without distances.
    """
    if not distances:
        raise ValueError("a game without distances has no biggest jump")
    rises = np.diff(np.asarray(distances, dtype=np.float64), prepend=0.0)
    turn = int(np.argmax(rises))
    return turn + 1, float(rises[turn])


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


def drift_of(game: Game) -> Drift | None:
    """The drift of a game by its stored distances, None before it was measured."""
    both = [(t.distance, t.step_distance) for t in game.turns if t.distance is not None and t.step_distance is not None]
    return summarise([far for far, _ in both], [step for _, step in both]) if both else None
