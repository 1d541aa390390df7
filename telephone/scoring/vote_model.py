"""Pairs ranked by votes, where all votes of a battle judge the same pictures.

A side's utility is θ + δ_position + u, θ = α_t2i + β_i2t + γ_pair with normal priors, u ~ N(0, τ²) of the battle and
side: how lucky these pictures were. A vote is one softmax over all sides shown (Luce 1959; Bradley and Terry 1952,
Biometrika 39:324-345); a tie weighs ν times the geometric mean of its two sides (Davidson 1970, J. Am. Stat. Assoc.
65:317-328). u is integrated out by Laplace's method; the spreads as hyperpriors.py tells, τ with a half-normal(0.5)
prior. Voters have tastes: what their votes scatter beyond independent ones is added to the variance (the
voter-cluster sandwich: Liang and Zeger 1986, Biometrika 73:13-22). Rating = 1000 + (400 / ln 10) θ, as Elo's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import log
from typing import Final

import numpy as np

from telephone.domain.games import Pair
from telephone.scoring.ballots import Ballots, Ints
from telephone.scoring.choice_likelihood import POSITION, TIES, BattleVotes, Fit
from telephone.scoring.hyperpriors import Nodes, covariance_of, integrate, mixture, pair_covariance
from telephone.scoring.intervals import Floats, Interval, ranks, winner

POINTS: Final = 400 / log(10)
"""Rating points per unit of θ: 400 points are odds of ten to one."""
CENTRE: Final = 1000.0
SCALES: Final = (1.0, 1.5, 0.5)
"""Scales of the half-normal priors: models (T2I and I2T alike), pair as a part of these, luck τ of a battle's side."""
_PAIR: Final = 1
FLATTEST: Final = 1e5
"""The largest standard deviation of a fixed prior: what is flatter says no less, and leaves no digits to the votes."""
SETTLED: Final = 200.0
"""A pair is provisional until its interval is narrower than this, in rating points."""
FEWEST_BATTLES: Final = 3
"""A pair seen in fewer battles, or on fewer known prompts, stays provisional, however many voted."""
STILL: Final = 1e6
"""How many votes' worth of certainty, for each vote cast, hold a position at 0 where there are no buttons."""
LEARNT_FROM: Final = 250
"""The spreads are learnt from at most so many battles, evenly chosen; more would tell no more and take their time."""


@dataclass(frozen=True, slots=True)
class VoteBoardRow:
    """One pair: `theta` is the contrast to the mean of its group, `rating` the same in points, `rank` its rank there.

    Groups count from 1, the one of most votes first; there is one unless some pairs never met, even by way of others.
    `votes` were cast where the pair was a side, `all_bad` of them more found no side good and are not scored.
    `prompts` is 0 where no battle names one.
    """

    pair: Pair
    theta: Interval
    rating: Interval
    votes: int
    all_bad: int
    battles: int
    prompts: int
    provisional: bool
    rank: int
    group: int = 1


@dataclass(frozen=True, slots=True)
class VoteBoard:
    """Rows from the best rating down, group by group.

    `positions` are the log-odds that each button gains by where it stands, about their mean; `tie` is Davidson's ν,
    None where nobody voted for a tie; `luck` is τ, 0 where no battle is known. `spreads` are the standard deviations
    of models and pair, and `covariance` (P, P) is that of the rows' θ, in their order.
    """

    rows: tuple[VoteBoardRow, ...]
    voters: int
    positions: tuple[float, ...]
    tie: float | None
    luck: float
    spreads: tuple[float, float]
    covariance: Floats = field(compare=False, repr=False)

    @property
    def groups(self) -> tuple[tuple[VoteBoardRow, ...], ...]:
        """The rows of each group of pairs that met. Nothing is known about how two groups compare."""
        numbers = sorted({row.group for row in self.rows})
        return tuple(tuple(row for row in self.rows if row.group == number) for number in numbers)

    @property
    def winner(self) -> Pair | None:
        """The pair that alone has rank 1 and is not provisional, None where there is none, or one in several groups."""
        found = [pair for group in self.groups if (pair := winner(group)) is not None]
        return found[0] if len(found) == 1 else None


