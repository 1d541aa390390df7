"""The votes of one closed battle, as arrays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telephone.domain.battles import Choice
from telephone.domain.games import Pair

CHOICES: Final = tuple(Choice)
"""A packed vote has the index of its choice in this tuple."""


@dataclass(frozen=True, slots=True)
class Poll:
    """A closed battle and its votes.

    `sides` are the pairs that were not dropped, with their places; `prompt` is a slug, or the words of a free prompt.
    `votes` (n,) are of the type telephone.store.packed_votes.PACKED and read-only.
    """

    battle: str
    closed_at: datetime
    prompt: str
    sides: tuple[tuple[int, Pair], ...]
    votes: NDArray[np.void]
