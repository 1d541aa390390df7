"""Votes that an admin should look at: flagged by rule or by pattern, and counted until an admin strikes the voter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from telephone.domain.battles import Decision
from telephone.domain.polls import Poll
from telephone.scoring.voter_anomalies import suspects
from telephone.store.packed_votes import PACKED

Mask = NDArray[np.bool_]


class Flag(StrEnum):
    """Why a vote is flagged."""

    STARTER = "starter"
    LATE = "late"
    YOUNG = "young"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True)
class Flagged:
    """One voter with flagged votes. `flags` counts votes by reason; a vote can have several, `flagged` counts it once.

    `decision` is an admin's, None where none was made.
    """

    member: int
    votes: int
    flagged: int
    flags: Mapping[Flag, int]
    decision: Decision | None = None


def flag_voters(polls: Sequence[Poll], least_days: int, decisions: Mapping[int, Decision]) -> tuple[Flagged, ...]:
    """Voters with flagged votes or a decision, those with most flagged votes first."""
    votes = _together(polls)
    members, voter = np.unique(votes["member"], return_inverse=True)
    marks = _marks(votes, least_days, patterned(polls))
    any_flag = np.any(list(marks.values()), axis=0)
    counts = {flag: np.bincount(voter[mark], minlength=len(members)) for flag, mark in marks.items()}
    cast, flagged = np.bincount(voter, minlength=len(members)), np.bincount(voter[any_flag], minlength=len(members))
    found = []
    for k in np.flatnonzero((flagged > 0) | np.isin(members, sorted(decisions))):
        flags = {flag: int(count[k]) for flag, count in counts.items() if count[k]}
        member = int(members[k])
        found.append(Flagged(member, int(cast[k]), int(flagged[k]), flags, decisions.get(member)))
    gone = decisions.keys() - set(members.tolist())
    found += [Flagged(member, 0, 0, {}, decisions[member]) for member in gone]
    return tuple(sorted(found, key=lambda one: (-one.flagged, one.member)))


def counted(
    polls: Sequence[Poll], decisions: Mapping[int, Decision], *, least_days: int = 0, odd: frozenset[int] | None = None
) -> list[Poll]:
    """The polls without struck voters; with `odd`, the patterned voters, also without flagged votes not cleared."""
    struck = _members(decisions, Decision.STRUCK)
    cleared = _members(decisions, Decision.CLEARED)
    if not polls or (odd is None and not len(struck)):
        return list(polls)
    votes = _together(polls)
    out = np.isin(votes["member"], struck)
    if odd is not None:
        flagged = np.any(list(_marks(votes, least_days, odd).values()), axis=0)
        out |= flagged & ~np.isin(votes["member"], cleared)
    ends = np.cumsum([len(poll.votes) for poll in polls])
    kept = []
    for poll, dropped in zip(polls, np.split(out, ends[:-1]), strict=True):
        kept.append(replace(poll, votes=poll.votes[~dropped]) if dropped.any() else poll)
    return kept


def patterned(polls: Sequence[Poll]) -> frozenset[int]:
    """The voters who follow a pattern, judged on all polls of a server."""
    return frozenset(suspect.member for suspect in suspects(polls))


def _together(polls: Sequence[Poll]) -> NDArray[np.void]:
    """The votes of all polls, in their order."""
    return np.concatenate([poll.votes for poll in polls] or [np.zeros(0, dtype=PACKED)])


def _marks(votes: NDArray[np.void], least_days: int, odd: frozenset[int]) -> dict[Flag, Mask]:
    return {
        Flag.STARTER: votes["starter"],
        Flag.LATE: votes["late"],
        Flag.YOUNG: votes["age"] < least_days,
        Flag.PATTERN: np.isin(votes["member"], np.fromiter(odd, np.int64, len(odd))),
    }


def _members(decisions: Mapping[int, Decision], which: Decision) -> NDArray[np.int64]:
    return np.array(sorted(member for member, made in decisions.items() if made is which), dtype=np.int64)
