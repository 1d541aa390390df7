"""What we claim of the three questions, measured on simulated designs whose truth is known.

    python bench/insights.py [--quick]

Four T2I and four I2T models with fixed effects, prompts drawn anew each time: coverage of θ²_T - θ²_I, θ²_T and θ²_I,
how often a verdict is wrong, and how often it is found where one matters more.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from claims import Claim, run, share  # noqa: E402, I001  first of all, since it keeps numpy to one thread

import numpy as np  # noqa: E402

from telephone.game import Pair  # noqa: E402
from telephone.scoring.insights import insights  # noqa: E402
from telephone.scoring.ranking import Score, merge  # noqa: E402

COVERED = {"least": 0.93, "most": 0.97}


@dataclass(frozen=True, slots=True)
class World:
    """Effects of the models, summing to 0, and the spreads of prompts and of everything with prompts."""

    t2i: tuple[float, ...]
    i2t: tuple[float, ...]
    prompts: int
    holes: float = 0.0
    prompt: float = 0.1
    with_t2i: float = 0.04
    with_i2t: float = 0.04
    noise: float = 0.06

    @property
    def theta2(self) -> tuple[float, float]:
        """The true θ²_T and θ²_I."""
        return float(np.var(self.t2i, ddof=1)), float(np.var(self.i2t, ddof=1))

    def play(self, rng: np.random.Generator) -> list[Score]:
        a, b, n = len(self.t2i), len(self.i2t), self.prompts
        y = 0.5 + np.array(self.t2i)[:, None, None] + np.array(self.i2t)[None, :, None]
        y = y + rng.normal(0, self.prompt, n) + rng.normal(0, self.with_t2i, (a, 1, n))
        y = y + rng.normal(0, self.with_i2t, (1, b, n)) + rng.normal(0, self.noise, (a, b, n))
        kept = rng.random((a, b, n)) >= self.holes
        return [
            Score(Pair(f"t{i}", f"i{j}"), f"p{k:03}", 0, float(value))
            for (i, j, k), value in np.ndenumerate(y)
            if kept[i, j, k]
        ]


NOTHING, SOME, MUCH = (0.0, 0.0, 0.0, 0.0), (-0.03, -0.01, 0.01, 0.03), (-0.09, -0.03, 0.03, 0.09)
DOMINANT = (0.18, -0.06, -0.06, -0.06)


def coverage(world: World, repeats: int) -> list[Claim]:
    """Of the intervals that are given; how many were is printed too."""
    rng, (t2i, i2t) = np.random.default_rng(3), world.theta2
    held: dict[str, list[bool]] = {"θ²_T - θ²_I": [], "θ²_T": [], "θ²_I": []}
    wrong = []
    for _ in range(repeats):
        found = insights(merge(world.play(rng)))
        for name, interval, truth in (
            ("θ²_T - θ²_I", found.difference, t2i - i2t),
            ("θ²_T", found.t2i.interval, t2i),
            ("θ²_I", found.i2t.interval, i2t),
        ):
            if interval is not None:
                held[name].append(interval.low <= truth <= interval.high)
        wrong.append(found.verdict is not None and (t2i == i2t or (found.verdict == "t2i") != (t2i > i2t)))
    claims = [
        share(f"coverage of {name}, {len(one)} intervals", one, 0.95, **COVERED) for name, one in held.items() if one
    ]
    return [*claims, share("a wrong verdict", wrong, 0.05, most=0.05)]


def power(world: World, repeats: int) -> list[Claim]:
    """How often the verdict is found."""
    rng, (t2i, i2t) = np.random.default_rng(5), world.theta2
    found = [insights(merge(world.play(rng))).verdict == ("t2i" if t2i > i2t else "i2t") for _ in range(repeats)]
    return [share(f"the right verdict, θ² of {t2i:.4f} against {i2t:.4f}", found, 0.8, least=0.8)]


def cases() -> list[tuple[str, Callable[[int], list[Claim]]]]:
    found: list[tuple[str, Callable[[int], list[Claim]]]] = []
    truths = {"alike": (SOME, SOME), "T2I more": (MUCH, SOME), "one dominant T2I": (DOMINANT, SOME)}
    for (prompts, holes), (name, (t2i, i2t)) in product(((10, 0.0), (30, 0.0), (30, 0.2)), truths.items()):
        title = f"{prompts} prompts, {holes:.0%} of the games missing, {name}"
        found.append((title, partial(coverage, World(t2i, i2t, prompts, holes))))
    found.append(("10 prompts, neither matters", partial(_nothing, World(NOTHING, NOTHING, 10))))
    found.append(("10 prompts, power", partial(power, World(MUCH, SOME, 10))))
    return found


def _nothing(world: World, repeats: int) -> list[Claim]:
    """Where both are 0 intervals cannot lie on both sides of the truth alike; only verdicts are claimed."""
    return coverage(world, repeats)[-1:]


if __name__ == "__main__":
    run(__doc__, cases(), 400)
