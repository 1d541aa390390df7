"""What we claim of the three questions, measured on simulated designs whose truth is known.

    python bench/insights.py [--quick]

Four T2I and four I2T models with fixed effects, and new prompts in each simulation. Behind each figure stands the
standard error of the simulation; a claim is missed where the figure lies beyond its bound by more than twice that.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from claims import Case, Claim, run, share  # noqa: E402, I001  first of all: it keeps numpy to one thread

import numpy as np  # noqa: E402

from telephone.domain.games import Pair  # noqa: E402
from telephone.scoring.factor_effects import Insights, insights  # noqa: E402
from telephone.scoring.intervals import Interval  # noqa: E402
from telephone.scoring.distance_model import Score, merge  # noqa: E402

COVERED = {"least": 0.93, "most": 0.97}
CAREFUL = {"least": 0.93, "most": 1.0}
"""Where the truth is 0: an estimate that is far off has a large error too, so the interval reaches 0 nearly always."""
NOTHING, SOME, MUCH = (0.0, 0.0, 0.0, 0.0), (-0.03, -0.01, 0.01, 0.03), (-0.09, -0.03, 0.03, 0.09)
DOMINANT, TIED = (-0.18, 0.06, 0.06, 0.06), (-0.06, -0.06, 0.06, 0.06)


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

    @property
    def variation(self) -> float:
        """All variance between games. What prompts have with models also moves the mean of a prompt."""
        a, b = len(self.t2i), len(self.i2t)
        own = self.with_t2i**2 * (1 + 1 / a) + self.with_i2t**2 * (1 + 1 / b)
        return sum(self.theta2) + self.prompt**2 + own + self.noise**2

    def ask(self, rng: np.random.Generator) -> Insights:
        """The answers from newly drawn prompts."""
        a, b, n = len(self.t2i), len(self.i2t), self.prompts
        y = 0.5 + np.array(self.t2i)[:, None, None] + np.array(self.i2t)[None, :, None]
        y = y + rng.normal(0, self.prompt, n) + rng.normal(0, self.with_t2i, (a, 1, n))
        y = y + rng.normal(0, self.with_i2t, (1, b, n)) + rng.normal(0, self.noise, (a, b, n))
        kept = rng.random((a, b, n)) >= self.holes
        games = [
            Score(Pair(f"t{i}", f"i{j}"), f"p{k:03}", 0, float(value))
            for (i, j, k), value in np.ndenumerate(y)
            if kept[i, j, k]
        ]
        return insights(merge(games))


def coverage(world: World, repeats: int) -> list[Claim]:
    """Of all intervals that are given, and how often a verdict is wrong."""
    rng, (t2i, i2t) = np.random.default_rng(3), world.theta2
    whole = world.variation
    held: dict[str, list[bool]] = defaultdict(list)
    wrong, named = [], []
    for _ in range(repeats):
        found = world.ask(rng)
        figures: list[tuple[str, Interval | None, float]] = [
            ("θ²_T - θ²_I", found.difference, t2i - i2t),
            ("θ²_T", found.t2i.interval, t2i),
            ("θ²_I", found.i2t.interval, i2t),
            ("T2I's share of both", found.share, t2i / (t2i + i2t) if t2i + i2t else 0.0),
            ("T2I's share of all", found.t2i.share, t2i / whole),
        ]
        for name, interval, truth in figures:
            if interval is not None:
                held[name].append(interval.low <= truth <= interval.high)
        wrong.append(found.verdict is not None and (t2i == i2t or (found.verdict == "t2i") != (t2i > i2t)))
        named.append(found.t2i.best not in (None, *_best(world.t2i, [name for name, _ in found.t2i.effects])))
    nothing = {name for name, at in (("θ²_T", t2i), ("θ²_I", i2t), ("θ²_T - θ²_I", t2i + i2t)) if at == 0}
    nothing |= {"T2I's share of both", "T2I's share of all"} if t2i == 0 else set()
    claims = []
    for name, one in held.items():
        # Shares of both are only given where something is surely there: seldom given, they are those of lucky draws.
        bounds = {} if len(one) < repeats / 2 else CAREFUL if name in nothing else COVERED
        given = "" if len(one) == repeats else f", given in {len(one) / repeats:.0%}"
        claims.append(share(f"coverage of {name}{given}", one, 0.95, **bounds))
    wrongly = share("the wrong T2I named as best", named, 0.05, most=0.05)
    return [*claims, share("a wrong verdict", wrong, 0.05, most=0.05), wrongly]


def _best(effects: tuple[float, ...], names: list[str]) -> list[str]:
    """The T2I that is better than every other of these, where there is one. Who played too few prompts is not asked."""
    there = {name: effects[int(name[1:])] for name in names}
    least = [name for name, effect in there.items() if effect == min(there.values())]
    return least if len(least) == 1 else []


def power(world: World, repeats: int) -> list[Claim]:
    """How often what there is is found."""
    rng, (t2i, i2t) = np.random.default_rng(5), world.theta2
    asked = [world.ask(rng) for _ in range(repeats)]
    found = [one.verdict == ("t2i" if t2i > i2t else "i2t") for one in asked]
    return [share(f"the right verdict, θ² of {t2i:.4f} against {i2t:.4f}", found, 0.8, least=0.8)]


def power_of_best(world: World, repeats: int) -> list[Claim]:
    rng, lead = np.random.default_rng(5), sorted(world.t2i)[1] - min(world.t2i)
    best = [world.ask(rng).t2i.best == "t0" for _ in range(repeats)]
    return [share(f"the best T2I named, {lead:.2f} ahead of every other", best, 0.8, least=0.8)]


def cases() -> Iterator[Case]:
    truths = {
        "neither matters": (NOTHING, NOTHING),
        "alike": (SOME, SOME),
        "T2I more": (MUCH, SOME),
        "one dominant T2I": (DOMINANT, SOME),
        "I2T alone": (NOTHING, MUCH),
        "two best T2I": (TIED, SOME),
    }
    for (prompts, holes), (name, (t2i, i2t)) in product(product((10, 30), (0.0, 0.2)), truths.items()):
        title = f"{prompts} prompts, {holes:.0%} of the games missing, {name}"
        yield Case(title, partial(coverage, World(t2i, i2t, prompts, holes)), 1000)
    yield Case("10 prompts", partial(power, World(MUCH, SOME, 10)), 1000)
    yield Case("30 prompts", partial(power, World((-0.06, -0.02, 0.02, 0.06), SOME, 30)), 1000)
    yield Case("10 prompts", partial(power_of_best, World((-0.075, 0.025, 0.025, 0.025), SOME, 10)), 1000)
    yield Case("30 prompts", partial(power_of_best, World((-0.045, 0.015, 0.015, 0.015), SOME, 30)), 1000)


if __name__ == "__main__":
    run(__doc__, cases())
