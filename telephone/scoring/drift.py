"""How far a game drifted from its prompt: pure mathematics on embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of one game, turn by turn. Distances are cosine distances in [0, 2].

    `distances` are from the prompt to each caption; `step_distances` from each caption to the text its
    picture was drawn from. Both have one entry a turn, and at least one.
    """

    distances: tuple[float, ...]
    step_distances: tuple[float, ...]

    @property
    def final_distance(self) -> float:
        """From the prompt to the last caption."""
        return self.distances[-1]

    @property
    def mcd(self) -> float:
        """Mean Cumulative Drift: the mean over turns of the SIMILARITY to the prompt, in [-1, 1]; higher is less."""
        return 1.0 - float(np.mean(self.distances))

    @property
    def biggest_jump(self) -> tuple[int, float]:
        """The turn that added the most distance, and how much; the prompt itself is at distance 0."""
        return biggest_jump(self.distances)


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
    return Drift(distances, steps)


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
