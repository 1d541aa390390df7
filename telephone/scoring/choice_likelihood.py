"""The posterior of utilities at known spreads, with the luck of every battle's side integrated out.

Newton's method on the joint posterior of the parameters φ = (θ of P pairs, δ of S positions, log ν) and of the luck u,
which is eliminated battle by battle: it touches nobody but its own sides. The log posterior is concave, so the mode is
the only one.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from telephone.scoring.ballots import Ballots, Ints
from telephone.scoring.intervals import Floats

POSITION: Final = 0.3
"""Prior standard deviation of what a button gains by its position, in log-odds."""
TIES: Final = 2.0
"""Prior standard deviation of log ν."""
ENOUGH: Final = 1e-7
"""Newton's method ends where no parameter moves by more than this."""
LONGEST: Final = 60
"""Newton steps at most; a concave posterior needs about six."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The mode `values` (P + S + 1,) with `covariance`, the log `evidence`, and at the mode the `chances` (S + 1, B)
    of every outcome and how the luck answers to the sides, `answer` (S, S + 1, B)."""

    values: Floats
    covariance: Floats
    evidence: float
    chances: Floats
    answer: Floats


@dataclass(frozen=True, slots=True)
class _Point:
    """The log posterior at one place, and what is needed to step on from there."""

    height: float
    chances: Floats
    slope: Floats
    curve: Floats
    offset: Floats
    answer: Floats
    logdet: float


