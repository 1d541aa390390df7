"""Pairs ranked by distance, within prompts: what is the same for all pairs on a prompt counts for none of them.

Y = p_prompt + θ_pair + (ap)_t2i,prompt + (bp)_i2t,prompt + (θp)_pair,prompt + e, θ = α_t2i + β_i2t + γ_pair; all but p
are normal with a spread of their own. distance_likelihood.py tells what that says of θ at known spreads; these are
averaged as hyperpriors.py tells. Prompts are a sample only where the board's mean is asked for: there they scatter
about their level. Pairs that no prompt joins, nor any chain of prompts, are ranked apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from telephone.domain.games import Pair
from telephone.scoring.ballots import Ints
from telephone.scoring.distance_likelihood import DistanceTable, PromptLevels, Spreads
from telephone.scoring.hyperpriors import Nodes, covariance_of, integrate, mixture
from telephone.scoring.intervals import Floats, Interval, ranks, winner

SCALES: Final = Spreads(0.1, 0.1, 1.5, 0.2, 0.1, 0.1, 0.1, 0.1)
"""Scales of the half-normal priors, in cosine distance; that of pairs is a part of the models'."""
SETTLED: Final = 0.10
"""A pair is provisional until its interval is narrower than this, in cosine distance."""
FEWEST_PROMPTS: Final = 3
"""A pair seen on fewer prompts stays provisional, however many games it played."""
SPAN: Final = (0.0, 2.0)
"""A cosine distance is nowhere else."""
LEARNT_FROM: Final = 1200
"""Spreads are learnt from so many cells, of prompts evenly chosen; prompts on which the same pairs played count once.
More would tell no more and take their time."""


@dataclass(frozen=True, slots=True)
class Score:
    """One measured game: `value` is its distance. Prompts go by any name that tells them apart.

    `level` is what the prompt is said to be, such as easy; None where nobody says.
    """

    pair: Pair
    prompt: str
    seed: int
    value: float
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """All games of one pair on one prompt: how many, their mean, and the squares about it summed."""

    pair: Pair
    prompt: str
    games: int
    mean: float
    squares: float
    level: str | None = None


@dataclass(frozen=True, slots=True)
class DistanceBoardRow:
    """One pair on the board. `distance` is what it would have on its group's average prompt, within SPAN.

    Its interval is that of the difference from the group's mean, so that rows can be compared; a pair that is alone in
    its group has the interval of that mean. Groups count from 1, the one of most games first; there is one unless no
    prompt joins some pairs. `rank` is that in the group.
    """

    pair: Pair
    distance: Interval
    games: int
    prompts: int
    provisional: bool
    rank: int
    group: int = 1


@dataclass(frozen=True, slots=True)
class DistanceBoard:
    """Rows from the least distance up, group by group; `mean` is that of the first group over prompts like these.

    `spreads` are posterior means. `covariance` (P, P) is that of the rows' differences from their group's mean, in
    their order.
    """

    rows: tuple[DistanceBoardRow, ...]
    mean: Interval
    spreads: Spreads
    covariance: Floats = field(compare=False, repr=False)

    @property
    def groups(self) -> tuple[tuple[DistanceBoardRow, ...], ...]:
        """The rows of each group of pairs that prompts join. Nothing is known about how two groups compare."""
        numbers = sorted({row.group for row in self.rows})
        return tuple(tuple(row for row in self.rows if row.group == number) for number in numbers)

    @property
    def winner(self) -> Pair | None:
        """The pair that alone has rank 1 and is not provisional, None where there is none, or one in several groups."""
        found = [pair for group in self.groups if (pair := winner(group)) is not None]
        return found[0] if len(found) == 1 else None


