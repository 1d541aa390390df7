"""Which voters follow a pattern that the others' votes do not: a test that errs seldom, however many are tested.

For each voter the product of likelihood ratios over their votes: how likely a pattern of their own makes what they
chose, against how likely the others' votes on the same pictures make it. Patterns that are tried are a liking for one
pair of each contrast, a liking for a button, and chance; the first two are learnt from the votes themselves with a
Dirichlet prior, so that each ratio, and their mean, has expectation 1 where the voter is one of the others. Then it
exceeds 20 · m for any of m voters with a probability of at most 5% (Markov's inequality; e-values: Vovk and Wang 2021,
Ann. Stat. 49:1736-1754). "The others" are estimated, which is why the bound is checked by simulation too.
A flag is no proof: a voter with an honest taste of their own is told apart from the crowd too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telephone.domain.polls import CHOICES, Poll
from telephone.scoring.intervals import Floats

FEWEST_VOTES: Final = 5
"""A voter with fewer votes is not tested."""
ODDS: Final = 20.0
"""A voter is flagged from these odds on, times the number of voters tested."""
NEAR: Final = 4.0
"""How many votes the same pairs' other battles weigh beside the other votes of a battle itself."""
PRIOR: Final = 1.0
"""Dirichlet prior of each outcome, for patterns and for the crowd."""
_OUTCOMES: Final = len(CHOICES)

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A voter whose votes a pattern explains `odds` times as well as the others' votes do; natural logarithm."""

    member: int
    votes: int
    log_odds: float


def suspects(polls: Sequence[Poll]) -> tuple[Suspect, ...]:
    """Those whose odds are beyond ODDS times the number of voters tested, the most conspicuous first."""
    found = log_odds(polls)
    if not found:
        return ()
    beyond = np.log(ODDS * len(found))
    return tuple(sorted((s for s in found if s.log_odds > beyond), key=lambda s: (-s.log_odds, s.member)))


def log_odds(polls: Sequence[Poll]) -> tuple[Suspect, ...]:
    """The test of every voter with FEWEST_VOTES or more."""
    from scipy.special import logsumexp

    polls = [poll for poll in polls if len(poll.votes)]
    if not polls:
        return ()
    seen = _Seen.of(polls)
    count = np.bincount(seen.voter, minlength=len(seen.members))
    crowd = np.bincount(seen.voter, _crowd(seen), minlength=count.size)
    patterns = np.stack(
        [
            _learnt(seen, seen.contrast, seen.outcome, seen.options),
            _learnt(seen, seen.options, seen.button, seen.options),
            np.bincount(seen.voter, -np.log(seen.options), minlength=count.size),
        ]
    )
    odds = logsumexp(patterns, axis=0) - np.log(len(patterns)) - crowd
    tested = np.flatnonzero(count >= FEWEST_VOTES)
    return tuple(Suspect(int(seen.members[k]), int(count[k]), float(odds[k])) for k in tested)


@dataclass(frozen=True, slots=True)
class _Seen:
    """All votes as arrays (V,): who, in which battle, on which contrast (pairs in the order of their names).

    `outcome` is the pair's rank in the contrast, or a tie, or all bad; `button` the same by place; `options` how many
    outcomes there were to choose from.
    """

    members: Codes
    voter: Codes
    battle: Codes
    contrast: Codes
    outcome: Codes
    button: Codes
    options: Codes

    @classmethod
    def of(cls, polls: Sequence[Poll]) -> "_Seen":
        contrasts: dict[tuple[str, ...], int] = {}
        rank = np.zeros((len(polls), _OUTCOMES), dtype=np.int64)
        number, options = np.zeros(len(polls), dtype=np.int64), np.zeros(len(polls), dtype=np.int64)
        for k, poll in enumerate(polls):
            names = sorted(str(pair) for _, pair in poll.sides)
            number[k] = contrasts.setdefault(tuple(names), len(contrasts))
            rank[k] = np.arange(_OUTCOMES)
            for place, pair in poll.sides:
                rank[k, place] = names.index(str(pair))
            options[k] = len(poll.sides) + (2 if len(poll.sides) == 2 else 1)
        sizes = [len(poll.votes) for poll in polls]
        battle = np.repeat(np.arange(len(polls)), sizes)
        votes = np.concatenate([poll.votes for poll in polls])
        button = votes["choice"].astype(np.int64)
        members, voter = np.unique(votes["member"], return_inverse=True)
        return cls(
            members, voter.astype(np.int64), battle, number[battle], rank[battle, button], button, options[battle]
        )


def _crowd(seen: _Seen) -> Floats:
    """log of the share (V,) that the others gave to each vote's outcome, in its battle and on its contrast."""
    here = np.zeros((int(seen.battle.max()) + 1, _OUTCOMES))
    alike = np.zeros((int(seen.contrast.max()) + 1, _OUTCOMES))
    np.add.at(here, (seen.battle, seen.outcome), 1.0)
    np.add.at(alike, (seen.contrast, seen.outcome), 1.0)
    own = _own(seen)
    others = alike[seen.contrast, seen.outcome] - own[0]
    everywhere = (others + PRIOR) / (alike.sum(axis=1)[seen.contrast] - own[1] + PRIOR * seen.options)
    in_battle, cast = here[seen.battle, seen.outcome] - 1.0, here.sum(axis=1)[seen.battle] - 1.0
    return np.asarray(np.log((in_battle + NEAR * everywhere) / (cast + NEAR)), dtype=np.float64)


def _own(seen: _Seen) -> tuple[Floats, Floats]:
    """How many votes the voter of each vote cast on its contrast with its outcome, and with any."""
    return _counts(seen, seen.contrast * _OUTCOMES + seen.outcome), _counts(seen, seen.contrast)


def _counts(seen: _Seen, key: Codes) -> Floats:
    both = seen.voter * (int(key.max()) + 1) + key
    _, at, number = np.unique(both, return_inverse=True, return_counts=True)
    return np.asarray(number[at], dtype=np.float64)


def _learnt(seen: _Seen, group: Codes, outcome: Codes, options: Codes) -> Floats:
    """log marginal likelihood (members,) of each voter's outcomes, a Dirichlet-multinomial in each `group`."""
    from scipy.special import gammaln

    size = int(group.max()) + 1
    cells, cell_votes = np.unique((seen.voter * size + group) * _OUTCOMES + outcome, return_counts=True)
    groups, first, group_votes = np.unique(seen.voter * size + group, return_index=True, return_counts=True)
    voters = len(seen.members)
    total = np.bincount(cells // _OUTCOMES // size, gammaln(cell_votes + PRIOR) - gammaln(PRIOR), minlength=voters)
    prior = PRIOR * options[first]
    total += np.bincount(groups // size, gammaln(prior) - gammaln(group_votes + prior), minlength=voters)
    return np.asarray(total, dtype=np.float64)
