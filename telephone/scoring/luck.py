"""The posterior of utilities at known spreads, with the luck of every battle's side integrated out.

Newton's method on the joint posterior of the parameters φ = (θ of P pairs, δ of S positions, log ν) and of the luck u,
which is eliminated battle by battle: it touches nobody but its own sides. The log posterior is concave, so the mode is
the only one.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from telephone.scoring.ballots import Ballots, Ints
from telephone.scoring.interval import Floats

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
    """The mode `values` (P + S + 1,) with `covariance`, the log `evidence`, and at the mode the `chances` (B, S + 1)
    of every outcome and how the luck answers to the sides, `answer` (B, S, S + 1)."""

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
class Battles:
    """B battles of up to S sides: `sides` (B, S), weighted votes `chosen` (B, S + 1), the last column ties.

    `parts` (B, S + 1, S + 1) is what an outcome's utility is made of: its side, or half of both and log ν in the last
    column. `possible` (B, S + 1) says which outcomes there are.
    """

    sides: Ints
    chosen: Floats
    parts: Floats
    possible: Floats
    lucky: Floats
    pairs: int
    ties: bool

    @property
    def width(self) -> int:
        """The number of positions, S."""
        return int(self.sides.shape[1])

    @classmethod
    def of(cls, ballots: Ballots) -> "Battles":
        count, width = ballots.sides.shape
        there = ballots.sides >= 0
        ties = bool(np.any(ballots.choice == width))
        two = there.sum(axis=1) == 2
        parts = np.zeros((count, width + 1, width + 1))
        parts[:, :width, :width] = np.eye(width) * there[:, None, :]
        parts[:, width, :width] = 0.5 * there * two[:, None]
        parts[:, width, width] = two
        # Until somebody votes for a tie, ν is 0 and the model is Bradley and Terry's.
        possible = np.column_stack([there, two & ties]).astype(np.float64)
        lucky = ballots.lucky.astype(np.float64)
        chosen = _chosen(ballots, ballots.weight)
        return cls(np.maximum(ballots.sides, 0), chosen, parts, possible, lucky, len(ballots.pairs), ties)

    def even(self, ballots: Ballots) -> "Battles":
        """Itself, with every vote of a battle counted whole. Luck is learnt from these: votes that weigh less scatter
        as whole ones do, which is less than so few whole ones would, and luck would seem small."""
        return replace(self, chosen=_chosen(ballots, np.where(ballots.lucky[ballots.battle], 1.0, ballots.weight)))

    def some(self, most: int) -> "Battles":
        """Itself, or `most` of its battles, evenly spread."""
        if len(self.sides) <= most:
            return self
        pick = np.linspace(0, len(self.sides) - 1, most).astype(np.int64)
        kept = {name: getattr(self, name)[pick] for name in ("sides", "chosen", "parts", "possible", "lucky")}
        return replace(self, **kept)

    def fit(self, precision: Floats, luck: float, start: Floats | None = None) -> Fit:
        """The posterior for a prior N(0, precision⁻¹) of the parameters and luck of standard deviation `luck`."""
        values = np.zeros(len(precision)) if start is None else start
        u = np.zeros(self.sides.shape)
        point = self._at(values, u, precision, luck)
        for _ in range(LONGEST):
            step: Floats = np.asarray(np.linalg.solve(point.curve, point.slope), dtype=np.float64)
            move = point.offset - np.einsum("bsl,bl->bs", point.answer, self._local(step))
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

    def influence(self, fit: Fit, rows: Floats) -> Floats:
        """How far one vote for each outcome moves the estimates that are `rows` (R, P + S + 1) of the covariance
        times the parameters: shape (B, S + 1, R), of mean 0 under the chances."""
        local = np.concatenate(
            [
                rows.T[self.sides] + rows.T[None, self.pairs : -1],
                np.broadcast_to(rows.T[-1], (len(self.sides), 1, len(rows))),
            ],
            axis=1,
        )
        inner = local.copy()
        inner[:, : self.width] -= np.einsum("bsl,blr->bsr", fit.answer, local)
        pull = self.parts @ inner
        return np.asarray(pull - np.einsum("bo,bor->br", fit.chances, pull)[:, None, :], dtype=np.float64)

    def _local(self, values: Floats) -> Floats:
        """Parameters as each battle sees them: its sides with their positions, and log ν; shape (B, S + 1)."""
        sides = values[self.sides] + values[self.pairs : -1]
        return np.column_stack([sides, np.full(len(sides), values[-1])])

    def _log_chances(self, local: Floats) -> Floats:
        """Of every outcome, (B, S + 1), minus infinity for those that cannot be."""
        utility = np.where(self.possible > 0, np.einsum("bol,bl->bo", self.parts, local), -np.inf)
        utility = utility - utility.max(axis=1, keepdims=True)
        return np.asarray(utility - np.log(np.sum(np.exp(utility), axis=1, keepdims=True)), dtype=np.float64)

    def _at(self, values: Floats, u: Floats, precision: Floats, luck: float) -> _Point:
        width = self.width
        local = self._local(values)
        local[:, :width] += u
        logs = self._log_chances(local)
        chances = np.exp(logs)
        total = self.chosen.sum(axis=1)
        height = float(np.sum(self.chosen * np.where(self.possible > 0, logs, 0.0)))
        height -= 0.5 * float(values @ precision @ values)
        spread = luck**2 * self.lucky
        if luck > 0:
            height -= 0.5 * float(np.sum(u**2)) / luck**2
        mean = np.einsum("bo,bol->bl", chances, self.parts)
        slope = np.einsum("bo,bol->bl", self.chosen, self.parts) - total[:, None] * mean
        second = np.swapaxes(chances[:, :, None] * self.parts, 1, 2) @ self.parts
        second -= mean[:, :, None] * mean[:, None, :]
        info = total[:, None, None] * second
        own = np.eye(width) + spread[:, None, None] * info[:, :width, :width]
        inverse = np.linalg.inv(own)
        offset = np.einsum("bst,bt->bs", inverse, spread[:, None] * slope[:, :width] - u)
        answer = spread[:, None, None] * (inverse @ info[:, :width, :])
        curve = info - info[:, :, :width] @ answer
        right = slope - np.einsum("bls,bs->bl", info[:, :, :width], offset)
        return _Point(
            height,
            chances,
            self._scatter(right) - precision @ values,
            self._scatter2(curve) + precision,
            offset,
            answer,
            float(np.sum(np.linalg.slogdet(own)[1])),
        )

    def _places(self) -> Ints:
        """Where a battle's sides, their positions and log ν stand among the parameters: (B, 2 S + 1)."""
        count, width = self.sides.shape
        positions = np.broadcast_to(self.pairs + np.arange(width), (count, width))
        return np.column_stack([self.sides, positions, np.full(count, self.pairs + width)])

    def _scatter(self, local: Floats) -> Floats:
        size, width = self.pairs + self.width + 1, self.width
        twice = np.r_[np.arange(width), np.arange(width + 1)]
        return np.asarray(np.bincount(self._places().ravel(), local[:, twice].ravel(), size), dtype=np.float64)

    def _scatter2(self, local: Floats) -> Floats:
        size, width = self.pairs + self.width + 1, self.width
        twice = np.r_[np.arange(width), np.arange(width + 1)]
        places = self._places()
        flat = places[:, :, None] * size + places[:, None, :]
        values = local[:, twice][:, :, twice]
        return np.asarray(np.bincount(flat.ravel(), values.ravel(), size * size), dtype=np.float64).reshape(size, size)


def _chosen(ballots: Ballots, weight: Floats) -> Floats:
    """The votes (B, S + 1) for every outcome, the last column ties."""
    count, width = ballots.sides.shape
    flat = np.bincount(ballots.battle * (width + 1) + ballots.choice, weight, count * (width + 1))
    return np.asarray(flat, dtype=np.float64).reshape(count, width + 1)