def merge(scores: Iterable[Score]) -> tuple[Cell, ...]:
    """Cells in the order of pairs and prompts. Games with the same pair, prompt and seed count once, as their mean.

    Raises ValueError where a distance is not finite, or a prompt has two levels.
    """
    levels: dict[str, str | None] = {}
    same: dict[tuple[str, str, str, int], list[float]] = defaultdict(list)
    for score in scores:
        if not np.isfinite(score.value):
            raise ValueError(f"a distance of {score.value} cannot be ranked")
        if levels.setdefault(score.prompt, score.level) != score.level:
            raise ValueError(f"the prompt {score.prompt} has two levels")
        same[score.pair.t2i, score.pair.i2t, score.prompt, score.seed].append(score.value)
    cells: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for (t2i, i2t, prompt, _), values in sorted(same.items()):
        cells[t2i, i2t, prompt].append(sum(sorted(values)) / len(values))
    return tuple(_cell(Pair(t2i, i2t), prompt, values, levels[prompt]) for (t2i, i2t, prompt), values in cells.items())


def rank_by_distance(
    cells: Sequence[Cell], settled: float = SETTLED, *, span: tuple[float, float] = SPAN
) -> DistanceBoard:
    """The board of the pairs in `cells`, whose intervals lie within `span`.

    Finite from the first game on; raises ValueError without games.
    """
    if not cells:
        raise ValueError("a board needs at least one measured game")
    table, levels = _table(cells)
    nodes = _nodes(table)
    group = table.groups
    same = group[:, None] == group
    centring = np.eye(len(group)) - same / same.sum(axis=1)
    fits = table.posterior(Spreads(*nodes.spreads.T))
    means = fits.means @ centring
    # A pair alone in its group has no contrast: a floor keeps its interval a point and not a division by zero.
    covariances = centring @ fits.covariances @ centring + 1e-18 * np.eye(len(group))
    contrasts = mixture(means, np.sqrt(np.diagonal(covariances, axis1=1, axis2=2)), nodes.weights)
    spreads = Spreads(*(float(one) for one in nodes.weights @ nodes.spreads))
    covariance = covariance_of(means, covariances, nodes.weights)
    heights, spread = _heights(table.levels(spreads), levels, group, nodes.weights @ means, covariance)
    rows = _rows(table, contrasts, heights, group, settled=settled, span=span)
    order = [table.pairs.index(row.pair) for row in rows]
    return DistanceBoard(
        rows, _within(heights[0], span), spreads._replace(prompt=spread), covariance[np.ix_(order, order)]
    )


def _table(cells: Sequence[Cell]) -> tuple[DistanceTable, Ints]:
    """The cells as arrays, and the level (K,) of every prompt as a number."""
    pairs = tuple(sorted({cell.pair for cell in cells}, key=lambda pair: (pair.t2i, pair.i2t)))
    named = {cell.prompt: cell.level for cell in cells}
    prompts = sorted(named)
    column, row = ({name: k for k, name in enumerate(names)} for names in (pairs, prompts))
    counts, means = np.zeros((len(prompts), len(pairs))), np.zeros((len(prompts), len(pairs)))
    for cell in cells:
        at = row[cell.prompt], column[cell.pair]
        if counts[at]:
            raise ValueError(f"{cell.pair} has two cells for one prompt; merge its games first")
        counts[at], means[at] = cell.games, cell.mean
    repeats = sum(cell.games - 1 for cell in cells)
    kinds = sorted({named[prompt] or "" for prompt in prompts})
    levels = np.array([kinds.index(named[prompt] or "") for prompt in prompts])
    return DistanceTable.of(pairs, counts, means, repeats, sum(cell.squares for cell in cells)), levels


def _nodes(table: DistanceTable) -> Nodes:
    """Sets of spreads (m, 8), all but that of prompts, which no difference between pairs depends on."""
    t2i_prompt, i2t_prompt = table.tells_models
    there = np.array([True, True, True, False, True, table.repeats > 0, t2i_prompt, i2t_prompt])
    learnt = table.some(LEARNT_FROM)

    def absolute(found: Floats) -> Spreads:
        every = np.zeros((8, len(found)))
        every[there] = found.T
        # That of pairs is a part of their models'.
        every[2] *= np.sqrt((every[0] ** 2 + every[1] ** 2) / 2)
        return Spreads(*every)

    nodes = integrate(
        lambda found: learnt.evidence(absolute(found)),
        np.array(SCALES)[there].tolist(),
        doubted=Spreads._fields.index("pair"),
    )
    spreads = np.array(absolute(nodes.spreads)).T
    if learnt is table:
        return Nodes(spreads, nodes.weights, nodes.evidence)
    return Nodes(np.sqrt(nodes.weights @ spreads**2)[None, :], np.ones(1), nodes.evidence)


