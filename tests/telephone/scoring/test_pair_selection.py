"""Which pairs meet next: what tells most, nobody favoured."""

import random
from collections import Counter
from dataclasses import replace
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from telephone.domain.games import Pair
from telephone.scoring.ballots import BallotVote, tally
from telephone.scoring.pair_selection import next_pairs
from telephone.scoring.vote_model import rank_by_votes

A, B, C, D = (Pair(t, i) for t in "ab" for i in "xy")
FOUR = (A, B, C, D)
ALONE = tuple(Pair(name, name) for name in "abcd")
"""Four pairs that share no model, so that no difference is known better than another."""


def battles(
    sides: tuple[Pair, ...], count: int, prompt: str = "p", name: str = "", voters: int = 4
) -> list[BallotVote]:
    """So many battles on one prompt; each side wins every other vote."""
    return [
        BallotVote(sides, (n + v) % 2, f"voter {v}", f"{name}{sides} {prompt} {n}", prompt)
        for n in range(count)
        for v in range(voters)
    ]


def round_robin(pairs: tuple[Pair, ...] = FOUR, rounds: int = 2) -> list[BallotVote]:
    return [vote for sides in combinations(pairs, 2) for vote in battles(sides, rounds)]


def test_before_anybody_voted_every_couple_is_as_likely() -> None:
    picks = [next_pairs(None, FOUR, ["p"], 2, seed=seed) for seed in range(600)]
    seen = Counter(frozenset(pick.pairs) for pick in picks)
    assert len(seen) == 6
    assert chisquare(list(seen.values())).pvalue > 0.001
    assert picks[0].why.startswith("nobody has voted yet, so those were taken that met least")
    assert {pick.prompt for pick in picks} == {"p"}


def test_battles_that_are_still_open_count_as_meetings() -> None:
    """Nine pairs before the first vote: after nine battles each was in about two, and no two met twice."""
    pairs = [Pair(t, i) for t in "abc" for i in "xyz"]
    met: Counter[tuple[frozenset[Pair], str | None]] = Counter()
    for seed in range(9):
        pick = next_pairs(None, pairs, ["p"], 2, met=met, seed=seed)
        met[frozenset(pick.pairs), "p"] += 1
    often = Counter(pair for couple, _ in met for pair in couple)
    assert set(often) == set(pairs)
    assert max(often.values()) <= 3
    assert set(met.values()) == {1}


def test_a_pair_that_never_met_anybody_comes_next() -> None:
    ballots = tally(battles((A, B), 6) + battles((A, C), 6) + battles((B, C), 6))
    pick = next_pairs(ballots, FOUR, ["p"], 2)
    assert D in pick.pairs
    assert "they never met" in pick.why
    assert "points" in pick.why


def test_who_met_often_does_not_meet_again() -> None:
    ballots = tally(round_robin() + battles((A, B), 30, name="more"))
    assert all({A, B} - set(next_pairs(ballots, FOUR, [], 2, seed=seed).pairs) for seed in range(5))


def test_a_couple_goes_on_to_a_prompt_on_which_it_has_not_met() -> None:
    """All met as often, so they are as unsure; only where they met differs."""
    couples = list(combinations(ALONE, 2))
    cast = [vote for couple in couples for vote in battles(couple, 3, "q" if couple == couples[4] else "p")]
    picks = [next_pairs(tally(cast), ALONE, ["p"], 2, seed=seed) for seed in range(5)]
    assert {frozenset(pick.pairs) for pick in picks} == {frozenset(couples[4])}
    assert picks[0].why.endswith("they met 3 times, never on this prompt")


def test_of_several_prompts_the_one_where_they_met_least_is_taken() -> None:
    ballots = tally(battles((A, B), 3, "p") + battles((A, B), 1, "q"))
    assert next_pairs(ballots, (A, B), ["p", "q"], 2).prompt == "q"
    assert next_pairs(ballots, (A, B), ["p", "q", "new"], 2).prompt == "new"
    assert next_pairs(ballots, (A, B), [], 2).prompt is None
    drawn = {next_pairs(None, (A, B), ["p", "q"], 2, seed=seed).prompt for seed in range(20)}
    assert drawn == {"p", "q"}


def test_named_pairs_stay_and_the_others_are_chosen_beside_them() -> None:
    ballots = tally(battles((A, B), 9) + battles((A, C), 1) + battles((B, C), 9) + battles((A, D), 9))
    pick = next_pairs(ballots, FOUR, ["p"], 2, named=[A])
    assert pick.pairs == (A, C)
    assert next_pairs(ballots, FOUR, ["p"], 3, named=[B, A]).pairs[:2] == (B, A)
    assert next_pairs(ballots, FOUR, ["p"], 2, named=[B, A]).why == "all were named"
    assert set(next_pairs(ballots, FOUR, ["p"], 4).pairs) == set(FOUR)


def test_how_a_pair_fares_plays_no_part() -> None:
    """Every vote turned into its opposite: the same couples are chosen."""
    rng = random.Random(5)
    cast = [replace(vote, outcome=int(rng.random() < 0.8)) for vote in round_robin(rounds=3) + battles((A, C), 2, "q")]
    turned = [replace(vote, outcome=1 - int(vote.outcome)) for vote in cast]
    for seed in range(3):
        one, other = (next_pairs(tally(votes), FOUR, ["p"], 2, seed=seed).pairs for votes in (cast, turned))
        assert one == other


def test_a_name_is_no_advantage() -> None:
    """All met alike, on either side: whoever is called what, couples are drawn as often."""
    ballots = tally([vote for sides in permutations(ALONE, 2) for vote in battles(sides, 2)])
    seen = Counter(frozenset(next_pairs(ballots, ALONE, ["p"], 2, seed=seed).pairs) for seed in range(60))
    assert len(seen) == 6
    assert chisquare(list(seen.values())).pvalue > 0.001


def test_pairs_that_nobody_has_seen_have_a_place_on_the_board() -> None:
    ballots = tally(battles((A, B), 5))
    board = rank_by_votes(ballots.among(FOUR))
    rows = {row.pair: row for row in board.rows}
    assert set(rows) == set(FOUR)
    assert (rows[D].votes, rows[D].battles, rows[D].provisional) == (0, 0, True)
    assert rows[D].theta.width > rows[A].theta.width


@pytest.mark.parametrize(
    ("pairs", "count", "named"), [(FOUR, 1, ()), (FOUR, 5, ()), ((A, A), 2, ()), (FOUR, 2, FOUR[:3])]
)
def test_sides_that_cannot_be_made_raise(pairs, count, named) -> None:
    with pytest.raises(ValueError, match="sides cannot be made"):
        next_pairs(None, pairs, ["p"], count, named=named)


@settings(max_examples=10, deadline=None)
@given(st.permutations(FOUR), st.permutations(["p", "q", "r"]), st.integers(2, 4), st.integers(0, 99))
def test_the_order_of_pairs_and_prompts_does_not_matter(pairs, prompts, count, seed) -> None:
    ballots = tally(round_robin(rounds=1) + battles((A, B), 2, "q"))
    pick = next_pairs(ballots, pairs, prompts, count, seed=seed)
    assert pick == next_pairs(ballots, FOUR, ["p", "q", "r"], count, seed=seed)
    assert len(set(pick.pairs)) == count
