"""Voters whose votes follow a pattern: found where there is one, and seldom where there is none."""

from datetime import UTC, datetime

import numpy as np
import pytest

from telephone.domain.games import Pair
from telephone.domain.polls import Poll
from telephone.scoring.voter_anomalies import FEWEST_VOTES, log_odds, suspects
from tests.support.polled import packed

PAIRS = [Pair(t2i, i2t) for t2i in ("a", "b") for i2t in ("x", "y")]
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
STRENGTHS = np.array([0.6, 0.2, -0.2, -0.6])


def elections(rng, *, battles=40, voters=30, odd=None, taste=0.0, luck=0.5):
    """Battles between two pairs, shuffled; voters choose by strength, luck and taste; member 1 as `odd` says."""
    likes = rng.normal(0, taste, (voters + 1, len(PAIRS)))
    polls = []
    for n in range(battles):
        two = rng.choice(len(PAIRS), 2, replace=False)
        strength = STRENGTHS[two] + rng.normal(0, luck, 2)
        votes = []
        for member in range(1, voters + 1):
            gap = float(np.diff(strength + likes[member][two])[0])
            choice = int(rng.random() < 1 / (1 + np.exp(-gap)))
            votes.append((member, odd(two) if member == 1 and odd else choice))
        sides = tuple((place, PAIRS[pair]) for place, pair in enumerate(two))
        polls.append(Poll(f"b{n}", MOMENT, f"#easy-{n:03}", sides, packed(votes)))
    return polls


@pytest.mark.parametrize("seed", range(3))
def test_who_always_presses_the_first_button_is_found(seed):
    found = suspects(elections(np.random.default_rng(seed), odd=lambda two: 0))
    assert [suspect.member for suspect in found] == [1]
    assert found[0].votes == 40


@pytest.mark.parametrize("seed", range(3))
def test_who_always_votes_for_the_worse_pair_is_found(seed):
    found = suspects(elections(np.random.default_rng(seed), odd=lambda two: int(np.argmin(STRENGTHS[two]))))
    assert [suspect.member for suspect in found] == [1]


def test_who_casts_too_few_votes_is_not_tested():
    polls = elections(np.random.default_rng(1), battles=FEWEST_VOTES - 1, odd=lambda two: 0)
    assert log_odds(polls) == ()
    assert suspects([]) == ()


def test_honest_voters_are_flagged_in_at_most_one_election_in_twenty():
    rng = np.random.default_rng(5)
    flagged = sum(bool(suspects(elections(rng, battles=20, voters=25))) for _ in range(60))
    assert flagged <= 60 * 0.05


def test_names_places_and_the_order_of_battles_change_nothing():
    polls = elections(np.random.default_rng(3), battles=12)
    turned = [
        Poll(
            poll.battle,
            poll.closed_at,
            poll.prompt,
            tuple((1 - place, pair) for place, pair in reversed(poll.sides)),
            packed([(member, 1 - choice) for member, choice, *_ in poll.votes.tolist()]),
        )
        for poll in reversed(polls)
    ]
    before, after = log_odds(polls), log_odds(turned)
    assert [suspect.member for suspect in before] == [suspect.member for suspect in after]
    assert np.allclose([one.log_odds for one in before], [one.log_odds for one in after])