def _heights(
    found: PromptLevels, levels: Ints, group: Ints, contrasts: Floats, covariance: Floats
) -> tuple[list[Interval], float]:
    """The mean of each group of pairs over prompts like those that it played, and the spread of prompts in a level."""
    values = found.values - found.weights @ contrasts
    own = group[np.argmax(found.weights > 0, axis=1)]
    # Within a level, and within a group: nothing else is known to have one mean.
    stratum = np.unique(own * (int(levels.max()) + 1) + levels, return_inverse=True)[1]
    member = np.eye(int(stratum.max()) + 1)[stratum]

    def weights(spread: Floats) -> tuple[Floats, Floats]:
        """Of prompts (m, K), and their sums by stratum (m, L), for spreads of prompts (m, 1)."""
        one = 1 / (spread**2 + found.noise)
        return one, one @ member

    def evidence(spreads: Floats) -> Floats:
        one, whole = weights(spreads)
        middle = (one * values) @ member / whole
        squares = np.sum(one * (values - middle @ member.T) ** 2, axis=1)
        return np.asarray(0.5 * (np.sum(np.log(one), axis=1) - np.sum(np.log(whole), axis=1) - squares))

    nodes = integrate(evidence, [float(SCALES.prompt)])
    one, whole = weights(nodes.spreads)
    heights = []
    for number in range(int(group.max()) + 1):
        of = np.bincount(stratum[own == number], minlength=member.shape[1])
        # Every level counts by its prompts: the mean is that of prompts like these.
        shares = one * ((of / of.sum()) / whole @ member.T) * (own == number)
        sure = np.sum(shares**2 / one, axis=1)
        lean = shares @ found.weights
        deviations = np.sqrt(sure + np.einsum("mp,pq,mq->m", lean, covariance, lean))
        heights.append(mixture((shares @ values)[:, None], deviations[:, None], nodes.weights)[0])
    return heights, float(nodes.weights @ nodes.spreads[:, 0])


def _rows(
    table: DistanceTable,
    contrasts: Sequence[Interval],
    heights: Sequence[Interval],
    group: Ints,
    *,
    settled: float,
    span: tuple[float, float],
) -> tuple[DistanceBoardRow, ...]:
    rows = []
    for number, height in enumerate(heights):
        among = [int(k) for k in np.flatnonzero(group == number)]
        centre = height.estimate
        shown = [Interval(centre + c.estimate, centre + c.low, centre + c.high) for c in (contrasts[k] for k in among)]
        shown = [_within(one, span) for one in ([height] if len(among) == 1 else shown)]
        for k, one, place in zip(among, shown, ranks(shown, higher_is_better=False), strict=True):
            seen = int(np.count_nonzero(table.counts[:, k]))
            unsure = seen < FEWEST_PROMPTS or one.width >= settled
            games = int(table.counts[:, k].sum())
            rows.append(DistanceBoardRow(table.pairs[k], one, games, seen, unsure, place, number + 1))
    return tuple(sorted(rows, key=lambda row: (row.group, row.distance.estimate, str(row.pair))))


def _within(interval: Interval, span: tuple[float, float]) -> Interval:
    low, high = span
    return Interval(*(min(max(end, low), high) for end in (interval.estimate, interval.low, interval.high)))


def _cell(pair: Pair, prompt: str, values: Sequence[float], level: str | None) -> Cell:
    mean = float(np.mean(values))
    return Cell(pair, prompt, len(values), mean, float(np.sum((np.asarray(values) - mean) ** 2)), level)