def rank_by_votes(
    ballots: Ballots,
    *,
    prior_sd: float | None = None,
    settled: float = SETTLED,
    position: float = POSITION,
    apart: bool = True,
) -> VoteBoard:
    """The board of all pairs in `ballots`; finite from the first vote on.

    `prior_sd` puts one fixed normal prior on α, β and γ in the place of learnt spreads: large is flat. `position` is
    the prior standard deviation of what a button gains by where it stands, 0 where sides are no buttons. Pairs that
    never met are judged `apart`, in groups; otherwise the prior alone compares them. Raises ValueError where
    `prior_sd` is not positive, or beyond FLATTEST.
    """
    if prior_sd is not None and not 0 < prior_sd <= FLATTEST:
        raise ValueError(f"a prior needs a standard deviation above 0 and at most {FLATTEST:g}, not {prior_sd}")
    battles = BattleVotes.of(ballots)
    nodes, near = _nodes(ballots, battles, prior_sd, position)
    fits = [_fit(ballots.pairs, battles, spreads, prior_sd, near, position=position) for spreads in nodes.spreads]
    size = len(ballots.pairs)
    group = ballots.groups if apart else np.zeros(size, dtype=np.int64)
    same = group[:, None] == group[None, :]
    centring = np.eye(size) - same / same.sum(axis=1)
    best = fits[int(np.argmax(nodes.weights))]
    extra = clusters(ballots, battles, best, centring)
    means = np.array([centring @ fit.values[:size] for fit in fits])
    covariances = np.array([centring @ fit.covariance[:size, :size] @ centring for fit in fits]) + extra
    thetas = mixture(means, np.sqrt(np.diagonal(covariances, axis1=1, axis2=2)), nodes.weights)
    rows = _rows(ballots, thetas, settled, group)
    order = [ballots.pairs.index(row.pair) for row in rows]
    learnt = nodes.weights @ nodes.spreads
    positions = best.values[size:-1] - best.values[size:-1].mean()
    return VoteBoard(
        rows=rows,
        voters=int(np.unique(ballots.voter).size),
        positions=tuple(float(x) for x in positions),
        tie=float(np.exp(best.values[-1])) if battles.ties else None,
        luck=float(learnt[-1]) if ballots.lucky.any() else 0.0,
        spreads=(prior_sd, prior_sd) if prior_sd else (float(learnt[0]), float(learnt[1])),
        covariance=covariance_of(means, covariances, nodes.weights)[np.ix_(order, order)],
    )


def _nodes(
    ballots: Ballots, battles: BattleVotes, prior_sd: float | None, position: float
) -> tuple[Nodes, Floats | None]:
    """Spreads (m, 0 to 3): models and pair where they are learnt, and the luck where battles are known; and parameters
    near those of a fit at any of them."""
    learnt = battles.even(ballots).some(LEARNT_FROM)
    apart = prior_sd is None
    scales = (SCALES[:2] if apart else ()) + (SCALES[2:] if ballots.lucky.any() else ())
    start: list[Floats | None] = [None]

    def evidence(spreads: Floats) -> Floats:
        found = np.zeros(len(spreads))
        for k, one in enumerate(spreads):
            fit = _fit(ballots.pairs, learnt, _absolute(one, apart), prior_sd, start[0], position=position)
            start[0], found[k] = fit.values, fit.evidence
        return found

    nodes = integrate(evidence, scales, doubted=_PAIR if apart else None)
    spreads = np.array([_absolute(one, apart) for one in nodes.spreads])
    if learnt.count == battles.count:
        return replace(nodes, spreads=spreads), start[0]
    return Nodes(np.sqrt(nodes.weights @ spreads**2)[None, :], np.ones(1), nodes.evidence), start[0]


