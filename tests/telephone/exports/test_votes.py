"""Votes as a CSV: what is written is read again as it was cast, and names nobody."""

import csv
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from telephone.domain.battles import Choice
from telephone.domain.games import Pair
from telephone.domain.polls import CHOICES, Poll
from telephone.exports.votes import COLUMNS, ONE_WAY, pseudonym, said, transcribe
from telephone.leaderboards.ballot_source import gather
from telephone.leaderboards.csv_input import read_votes
from telephone.scoring.vote_model import VoteBoard, rank_by_votes
from tests.support.polled import packed

SHARP, HAZY, THIRD, COMMA = (
    Pair("stickers", "spotter-sharp"),
    Pair("stickers", "spotter-hazy"),
    Pair("doodles", "spotter-sharp"),
    Pair('a "painter", of sorts', "spotter-hazy"),
)
GUILD, KEY = 1_312_345_678_901_234_567, b"a key"
FIRST = 1_000_000_000_000_000_001
"""The members' ids count from here, as long as Discord's are."""
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def poll(number: int, chosen: str, *sides: tuple[int, Pair], prompt: str = "") -> Poll:
    letters = {"t": Choice.TIE, "x": Choice.ALL_BAD}
    votes = [
        (FIRST + n, CHOICES.index(letters.get(letter) or Choice(letter)))
        for n, letter in enumerate(chosen)
        if letter != "-"
    ]
    return Poll(f"b{number}", MOMENT + timedelta(hours=number), prompt or f"#easy-{number:03}", sides, packed(votes))


POLLS = [
    poll(1, "aabtxab", (0, SHARP), (1, HAZY)),
    poll(2, "bb-axtbaaa", (0, HAZY), (1, SHARP)),
    poll(3, "abcdxaab", (0, THIRD), (1, COMMA), (2, SHARP), (3, HAZY)),
    poll(4, "bddx", (1, SHARP), (3, THIRD), prompt="#easy-001"),
    poll(5, "bccdb-d", (1, HAZY), (2, SHARP), (3, THIRD)),
    poll(6, "", (0, SHARP), (1, HAZY)),
]


def lines(polls, **more) -> list[str]:
    return transcribe(polls, KEY, GUILD, **more).data.decode().splitlines(keepends=True)


def figures(board: VoteBoard) -> list[tuple]:
    return [
        (row.pair, row.rank, row.votes, row.all_bad, row.battles, row.prompts, row.provisional) for row in board.rows
    ]


def test_the_board_of_the_file_is_the_board_of_the_votes() -> None:
    theirs, ours = rank_by_votes(read_votes(lines(POLLS))), rank_by_votes(gather(POLLS))
    assert figures(theirs) == figures(ours)
    for one, other in zip(theirs.rows, ours.rows, strict=True):
        ends = [(row.rating.estimate, row.rating.low, row.rating.high) for row in (one, other)]
        assert ends[0] == pytest.approx(ends[1], abs=0.01)
    assert (theirs.voters, theirs.luck, theirs.tie) == pytest.approx((ours.voters, ours.luck, ours.tie), abs=1e-4)


def test_every_vote_is_in_it_once_under_a_name_that_tells_nobody() -> None:
    rows = list(csv.DictReader(lines(POLLS)))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == sum(len(one.votes) for one in POLLS)
    text = "".join(lines(POLLS))
    assert not any(str(FIRST + n) in text for n in range(12))
    mine = [row["outcome"] for row in rows if row["voter"] == pseudonym(KEY, GUILD, FIRST)]
    assert mine == ["a", "b", "a", "a", "a"], "places by button: side D of the fourth battle stands second there"
    by_battle = {battle: [row["voter"] for row in rows if row["battle"] == battle] for battle in ("b1", "b2", "b3")}
    assert all(voters == sorted(voters) for voters in by_battle.values())


def test_a_pseudonym_is_of_one_server_and_one_key() -> None:
    names = {pseudonym(key, guild, member) for key in (KEY, b"other") for guild in (1, 2) for member in (11, 1, 111)}
    assert len(names) == 12
    assert all(len(name) == 16 for name in names)
    assert pseudonym(KEY, 1, 11) == pseudonym(KEY, 1, 11)


def test_words_of_members_stay_out_of_the_file() -> None:
    polls = [poll(n, "ab", (0, SHARP), (1, HAZY), prompt=words) for n, words in enumerate(["#my dog", "=1", "#my dog"])]
    assert [row["prompt"] for row in csv.DictReader(lines(polls, free=True))] == ["free 1"] * 2 + ["free 2"] * 2 + [
        "free 1"
    ] * 2


def test_nobody_s_votes_are_no_file() -> None:
    assert transcribe([], KEY, GUILD) is None
    assert transcribe([POLLS[-1]], KEY, GUILD) is None


def test_what_a_file_cannot_say_is_said() -> None:
    whole = transcribe(POLLS, KEY, GUILD)
    assert said(whole) == "34 votes of 10 voters in 5 battles; voters go by pseudonyms."
    alone = transcribe(POLLS[:1], KEY, GUILD)
    assert said(alone) == f"7 votes of 7 voters in 1 battle; voters go by pseudonyms. {ONE_WAY}"
    widths = [
        rank_by_votes(ballots, **more).rows[0].rating.width
        for ballots, more in ((gather(POLLS[:1]), {}), (read_votes(lines(POLLS[:1])), {"position": 0.0}))
    ]
    assert widths[0] > widths[1]


def test_votes_that_find_all_bad_make_a_file_and_a_board() -> None:
    polls = [poll(1, "xxx", (0, SHARP), (1, HAZY))]
    board = rank_by_votes(read_votes(lines(polls)))
    assert [(row.votes, row.all_bad) for row in board.rows] == [(0, 3), (0, 3)]
    assert np.isfinite(board.rows[0].rating.width)
