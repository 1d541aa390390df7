"""Pairs that never met, even by way of others: each group is judged by itself."""

import math

import numpy as np
import pytest

from telephone.domain.games import Pair
from telephone.leaderboards.board import Board, BoardRequest, Judge, rows_of, voted
from telephone.leaderboards.wording import board as words
from telephone.scoring.agreement import agreement
from telephone.scoring.ballots import ALL_BAD, BallotVote, tally
from telephone.scoring.distance_model import Cell, rank_by_distance
from telephone.scoring.vote_model import VoteBoard, rank_by_votes
from tests.telephone.scoring.test_vote_model import both_ways

A, B, C, D, E, F = (Pair(name, "x") for name in "abcdef")
WON = [*both_ways(A, B, 150), *both_ways(B, A, 50)]
"""300 votes to 100."""
DUEL = BallotVote((C, D), 0, "a passer-by")
OTHER = BallotVote((E, F), 1, "another")


def board(*votes: BallotVote, **more: float) -> VoteBoard:
    return rank_by_votes(tally(votes), **more)


def told(votes: VoteBoard, by: str = "votes") -> Board:
    return Board(BoardRequest(by=by), Judge("e", "1", "E"), rows_of(None, votes, {}), voted(votes), votes=votes)


@pytest.mark.parametrize("duels", [[DUEL], [DUEL, OTHER], [BallotVote((D, C), ALL_BAD, "v")]])
def test_a_win_stays_a_win_when_strangers_duel(duels: list[BallotVote]) -> None:
    alone, beside = board(*WON), board(*WON, *duels)
    assert (alone.winner, beside.winner) == (A, A)
    assert voted(beside).winner == A
    for one, other in zip(alone.rows, beside.rows[:2], strict=True):
        assert (one.pair, one.rank, one.provisional, other.group) == (other.pair, other.rank, other.provisional, 1)
        assert one.theta.estimate == pytest.approx(other.theta.estimate, rel=0.05)
        assert one.theta.width == pytest.approx(other.theta.width, rel=0.1)


def test_each_group_has_its_own_mean_and_ranks() -> None:
    found = board(*WON, *both_ways(D, C, 120), *both_ways(C, D, 40), DUEL, prior_sd=100.0)
    assert [(row.pair, row.group, row.rank) for row in found.rows] == [(A, 1, 1), (B, 1, 2), (D, 2, 1), (C, 2, 2)]
    for group in found.groups:
        assert sum(row.theta.estimate for row in group) == pytest.approx(0, abs=1e-9)
    first, second = found.groups[0]
    assert first.theta.estimate - second.theta.estimate == pytest.approx(math.log(3), abs=1e-2)
    assert found.winner is None
    verdict = voted(found)
    assert (verdict.winner, verdict.why) == (
        None,
        "the pairs fall into 2 groups that never met; in theirs have won a × x and d × x",
    )


def test_one_battle_between_them_makes_one_group() -> None:
    joined = board(*WON, DUEL, BallotVote((B, C), 1, "a bridge"))
    assert {row.group for row in joined.rows} == {1}
    assert sum(row.theta.estimate for row in joined.rows) == pytest.approx(0, abs=1e-9)


def test_pairs_of_shared_models_that_never_met_are_strangers_all_the_same() -> None:
    one, other = (Pair("a", "y"), Pair("b", "y"))
    found = board(*WON, BallotVote((other, one), 0, "v"))
    assert [row.group for row in found.rows] == [1, 1, 2, 2]


def test_the_order_of_votes_changes_no_group() -> None:
    votes = [*WON[:6], DUEL, OTHER]
    assert board(*votes).rows == board(*reversed(votes)).rows
    assert [row.pair for row in board(*votes).rows][:2] == [A, B], "the group of most votes stands first"


def test_what_is_not_known_of_pairs_nobody_voted_on_stays_large_for_whoever_sets_battles() -> None:
    ballots = tally(WON).among([A, B, C])
    row = next(row for row in rank_by_votes(ballots, apart=False).rows if row.pair == C)
    assert row.theta.width > 1
    assert np.array_equal(tally(WON).groups, [0, 0])


def test_the_board_says_that_its_groups_never_met() -> None:
    beside = told(board(*WON, DUEL))
    assert words.verdict(beside) == "a × x has won in its group, by the votes."
    assert words.apart(2) in words.notes(beside)
    assert [words.row_words(row, beside).partition(",")[0] for row in beside.rows] == ["group 1"] * 2 + ["group 2"] * 2
    alone = told(board(*WON))
    assert words.verdict(alone) == "a × x has won, by the votes."
    assert not any("never met" in note for note in words.notes(alone))
    assert not any("group" in words.row_words(row, alone) for row in alone.rows)
    open_ = told(board(DUEL, OTHER))
    assert words.verdict(open_) == "Nobody has won: the pairs fall into 2 groups that never met, none with a winner."


def test_distance_and_votes_are_compared_where_votes_compare() -> None:
    votes = board(*WON, *both_ways(B, E, 20), *both_ways(A, E, 20), DUEL)
    cells = [
        Cell(pair, f"p{k}", 1, far, 0.0)
        for k in range(6)
        for pair, far in zip((A, B, C, D, E), (1, 2, 3, 4, 5), strict=True)
    ]
    found = agreement(rank_by_distance(cells), votes)
    assert found.pairs == 3
