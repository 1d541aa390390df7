"""Votes gathered into arrays: which sides every battle showed, and who chose what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telephone.domain.games import Pair
from telephone.scoring.intervals import Floats

Ints = NDArray[np.int64]
TIE: Final = "tie"
ALL_BAD: Final = "all bad"
CHOSE_TIE: Final = -1
CHOSE_NONE: Final = -2
"""A tie, and no side at all, where choices are numbers."""
FULL_WEIGHT: Final = 20
"""Up to so many votes of a voter count fully; of a voter who cast n, more than that, each counts this over n."""


@dataclass(frozen=True, slots=True)
class BallotVote:
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
    (B,) indexes the names `prompts`, -1 where unknown. `battle`, `choice`, `voter` (V,) are indices, S as a choice
    being a tie. `weight` (V,) is in (0, 1]. `all_bad` (B,) counts the votes that found no side good, which are in no
    other array.
    """

    pairs: tuple[Pair, ...]
    sides: Ints
    lucky: NDArray[np.bool_]
    battles: Ints
    prompts: tuple[str, ...]
    prompt: Ints
    battle: Ints
    choice: Ints
    voter: Ints
    weight: Floats
    all_bad: Ints

    def among(self, pairs: Iterable[Pair]) -> "Ballots":
        """The same votes where these pairs could have been chosen too."""
        every = tuple(sorted({*self.pairs, *pairs}, key=lambda pair: (pair.t2i, pair.i2t)))
        place = np.array([*(every.index(pair) for pair in self.pairs), -1], dtype=np.int64)
        return replace(self, pairs=every, sides=place[self.sides])

    @property
    def groups(self) -> Ints:
        """The group (P,) of each pair, from 0: two pairs share one if they met, or if others that met join them.

        The group of most votes comes first, and of equal ones that of the first name; pairs that nobody saw are in it.
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        one, other = np.nonzero((self.sides[:, 1:] >= 0) & (self.sides[:, :1] >= 0))
        met = (np.ones(one.size), (self.sides[one, 0], self.sides[one, other + 1]))
        count, label = connected_components(csr_array(met, shape=(len(self.pairs),) * 2), directed=False)
        votes = np.bincount(label[self.sides[self.battle, 0]], minlength=count)
        seen = np.bincount(label[self.sides[:, 0]], minlength=count) > 0
        first = np.array([np.flatnonzero(label == number)[0] for number in range(count)])
        found = _places(list(np.lexsort((first, -votes, ~seen))))[label]
        return np.where(seen[label], found, 0)

    @property
    def turned(self) -> bool:
        """Whether some two pairs were shown in both orders: only then do the votes tell anything about buttons."""
        shown = {(int(a), int(b)) for row in np.unique(self.sides, axis=0) for a, b in combinations(row[row >= 0], 2)}
        return any((b, a) in shown for a, b in shown)


@dataclass(frozen=True, slots=True)
class LineUp:
    """What a vote is about: sides in the order of their buttons, of a battle or of none, on a prompt or none known."""

    sides: tuple[Pair, ...]
    battle: str | None = None
    prompt: str | None = None


def tally(votes: Iterable[BallotVote]) -> Ballots:
    """Ballots in an order of their own, whatever the order of `votes`; the same vote in one battle counts once.

    Raises ValueError for an outcome or sides that cannot be, a voter with two different votes in one battle, a
    battle with different sides in different votes, and for no votes.
    """
    kept = _once(votes)
    shown: dict[tuple[tuple[Pair, ...], str | None, str | None], int] = {}
    where = [shown.setdefault((vote.sides, vote.battle, vote.prompt), len(shown)) for vote in kept]
    names: dict[str, int] = {}
    voter = [names.setdefault(vote.voter, len(names)) for vote in kept]
    return gather(
        [LineUp(*key) for key in shown],
        np.array(where, dtype=np.int64),
        np.array([_code(vote.outcome) for vote in kept], dtype=np.int64),
        list(names),
        np.array(voter, dtype=np.int64),
    )


def gather(line_ups: Sequence[LineUp], where: Ints, choice: Ints, names: Sequence[str], voter: Ints) -> Ballots:
    """Ballots of V votes: `where` (V,) indexes `line_ups`, `voter` (V,) `names`; no two of either are alike.

    `choice` (V,) is a side's index, CHOSE_TIE or CHOSE_NONE. For votes that are known to be sound, such as `tally`
    makes sure of; the order of rows comes from names alone. Raises ValueError for no votes.
    """
    if where.size == 0:
        raise ValueError("a board needs at least one vote")
    order = sorted(range(len(line_ups)), key=lambda k: _key(line_ups[k]))
    shown = [line_ups[k] for k in order]
    pairs = tuple(sorted({pair for one in shown for pair in one.sides}, key=lambda pair: (pair.t2i, pair.i2t)))
    sides = _line_ups([one.sides for one in shown], pairs)
    where = _places(order)[where]
    count = np.bincount(where, minlength=len(shown))
    prompts, prompt = numbered([one.prompt for one in shown])
    lucky = np.array([one.battle is not None for one in shown])
    bad = choice == CHOSE_NONE
    cast = np.lexsort((choice[~bad], _alphabetical(names)[voter[~bad]], where[~bad]))
    voter = np.unique(_alphabetical(names)[voter[~bad]], return_inverse=True)[1][cast]
    chosen = np.where(choice == CHOSE_TIE, sides.shape[1], choice)[~bad][cast]
    return Ballots(
        pairs=pairs,
        sides=sides,
        lucky=lucky,
        battles=np.where(lucky, 1, count).astype(np.int64),
        prompts=prompts,
        prompt=prompt,
        battle=where[~bad][cast],
        choice=chosen,
        voter=voter,
        weight=weights(voter),
        all_bad=np.bincount(where[bad], minlength=len(shown)).astype(np.int64),
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


def _once(votes: Iterable[BallotVote]) -> list[BallotVote]:
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


def _check(vote: BallotVote) -> None:
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


def _key(shown: LineUp) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """The key that line-ups are sorted by: the battle, or the sides where there is none, and the prompt."""
    names = tuple((pair.t2i, pair.i2t) for pair in shown.sides)
    return ("" if shown.battle is None else f"battle {shown.battle}", names, shown.prompt or "")


def _code(outcome: int | str) -> int:
    if isinstance(outcome, int):
        return outcome
    return CHOSE_TIE if outcome == TIE else CHOSE_NONE


def _alphabetical(names: Sequence[str]) -> Ints:
    """The place of each name among all in their order."""
    return _places(sorted(range(len(names)), key=names.__getitem__))


def _places(order: Sequence[int]) -> Ints:
    """Where each thing stands, given which thing stands where."""
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places


def numbered(names: Sequence[str | None]) -> tuple[tuple[str, ...], Ints]:
    """The different names in their order, and the place of each of `names` among them, -1 for None."""
    different = tuple(sorted({name for name in names if name is not None}))
    index = {name: k for k, name in enumerate(different)}
    return different, np.array([-1 if name is None else index[name] for name in names], dtype=np.int64)
