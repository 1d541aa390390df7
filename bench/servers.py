"""Simulated servers whose truth is known: twelve pairs of three T2I and four I2T models that play, or are voted on."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from telephone.domain.games import Pair
from telephone.scoring.ballots import BallotVote
from telephone.scoring.distance_likelihood import Spreads
from telephone.scoring.distance_model import Score

PAIRS = [Pair(f"t{t}", f"i{i}") for t, i in product(range(3), range(4))]


def pair_effects(rng: np.random.Generator, models: float, pair: float) -> np.ndarray:
    """What the twelve pairs add (12,), of these spreads."""
    found = rng.normal(0, models, 3)[:, None] + rng.normal(0, models, 4) + rng.normal(0, pair, (3, 4))
    return np.asarray(found.ravel())


@dataclass(frozen=True, slots=True)
class Games:
    """A server of measured games. Spreads in cosine distance; `pair` is that of the interaction."""

    prompts: int
    pair: float
    repeats: int = 1
    models: float = 0.04
    prompt: float = 0.1
    both: float = 0.07
    noise: float = 0.07
    missing: float = 0.0

    @property
    def spreads(self) -> Spreads:
        """All of them, for an oracle. Without repeats what belongs to a cell cannot be told from its noise."""
        both, noise = (self.both, self.noise) if self.repeats > 1 else (float(np.hypot(self.both, self.noise)), 0.0)
        return Spreads(self.models, self.models, max(self.pair, 1e-5), self.prompt, both, noise, 0.0, 0.0)

    def play(self, rng: np.random.Generator) -> tuple[list[Score], np.ndarray]:
        """Games, and the true contrasts (12,)."""
        theta = pair_effects(rng, self.models, self.pair)
        return self.play_of(rng, theta), theta - theta.mean()

    def play_of(self, rng: np.random.Generator, theta: np.ndarray) -> list[Score]:
        """Games of pairs that add `theta` (12,)."""
        shape = len(PAIRS), self.prompts
        cells = 0.5 + theta[:, None] + rng.normal(0, self.prompt, self.prompts) + rng.normal(0, self.both, shape)
        played = cells[:, :, None] + rng.normal(0, self.noise, (*shape, self.repeats))
        kept = rng.random(shape) >= self.missing
        return [
            Score(PAIRS[p], f"p{k:03}", s, float(value)) for (p, k, s), value in np.ndenumerate(played) if kept[p, k]
        ]


@dataclass(frozen=True, slots=True)
class Poll:
    """A server of battles. Spreads in log-odds; `taste` is how much voters differ, `luck` the sides of a battle."""

    battles: int
    votes: int
    luck: float
    pair: float = 0.0
    models: float = 0.7
    taste: float = 0.0
    voters: int = 400
    sides: int = 2

    @property
    def shrinks(self) -> float:
        """By how much the crowd's log-odds are those of one voter, averaged over normal tastes by quadrature.

        Taken where these are 1: from 0.1 to 2 it is the same within 2%. (The usual approximation is 5% too large.)
        """
        points, weights = np.polynomial.hermite_e.hermegauss(60)
        half = weights @ (1 / (1 + np.exp(-1 - 2**0.5 * self.taste * points))) / weights.sum()
        return float(np.log(half / (1 - half)))

    @property
    def spreads(self) -> np.ndarray:
        """Those of models, pair and luck in the eyes of the crowd, for an oracle."""
        return self.shrinks * np.array([self.models, max(self.pair, 1e-3), max(self.luck, 1e-3)])

    def cast(self, rng: np.random.Generator) -> tuple[list[BallotVote], np.ndarray]:
        """Votes, and the crowd's true contrasts (12,)."""
        theta = pair_effects(rng, self.models, self.pair)
        crowd = self.shrinks * theta
        return self.cast_on(rng, theta), crowd - crowd.mean()

    def cast_on(self, rng: np.random.Generator, theta: np.ndarray) -> list[BallotVote]:
        """Votes on pairs of utilities `theta` (12,), each battle on a prompt of its own."""
        tastes = rng.normal(0, self.taste, (self.voters, len(PAIRS)))
        cast = []
        for battle in range(self.battles):
            shown = rng.choice(len(PAIRS), self.sides, replace=False)
            sides, here = tuple(PAIRS[k] for k in shown), theta[shown] + rng.normal(0, self.luck, self.sides)
            for voter in rng.choice(self.voters, self.votes, replace=False):
                # Whoever is best after as much chance as a softmax has in each utility.
                choice = int(np.argmax(here + tastes[voter, shown] + rng.gumbel(size=self.sides)))
                cast.append(BallotVote(sides, choice, f"v{voter}", f"b{battle}", f"p{battle}"))
        return cast