def _absolute(spreads: Floats, apart: bool) -> Floats:
    """Spreads in log-odds, from those where, if models and pairs are told `apart`, the pair's is a part of theirs."""
    found = spreads.copy()
    if apart:
        found[_PAIR] *= spreads[0]
    return found


def _fit(
    pairs: Sequence[Pair],
    battles: BattleVotes,
    spreads: Floats,
    prior_sd: float | None,
    start: Floats | None = None,
    *,
    position: float = POSITION,
) -> Fit:
    models, pair = (spreads[0], spreads[1]) if prior_sd is None else (prior_sd, prior_sd)
    known = 2 if prior_sd is None else 0
    luck = float(spreads[known]) if len(spreads) > known else 0.0
    # No gain by position is a prior so narrow that all votes together do not move it.
    held = position**-2 if position > 0 else STILL * max(float(battles.chosen.sum()), 1.0)
    precision = np.diag(np.r_[np.zeros(len(pairs)), np.full(battles.width, held), TIES**-2])
    precision[: len(pairs), : len(pairs)] = np.linalg.inv(pair_covariance(pairs, models, models, pair))
    return battles.fit(precision, luck, start)


def clusters(ballots: Ballots, battles: BattleVotes, fit: Fit, centring: Floats) -> Floats:
    """The covariance (P, P) that voters' tastes add to that of contrasts from independent votes.

    All votes of a voter are one cluster. No contrast of a pair to the mean is made surer by it, and pairs go together
    as they do in what the clusters add.
    """
    size, voters = len(ballots.pairs), int(ballots.voter.max(initial=-1)) + 1
    if voters < 2:
        return np.zeros((size, size))
    to = centring @ fit.covariance[:size]
    scores = battles.scores(fit)
    found = battles.clustered(ballots, scores) * voters / (voters - 1) - battles.scattered(fit, scores)
    added = np.asarray(to @ found @ to.T, dtype=np.float64)
    values, vectors = np.linalg.eigh(added)
    positive = (vectors * np.maximum(values, 0.0)) @ vectors.T
    # What is no covariance in the difference of two estimates is taken out; each pair keeps what it had of its own.
    scale = np.sqrt(np.maximum(np.diag(added), 0.0) / np.maximum(np.diag(positive), np.finfo(float).tiny))
    return np.asarray(scale[:, None] * positive * scale, dtype=np.float64)


def _rows(ballots: Ballots, thetas: Sequence[Interval], settled: float, group: Ints) -> tuple[VoteBoardRow, ...]:
    ratings = [
        Interval(CENTRE + POINTS * theta.estimate, CENTRE + POINTS * theta.low, CENTRE + POINTS * theta.high)
        for theta in thetas
    ]
    places = np.zeros(len(ratings), dtype=np.int64)
    for number in np.unique(group):
        among = np.flatnonzero(group == number)
        places[among] = ranks([ratings[k] for k in among], higher_is_better=True)
    votes = np.bincount(ballots.battle, minlength=len(ballots.sides))
    rows = []
    for k, pair in enumerate(ballots.pairs):
        here = np.any(ballots.sides == k, axis=1)
        prompts = int(np.unique(ballots.prompt[here & (ballots.prompt >= 0)]).size)
        battles = int(ballots.battles[here].sum())
        few = battles < FEWEST_BATTLES or 0 < prompts < FEWEST_BATTLES
        unsure = few or ratings[k].width >= settled
        bad = int(ballots.all_bad[here].sum())
        cast, place, number = int(votes[here].sum()), int(places[k]), int(group[k]) + 1
        rows.append(VoteBoardRow(pair, thetas[k], ratings[k], cast, bad, battles, prompts, unsure, place, number))
    return tuple(sorted(rows, key=lambda row: (row.group, -row.rating.estimate, str(row.pair))))