@dataclass(frozen=True, slots=True)
class BattleVotes:
    """B battles of up to S sides: `sides` (S, B), weighted votes `chosen` (S + 1, B), the last row ties.

    Battles are the last axis, for sides are few: so arithmetic runs along many numbers at once.
    `parts` (S + 1, S + 1, B) is what an outcome's utility is made of: its side, or half of both and log ν in the last
    place. `possible` (S + 1, B) says which outcomes there are. `places` say where the products of two sides, (S·S·B,),
    and of a side and a position or log ν, (S·(S + 1)·B,), stand among those of all.
    """

    sides: Ints
    chosen: Floats
    parts: Floats
    possible: Floats
    lucky: Floats
    pairs: int
    ties: bool
    places: tuple[Ints, Ints]

    @property
    def width(self) -> int:
        """The number of positions, S."""
        return len(self.sides)

    @property
    def count(self) -> int:
        """The number of battles, B."""
        return int(self.sides.shape[1])

    @classmethod
    def of(cls, ballots: Ballots) -> "BattleVotes":
        width, count = ballots.sides.shape[1], len(ballots.sides)
        there = ballots.sides.T >= 0
        ties = bool(np.any(ballots.choice == width))
        two = there.sum(axis=0) == 2
        parts = np.zeros((width + 1, width + 1, count))
        parts[:width, :width] = np.eye(width)[:, :, None] * there
        parts[width, :width] = 0.5 * there * two
        parts[width, width] = two
        # Until somebody votes for a tie, ν is 0 and the model is Bradley and Terry's.
        possible = np.vstack([there, two & ties]).astype(np.float64)
        lucky = ballots.lucky.astype(np.float64)
        chosen = _chosen(ballots, ballots.weight)
        sides, pairs = np.ascontiguousarray(np.maximum(ballots.sides.T, 0)), len(ballots.pairs)
        return cls(sides, chosen, parts, possible, lucky, pairs, ties, _places(sides, pairs))

    def even(self, ballots: Ballots) -> "BattleVotes":
        """Itself, with every vote counted whole. Luck is learnt from these: votes that weigh less scatter as whole ones
        do, which is less than the few whole ones they add up to would, and luck would seem small."""
        return replace(self, chosen=_chosen(ballots, np.where(ballots.lucky[ballots.battle], 1.0, ballots.weight)))

    def some(self, most: int) -> "BattleVotes":
        """Itself, or `most` of its battles, evenly spread."""
        if self.count <= most:
            return self
        pick = np.linspace(0, self.count - 1, most).astype(np.int64)
        names = ("sides", "chosen", "parts", "possible", "lucky")
        kept: dict[str, Any] = {name: np.take(getattr(self, name), pick, axis=-1) for name in names}
        return replace(self, **kept, places=_places(kept["sides"], self.pairs))

    def fit(self, precision: Floats, luck: float, start: Floats | None = None) -> Fit:
        """The posterior for a prior N(0, precision⁻¹) of the parameters and luck of standard deviation `luck`."""
        values = np.zeros(len(precision)) if start is None else start
        u = np.zeros(self.sides.shape)
        point = self._at(values, u, precision, luck)
        for _ in range(LONGEST):
            step: Floats = np.asarray(np.linalg.solve(point.curve, point.slope), dtype=np.float64)
            move = point.offset - np.einsum("slb,lb->sb", point.answer, self._local(step))
            scale = 1.0
            new = self._at(values + step, u + move, precision, luck)
            while new.height < point.height - 1e-9 and scale > 1e-6:
                scale /= 2
                new = self._at(values + scale * step, u + scale * move, precision, luck)
            values, u, point = values + scale * step, u + scale * move, new
            if np.max(np.abs(step)) < ENOUGH:
                break
        logs = np.linalg.slogdet(precision)[1] - np.linalg.slogdet(point.curve)[1] - point.logdet
        evidence = point.height + 0.5 * float(logs)
        covariance = np.asarray(np.linalg.inv(point.curve), dtype=np.float64)
        return Fit(values, covariance, evidence, point.chances, point.answer)

    def scores(self, fit: Fit) -> Floats:
        """How far one vote for each outcome pulls at its sides and at log ν, once the luck has answered: shape
        (S + 1, S + 1, B), outcomes first, of mean 0 under the chances."""
        found = self.parts - np.einsum("osb,slb->olb", self.parts[:, : self.width], fit.answer)
        return np.asarray(found - np.einsum("ob,olb->lb", fit.chances, found), dtype=np.float64)

    def scattered(self, fit: Fit, scores: Floats) -> Floats:
        """The covariance (P + S + 1, P + S + 1) of all votes' pulls at the parameters, were each a voter's only one."""
        weight = self.chosen.sum(axis=0) * fit.chances
        return self._scatter2(np.einsum("ob,olb,omb->lmb", weight, scores, scores))

    def clustered(self, ballots: Ballots, scores: Floats) -> Floats:
        """The squares and products (P + S + 1, P + S + 1) of what each voter's votes pull together, summed."""
        from scipy.sparse import csr_array

        width, voters = self.width, int(ballots.voter.max(initial=-1)) + 1
        pull = [ballots.weight * scores[ballots.choice, k, ballots.battle] for k in range(width + 1)]
        sides = [self.sides[k, ballots.battle] for k in range(width)]
        where = np.concatenate([ballots.voter] * width), np.concatenate(sides)
        # A side counts for its pair and for its position; pairs are many, and each voter saw few.
        pairs = csr_array((np.concatenate(pull[:width]), where), shape=(voters, self.pairs))
        others = np.column_stack([np.bincount(ballots.voter, one, voters) for one in pull])
        aside = np.asarray(pairs.T @ others)
        return np.block([[(pairs.T @ pairs).toarray(), aside], [aside.T, others.T @ others]])

    def _local(self, values: Floats) -> Floats:
        """Parameters as each battle sees them: its sides with their positions, and log ν; shape (S + 1, B)."""
        sides = values[self.sides] + values[self.pairs : -1, None]
        return np.vstack([sides, np.full(self.count, values[-1])])

    def _log_chances(self, local: Floats) -> Floats:
        """Of every outcome, (S + 1, B), minus infinity for those that cannot be."""
        utility = np.where(self.possible > 0, np.einsum("olb,lb->ob", self.parts, local), -np.inf)
        utility = utility - utility.max(axis=0)
        return np.asarray(utility - np.log(np.sum(np.exp(utility), axis=0)), dtype=np.float64)

    def _at(self, values: Floats, u: Floats, precision: Floats, luck: float) -> _Point:
        width = self.width
        local = self._local(values)
        local[:width] += u
        logs = self._log_chances(local)
        chances = np.exp(logs)
        total = self.chosen.sum(axis=0)
        height = float(np.sum(self.chosen * np.where(self.possible > 0, logs, 0.0)))
        height -= 0.5 * float(values @ precision @ values)
        spread = luck**2 * self.lucky
        if luck > 0:
            height -= 0.5 * float(np.sum(u**2)) / luck**2
        mean = np.einsum("ob,olb->lb", chances, self.parts)
        slope = np.einsum("ob,olb->lb", self.chosen, self.parts) - total * mean
        second = np.einsum("olb,omb->lmb", chances[:, None] * self.parts, self.parts) - mean[:, None] * mean
        info = total * second
        own = np.eye(width)[:, :, None] + spread * info[:width, :width]
        inverse, logdet = _inverse(own)
        offset = np.einsum("stb,tb->sb", inverse, spread * slope[:width] - u)
        answer = spread * np.einsum("stb,tlb->slb", inverse, info[:width])
        curve = info - np.einsum("lsb,smb->lmb", info[:, :width], answer)
        right = slope - np.einsum("lsb,sb->lb", info[:, :width], offset)
        return _Point(
            height,
            chances,
            self._scatter(right) - precision @ values,
            self._scatter2(curve) + precision,
            offset,
            answer,
            logdet,
        )

    def _scatter(self, local: Floats) -> Floats:
        """What battles say of their sides and log ν, (S + 1, B), added up for the parameters."""
        own = np.bincount(self.sides.ravel(), local[: self.width].ravel(), self.pairs)
        return np.concatenate([own, local.sum(axis=1)])

    def _scatter2(self, local: Floats) -> Floats:
        """The same of products of two, (S + 1, S + 1, B), symmetric."""
        pairs, width = self.pairs, self.width
        both, mixed = self.places
        curve = np.empty((pairs + width + 1, pairs + width + 1))
        curve[:pairs, :pairs] = np.bincount(both, local[:width, :width].ravel(), pairs**2).reshape(pairs, pairs)
        aside = np.bincount(mixed, local[:width].ravel(), pairs * (width + 1)).reshape(pairs, width + 1)
        curve[:pairs, pairs:], curve[pairs:, :pairs] = aside, aside.T
        curve[pairs:, pairs:] = local.sum(axis=2)
        return curve


