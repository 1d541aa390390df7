"""How long the calls of a load take, and the least time that a load of them needs.

A call's time follows from the seed of its step, so that a load takes as long in every run and in every process.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telephone.domain.games import Game, Kind

KINDS: Final = {Kind.PICTURE: "t2i", Kind.CAPTION: "i2t"}


@dataclass(frozen=True, slots=True)
class Calls:
    """A call takes so many seconds in the median; lognormal with `sigma`, or always as long for 0."""

    picture_s: float
    caption_s: float
    sigma: float = 0.0

    def takes(self, seed: int, kind: str) -> float:
        """How long a call of this kind ("t2i" or "i2t") takes, in seconds."""
        median = self.picture_s if kind == "t2i" else self.caption_s
        if not self.sigma:
            return median
        return median * random.Random(f"{seed}/{kind}").lognormvariate(0.0, self.sigma)

    def chain(self, game: Game) -> float:
        """The seconds that the calls of one game take, one after another."""
        return sum(self.takes(step.seed, KINDS[step.key.kind]) for step in game.steps)

    def bound(self, games: Sequence[Game], at_once: int) -> float:
        """The least seconds that the calls alone need: the longest chain, or all of them in so many places."""
        chains = [self.chain(game) for game in games]
        return max(max(chains, default=0.0), sum(chains) / at_once)
