"""How many prompts and games it takes to tell two pairs apart, before any is played.

Two pairs that play the same K prompts, r games each, differ on a prompt by their true difference and by what the prompt
adds to each of them alone. Over prompts that is a paired t test with K - 1 degrees of freedom, and

    sd² = 2 (σ²_pair×prompt + σ²_game / r),

so that more games on a prompt take away the second part and never the first: prompts cap power. Power is that of the
noncentral t (Cohen 1988, Statistical Power Analysis, ch. 2). To be ahead of every other of P pairs at once the level
is shared among P - 1 tests (Hsu 1981, with Bonferroni's bound).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from telephone.scoring.distance_model import Cell
from telephone.scoring.intervals import LEVEL, Interval

FARTHEST: Final = 100_000
"""More prompts than this are never planned."""
FEWEST: Final = 2
"""A paired test needs two prompts."""


@dataclass(frozen=True, slots=True)
class PlanSpreads:
    """Standard deviations in cosine distance: of what a prompt adds to one pair alone, and of games on one prompt.

    `prompts_df` and `games_df` are the degrees of freedom that they rest on, None where somebody stated them.
    `interval` is that of the first, None where it is not known.
    """

    pair_prompt: float
    game: float
    prompts_df: int | None = None
    games_df: int | None = None
    interval: Interval | None = None

    def difference(self, repeats: int) -> float:
        """The standard deviation over prompts of the difference between two pairs of so many games a prompt."""
        return sqrt(2 * (self.pair_prompt**2 + self.game**2 / repeats))


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes to find a gap between two pairs, or to find the best of all.

    `prompts` is None where more than FARTHEST would be needed; `reached` is the power with the prompts there are, and
    `most` what no number of games on these prompts exceeds.
    """

    prompts: int | None
    reached: float
    most: float


def spreads_of(cells: Sequence[Cell]) -> PlanSpreads | None:
    """The spreads of games that were played, by the analysis of variance of pairs and prompts; None where too few are.

    Cells are taken as their means; σ²_pair×prompt is what is left beyond the scatter of games, at least 0.
    """
    names = sorted({cell.pair for cell in cells}, key=lambda pair: (pair.t2i, pair.i2t))
    prompts = sorted({cell.prompt for cell in cells})
    table = np.zeros((len(cells), len(names) + len(prompts)))
    for row, cell in enumerate(cells):
        table[row, names.index(cell.pair)] = table[row, len(names) + prompts.index(cell.prompt)] = 1.0
    values = np.array([cell.mean for cell in cells])
    found, _, rank, _ = np.linalg.lstsq(table, values, rcond=None)
    df, games_df = len(cells) - int(rank), sum(cell.games - 1 for cell in cells)
    if df < 1:
        return None
    left = float(np.sum((values - table @ found) ** 2)) / df
    game = sum(cell.squares for cell in cells) / games_df if games_df else 0.0
    often = len(cells) / sum(1 / cell.games for cell in cells)
    interaction = max(0.0, left - game / often)
    return PlanSpreads(sqrt(interaction), sqrt(game), df, games_df, _spread(left, df, game / often))


def power(spreads: PlanSpreads, gap: float, prompts: int, repeats: int, *, tests: int = 1) -> float:
    """The probability that a paired t test over so many prompts finds a gap, at 95% shared among so many tests."""
    return _power(spreads.difference(repeats), gap, prompts, tests)


def plan(spreads: PlanSpreads, gap: float, wanted: float, *, repeats: int, there: int, tests: int = 1) -> Plan:
    """The prompts that it takes to find a gap with the probability `wanted`, with `there` prompts at hand."""
    low, high = FEWEST, FARTHEST
    enough = power(spreads, gap, high, repeats, tests=tests) >= wanted
    while enough and low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if power(spreads, gap, middle, repeats, tests=tests) >= wanted else (middle + 1, high)
    reached = power(spreads, gap, there, repeats, tests=tests) if there >= FEWEST else 0.0
    most = _power(sqrt(2) * spreads.pair_prompt, gap, there, tests) if there >= FEWEST else 0.0
    return Plan(high if enough else None, reached, most)


def games(pairs: int, prompts: int, repeats: int) -> int:
    """The games of a crossed design."""
    return pairs * prompts * repeats


def _power(sd: float, gap: float, prompts: int, tests: int) -> float:
    from scipy.special import stdtrit

    if sd == 0:
        return 1.0
    df = prompts - 1
    far = float(stdtrit(df, 1 - (1 - LEVEL) / 2 / tests))
    shift = gap / sd * sqrt(prompts)
    if shift > 50:  # nothing misses it, and the noncentral t is not computed so far out
        return 1.0
    return float(np.clip(1 - _below(far, df, shift) + _below(-far, df, shift), 0.0, 1.0))


def _below(value: float, df: int, shift: float) -> float:
    """The noncentral t's probability below a value; far out, where its series is not a number, the normal's."""
    from scipy.special import nctdtr, ndtr

    found = float(nctdtr(df, shift, value))
    return found if np.isfinite(found) else float(ndtr(value - shift))


def _spread(left: float, df: int, scatter: float) -> Interval:
    """The interval of σ_pair×prompt: χ² of what is left, less the scatter of games."""
    from scipy.special import chdtri

    ends = [df * left / float(chdtri(df, tail)) for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)]
    low, high = (sqrt(max(0.0, end - scatter)) for end in ends)
    return Interval(sqrt(max(0.0, left - scatter)), low, high)
