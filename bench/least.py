"""How narrow any board by distance could be where pairs do not interact, if it must cover where they do.

    python bench/least.py [--quick]

Twelve pairs, every spread known but that of the interaction, which is one of five from none to the models' own. Of
all intervals that cover so often at each of the five, the narrowest on average where there is none hold the values for
which a weighted sum of the five posteriors is high against the chance of the data without interaction (Pratt 1961, J.
Am. Stat. Assoc. 56:549-567); the weights are found by trial. Our board knows less, for no spread is told to it.
`ranking.py` says how near it comes.
"""

import sys
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from claims import Case, Claim, mean, run  # noqa: E402, I001  first of all: it keeps numpy to one thread

import numpy as np  # noqa: E402
from servers import PAIRS, Games  # noqa: E402

from telephone.scoring.hyperpriors import pair_covariance  # noqa: E402

INTERACTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""In parts of the models' spread."""
NORMAL = 1.959964
TRIALS = 400

CENTRING = np.eye(len(PAIRS)) - 1 / len(PAIRS)


class Posterior:
    """Of the contrasts at one known interaction: means (boards, 12), one deviation, and the log chance of the data."""

    def __init__(self, games: Games, interaction: float) -> None:
        prior = pair_covariance(PAIRS, games.models, games.models, max(interaction * games.models, 1e-5))
        values, vectors = np.linalg.eigh(CENTRING @ prior @ CENTRING)
        self.axes, self.signal = vectors[:, values > 1e-12], values[values > 1e-12]
        self.noise = (games.both**2 + games.noise**2) / games.prompts
        self.gain = self.signal / (self.signal + self.noise)
        spread = self.axes * np.sqrt(self.noise * self.gain)
        self.deviation = float(np.sqrt(np.mean(np.sum(spread**2, axis=1))))

    def drawn(self, rng: np.random.Generator, boards: int) -> tuple[np.ndarray, np.ndarray]:
        """True contrasts (boards, 12), and what was seen of them."""
        truth = rng.standard_normal((boards, len(self.signal))) * np.sqrt(self.signal) @ self.axes.T
        return truth, truth + rng.normal(0, np.sqrt(self.noise), truth.shape) @ CENTRING

    def means(self, seen: np.ndarray) -> np.ndarray:
        return np.asarray(seen @ self.axes * self.gain @ self.axes.T)

    def chance(self, seen: np.ndarray) -> np.ndarray:
        whole = self.signal + self.noise
        return np.asarray(-0.5 * (np.sum((seen @ self.axes) ** 2 / whole, axis=1) + np.sum(np.log(whole))))


def least(games: Games, level: float, boards: int) -> list[Claim]:
    """The least width at no interaction, the oracle's being 1, and what such intervals cover."""
    rng = np.random.default_rng(1)
    known = [Posterior(games, interaction) for interaction in INTERACTIONS]
    drawn = [one.drawn(rng, boards) for one in known]

    def heights(weights: np.ndarray, at: np.ndarray, seen: np.ndarray) -> np.ndarray:
        base = known[0].chance(seen)
        parts = (
            weight
            * np.exp(np.minimum(one.chance(seen) - base, 50.0))[:, None]
            * np.exp(-0.5 * ((at - one.means(seen)) / one.deviation) ** 2)
            / one.deviation
            for weight, one in zip(weights, known, strict=True)
        )
        return np.asarray(sum(parts))

    weights, step = np.full(len(known), 7 * known[0].deviation / len(known)), 3.0
    for trial in range(TRIALS):
        covered = np.array([np.mean(heights(weights, truth, seen) > 1) for truth, seen in drawn])
        weights = np.maximum(weights * np.exp(step * (level - covered)), 1e-8)
        step *= 0.6 if trial % 100 == 99 else 1.0
    seen, offsets = drawn[0][1], np.linspace(-6, 6, 241) * known[0].deviation
    inside = sum(np.mean(heights(weights, known[0].means(seen) + x, seen) > 1, axis=1) for x in offsets)
    widths = np.asarray(inside) * (offsets[1] - offsets[0]) / (2 * NORMAL * known[0].deviation)
    return [
        mean("the least width without interaction, oracle's = 1", widths.tolist()),
        Claim("  coverage, the least of all", float(covered.min())),
    ]


def cases() -> Iterator[Case]:
    for prompts, level in product((10, 30), (0.95, 0.93)):
        yield Case(f"{prompts} prompts, {level:.0%} everywhere", partial(least, Games(prompts, 0.0), level), 3000)


if __name__ == "__main__":
    run(__doc__, cases())