def _inverse(matrices: Floats) -> tuple[Floats, float]:
    """Of symmetric and positive matrices (S, S, B), and the logarithms of their determinants added up.

    Gauss and Jordan's sweeps, all battles at once: such matrices need no pivots, and linalg goes one by one.
    """
    swept, logdet = matrices.copy(), 0.0
    for k in range(len(swept)):
        pivot, row, column = swept[k, k].copy(), swept[k] / swept[k, k], swept[:, k].copy()
        logdet += float(np.sum(np.log(pivot)))
        swept -= column[:, None] * row
        swept[k], swept[:, k], swept[k, k] = row, -column / pivot, 1 / pivot
    return swept, logdet


def _places(sides: Ints, pairs: int) -> tuple[Ints, Ints]:
    width = len(sides)
    both = sides[:, None] * pairs + sides
    mixed = sides[:, None] * (width + 1) + np.arange(width + 1)[:, None]
    return both.ravel(), mixed.ravel()


def _chosen(ballots: Ballots, weight: Floats) -> Floats:
    """The votes (S + 1, B) for every outcome, the last row ties."""
    count, width = ballots.sides.shape
    flat = np.bincount(ballots.choice * count + ballots.battle, weight, count * (width + 1))
    return np.asarray(flat, dtype=np.float64).reshape(width + 1, count)
