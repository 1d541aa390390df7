"""Votes as polls hold them, for tests that need no store."""

from collections.abc import Iterable

import numpy as np

from telephone.store.packed_votes import PACKED


def packed(votes: Iterable[tuple[int, int]]) -> np.ndarray:
    """Votes as (member, choice), of accounts that are a thousand days old and were there before the battle."""
    return np.array([(member, choice, False, False, 1_000) for member, choice in votes], dtype=PACKED)
