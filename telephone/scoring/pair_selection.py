"""Which pairs a battle should take, so that its votes tell most, and nobody is favoured.

A battle tells of the differences between its sides. So the two pairs meet whose difference is known least (its variance
on the board by votes, with luck and tastes), divided by how often they met already, and once more for each time on this
prompt: a difference may be unsure because two pairs are close, and the same prompt again would only show the same once
more. How well a pair fares plays no part. Of what is as good within a tenth those come first that were in the fewest
battles, and what is still equal is drawn by lot.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import NormalDist
from typing import Final

import numpy as np

from telephone.domain.games import Pair
from telephone.scoring.ballots import Ballots, Ints
from telephone.scoring.intervals import LEVEL, Floats
from telephone.scoring.vote_model import POINTS, rank_by_votes

ALIKE: Final = 0.1
"""What differs by less than this part of the best is as good as the best."""
NORMAL: Final = NormalDist().inv_cdf((1 + LEVEL) / 2)
"""How many standard deviations an interval reaches to either side."""

Met = Mapping[tuple[frozenset[Pair], str | None], int]
"""In how many battles two pairs met on a prompt; None stands for prompts that nobody knows."""


@dataclass(frozen=True, slots=True)
class NextPairs:
    """The pairs to meet, the named ones first, on which of the prompts (None where none was offered), and why."""

    pairs: tuple[Pair, ...]
    prompt: str | None
    why: str


def meetings(ballots: Ballots | None) -> Met:
    """How often any two pairs met, and on which prompts, by the votes alone."""
    met: Counter[tuple[frozenset[Pair], str | None]] = Counter()
    if ballots is not None:
        for sides, prompt, battles in zip(ballots.sides, ballots.prompt, ballots.battles, strict=True):
            shown = [ballots.pairs[side] for side in sides if side >= 0]
            name = ballots.prompts[prompt] if prompt >= 0 else None
            for couple in combinations(shown, 2):
                met[frozenset(couple), name] += int(battles)
    return met


def next_pairs(
    ballots: Ballots | None,
    pairs: Sequence[Pair],
    prompts: Sequence[str],
    count: int,
    *,
    named: Sequence[Pair] = (),
    met: Met | None = None,
    seed: int = 0,
) -> NextPairs:
    """Chooses `count` of `pairs`, `named` among them, and one of `prompts`, by the names that the ballots use.

    `met` says how often pairs met, open battles included; without it the ballots say so. The same arguments give the
    same choice, whatever the order of `pairs` and `prompts`. Raises ValueError where there are not so many different
    pairs, or fewer than two are wanted.
    """
    able = sorted({*pairs, *named}, key=lambda pair: (pair.t2i, pair.i2t))
    fixed = [able.index(pair) for pair in dict.fromkeys(named)]
    if not max(2, len(fixed)) <= count <= len(able):
        raise ValueError(f"{count} sides cannot be made of {len(able)} pairs, {len(fixed)} of them named")
    lot, offered = random.Random(seed), sorted(set(prompts))
    seen, unknown = _Seen.of(meetings(ballots) if met is None else met, able, offered), _unknown(ballots, able)
    worth = unknown / (1 + seen.ever + (seen.here.min(axis=0) if offered else 0))
    chosen = _fill(fixed, worth, seen.ever.sum(axis=0), count, lot)
    often = seen.here[:, chosen][:, :, chosen].sum(axis=(1, 2))
    prompt = _best(range(len(offered)), np.zeros(len(offered)), often, lot) if offered else None
    found, where = tuple(able[k] for k in chosen), None if prompt is None else offered[prompt]
    new = [couple for couple in combinations(chosen, 2) if not set(couple) <= set(fixed)]
    if not new:
        return NextPairs(found, where, "all were named")
    one, other = max(new, key=lambda couple: float(worth[couple]))
    here = None if prompt is None else int(seen.here[prompt, one, other])
    known = None if ballots is None else float(unknown[one, other])
    return NextPairs(found, where, _why(able[one], able[other], known, int(seen.ever[one, other]), here))


def _fill(fixed: Sequence[int], worth: Floats, battles: Ints, count: int, lot: random.Random) -> list[int]:
    """Places of `count` pairs: the couple worth most, then whoever is worth most beside those that are there."""
    chosen, every = list(fixed), range(len(worth))
    if not chosen:
        couples = np.array(list(combinations(every, 2)))
        chosen = couples[_best(range(len(couples)), worth[*couples.T], battles[couples].sum(axis=1), lot)].tolist()
    while len(chosen) < count:
        free = [k for k in every if k not in chosen]
        chosen.append(_best(free, worth[np.ix_(free, chosen)].sum(axis=1), battles[free], lot))
    return chosen


@dataclass(frozen=True, slots=True)
class _Seen:
    """In how many battles any two of P pairs met: `ever` (P, P), and `here` (M, P, P) on each of M prompts."""

    ever: Ints
    here: Ints

    @classmethod
    def of(cls, met: Met, pairs: Sequence[Pair], prompts: Sequence[str]) -> "_Seen":
        place, number = ({one: k for k, one in enumerate(of)} for of in (pairs, prompts))
        found = cls(np.zeros((len(pairs),) * 2, np.int64), np.zeros((len(prompts), *(len(pairs),) * 2), np.int64))
        for (couple, prompt), often in met.items():
            one, other = (place.get(pair) for pair in couple)
            if one is None or other is None:
                continue
            for at in ((one, other), (other, one)):
                found.ever[at] += often
                if prompt in number:
                    found.here[number[prompt], *at] += often
        return found


def _unknown(ballots: Ballots | None, pairs: Sequence[Pair]) -> Floats:
    """The variance (P, P) of the difference between any two pairs; the same of all where nobody voted."""
    if ballots is None:
        return np.ones((len(pairs), len(pairs)))
    board = rank_by_votes(ballots.among(pairs), apart=False)
    places = {row.pair: k for k, row in enumerate(board.rows)}
    rows = [places[pair] for pair in pairs]
    covariance = board.covariance[np.ix_(rows, rows)]
    own = np.diag(covariance)
    return np.asarray(np.maximum(own[:, None] + own - 2 * covariance, 0.0), dtype=np.float64)


def _best(of: Sequence[int], worth: Floats, battles: Ints, lot: random.Random) -> int:
    """One of the best: of those worth most the one with the fewest battles, of these one by lot."""
    good = np.flatnonzero(worth >= (1 - ALIKE) * worth.max())
    fewest = good[battles[good] == battles[good].min()]
    return of[int(fewest[lot.randrange(len(fewest))])]


def _why(one: Pair, other: Pair, unknown: float | None, ever: int, here: int | None) -> str:
    met = {0: "they never met", 1: "they met once"}.get(ever, f"they met {ever} times")
    on = "" if here is None or not ever else f", {here or 'never'} on this prompt"
    if unknown is None:
        return f"nobody has voted yet, so those were taken that met least, by lot among equals: {met}{on}"
    half = POINTS * NORMAL * sqrt(unknown)
    return f"how {one} and {other} compare is known least (to ±{half:.0f} points), and {met}{on}"
