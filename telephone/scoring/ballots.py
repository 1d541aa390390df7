"""Votes gathered into arrays: which sides every battle showed, and who chose what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telephone.game import Pair
from telephone.scoring.interval import Floats

Ints = NDArray[np.int64]
TIE: Final = "tie"
ALL_BAD: Final = "all bad"
FULL_WEIGHT: Final = 20
"""Up to so many votes a voter counts fully; whoever cast n more weighs this over n each, as if there were no more."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote. `sides` stand in the order of their buttons; `outcome` is a side's index, TIE or ALL_BAD.

    `battle` is None where nobody knows which votes judged the same pictures.
    """

    sides: tuple[Pair, ...]
    outcome: int | str
    voter: str
    battle: str | None = None
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Ballots:
    """B battles with at most S sides each, and V votes.

    `sides` (B, S) indexes `pairs`, -1 where there is none. `lucky` (B,) says which are battles whose pictures the
    votes share; the others are votes without a battle that showed the same sides, `battles` (B,) of them. `prompt`
    (B,) is -1 where unknown. `battle`, `choice`, `voter` (V,) are indices, S as a choice being a tie. `weight` (V,)
    is in (0, 1]. `all_bad` (B,) counts the votes that found no side good, which are in no other array.
    """

    pairs: tuple[Pair, ...]
    sides: Ints
    lucky: NDArray[np.bool_]
    battles: Ints
    prompt: Ints
    battle: Ints
    choice: Ints
    voter: Ints
    weight: Floats
    all_bad: Ints


def tally(votes: Iterable[Vote]) -> Ballots:
    """Ballots in an order of their own, whatever the order of `votes`; the same vote in one battle counts once.

    Raises ValueError for an outcome or sides that cannot be, a voter with two minds in one battle, a battle that
    shows now these sides and now others, and for no votes.
    """
    kept = sorted(_once(votes), key=_order)
    if not kept:
        raise ValueError("a board needs at least one vote")
    pairs = tuple(sorted({pair for vote in kept for pair in vote.sides}, key=lambda pair: (pair.t2i, pair.i2t)))
    keys = {_key(vote): vote for vote in kept}
    place = {key: k for k, key in enumerate(keys)}
    sides = _line_ups([vote.sides for vote in keys.values()], pairs)
    where = np.array([place[_key(vote)] for vote in kept], dtype=np.int64)
    bad = np.array([vote.outcome == ALL_BAD for vote in kept])
    lucky = np.array([vote.battle is not None for vote in keys.values()])
    shown = np.bincount(where, minlength=len(keys))
    scored = [vote for vote in kept if vote.outcome != ALL_BAD]
    voter = _numbers([vote.voter for vote in scored])
    return Ballots(
        pairs=pairs,
        sides=sides,
        lucky=lucky,
        battles=np.where(lucky, 1, shown).astype(np.int64),
        prompt=_numbers([vote.prompt for vote in keys.values()]),
        battle=where[~bad],
        choice=np.array([_choice(vote, sides.shape[1]) for vote in scored], dtype=np.int64),
        voter=voter,
        weight=weights(voter),
        all_bad=np.bincount(where[bad], minlength=len(keys)).astype(np.int64),
    )


def weights(voter: Ints) -> Floats:
    """min(1, 20 / n) for each vote of a voter who cast n: the eager do not drown the others."""
    if voter.size == 0:
        return np.zeros(0)
    return np.asarray(np.minimum(1.0, FULL_WEIGHT / np.bincount(voter)[voter]), dtype=np.float64)


def _line_ups(shown: Sequence[tuple[Pair, ...]], pairs: Sequence[Pair]) -> Ints:
    number = {pair: k for k, pair in enumerate(pairs)}
    sides = np.full((len(shown), max(map(len, shown))), -1, dtype=np.int64)
    for row, line_up in zip(sides, shown, strict=True):
        row[: len(line_up)] = [number[pair] for pair in line_up]
    return sides


def _once(votes: Iterable[Vote]) -> list[Vote]:
    """The votes, checked, without repeats in a battle."""
    shown: dict[str, tuple[tuple[Pair, ...], str | None]] = {}
    said: dict[tuple[str, str], int | str] = {}
    kept = []
    for vote in votes:
        _check(vote)
        if vote.battle is not None:
            if shown.setdefault(vote.battle, (vote.sides, vote.prompt)) != (vote.sides, vote.prompt):
                raise ValueError(f"battle {vote.battle} has now these sides or prompt, now others")
            before = said.get((vote.battle, vote.voter))
            if before is not None and before != vote.outcome:
                raise ValueError(f"one voter chose both {before} and {vote.outcome} in battle {vote.battle}")
            if before is not None:
                continue
            said[vote.battle, vote.voter] = vote.outcome
        kept.append(vote)
    return kept


def _check(vote: Vote) -> None:
    count = len(vote.sides)
    if count < 2 or len(set(vote.sides)) != count:
        raise ValueError("a vote is between two or more different pairs")
    if isinstance(vote.outcome, int) and 0 <= vote.outcome < count:
        return
    if vote.outcome not in (TIE, ALL_BAD):
        raise ValueError(
            f"{vote.outcome!r} is no outcome of {count} sides: use an index from 0, {TIE!r} or {ALL_BAD!r}"
        )
    if vote.outcome == TIE and count != 2:
        raise ValueError(f"a tie needs two sides, not {count}")


def _key(vote: Vote) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """What a row of `sides` stands for: a battle, or one line-up without battle on one prompt."""
    names = tuple((pair.t2i, pair.i2t) for pair in vote.sides)
    return ("" if vote.battle is None else f"battle {vote.battle}", names, vote.prompt or "")


def _order(vote: Vote) -> tuple[tuple[str, tuple[tuple[str, str], ...], str], str, str]:
    return (_key(vote), vote.voter, str(vote.outcome))


def _choice(vote: Vote, tie: int) -> int:
    return vote.outcome if isinstance(vote.outcome, int) else tie


def _numbers(names: Sequence[str | None]) -> Ints:
    """0, 1, 2, … for the names in their order, -1 for None."""
    index = {name: k for k, name in enumerate(sorted({name for name in names if name is not None}))}
    return np.array([-1 if name is None else index[name] for name in names], dtype=np.int64)
