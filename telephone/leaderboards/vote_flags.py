"""Votes that an admin should look at: flagged by rule or by pattern, and counted until an admin strikes the voter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from telephone.domain.battles import Decision
from telephone.domain.polls import Poll
from telephone.scoring.voter_anomalies import suspects

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
    odd = patterned(polls)
    marks = [_marks(poll, least_days, odd) for poll in polls]
    members = np.concatenate([poll.votes["member"] for poll in polls] or [np.zeros(0, np.int64)])
    every = {flag: np.concatenate([mark[flag] for mark in marks] or [np.zeros(0, np.bool_)]) for flag in Flag}
    any_flag = np.any(list(every.values()), axis=0)
    shown = sorted({int(member) for member in members[any_flag]} | set(decisions))
    found = []
    for member in shown:
        mine = members == member
        counts = {flag: int(np.sum(every[flag] & mine)) for flag in Flag}
        flags = {flag: count for flag, count in counts.items() if count}
        found.append(Flagged(member, int(mine.sum()), int(np.sum(any_flag & mine)), flags, decisions.get(member)))
    return tuple(sorted(found, key=lambda one: (-one.flagged, one.member)))


def counted(
    polls: Sequence[Poll], decisions: Mapping[int, Decision], *, least_days: int = 0, odd: frozenset[int] | None = None
) -> list[Poll]:
    """The polls without struck voters; with `odd`, the patterned voters, also without flagged votes not cleared."""
    struck = _members(decisions, Decision.STRUCK)
    cleared = _members(decisions, Decision.CLEARED)
    if odd is None and not len(struck):
        return list(polls)
    kept = []
    for poll in polls:
        out = np.isin(poll.votes["member"], struck)
        if odd is not None:
            flagged = np.any(list(_marks(poll, least_days, odd).values()), axis=0)
            out |= flagged & ~np.isin(poll.votes["member"], cleared)
        kept.append(replace(poll, votes=poll.votes[~out]) if out.any() else poll)
    return kept


def patterned(polls: Sequence[Poll]) -> frozenset[int]:
    """The voters who follow a pattern, judged on all polls of a server."""
    return frozenset(suspect.member for suspect in suspects(polls))


def _marks(poll: Poll, least_days: int, odd: frozenset[int]) -> dict[Flag, Mask]:
    votes = poll.votes
    return {
        Flag.STARTER: votes["starter"],
        Flag.LATE: votes["late"],
        Flag.YOUNG: votes["age"] < least_days,
        Flag.PATTERN: np.isin(votes["member"], sorted(odd)),
    }


def _members(decisions: Mapping[int, Decision], which: Decision) -> NDArray[np.int64]:
    return np.array(sorted(member for member, made in decisions.items() if made is which), dtype=np.int64)
