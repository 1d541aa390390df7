"""Boards as messages: ids that say everything, texts that fit, words that mean nothing to Discord."""

import itertools
import re

import pytest
from discord import ui

from bot.leaderboards.charts import intervals
from bot.leaderboards.messages import CHOICES, SIGHT, Sight, charted, pages, pairs
from bot.ui.posts import Attachment
from bot.ui.text import LAYOUT_MAX, units
from telephone.domain.games import Level, Pair
from telephone.leaderboards.board import Board, BoardRequest, Judge, Ruling, Verdict, rows_of
from telephone.scoring.ballots import BallotVote, tally
from telephone.scoring.distance_model import Cell, rank_by_distance
from telephone.scoring.vote_model import rank_by_votes
from telephone.store.scores import Completion

pytestmark = pytest.mark.slow

LONGEST = "a" * 30
PAIRS = [Pair(f"{LONGEST}{n:02}", f"{LONGEST}{m:02}") for n in range(4) for m in range(6)]
JUDGE = Judge("imagebind", "1", "ImageBind", frozenset(pair.t2i for pair in PAIRS))


def board(count: int, **asked) -> Board:
    """As much to say as a board can have: long names, heads that differ, votes beside distances, games of every end."""
    shown = PAIRS[:count]
    cells = [Cell(pair, f"p{k}", 1, 0.2 + 0.02 * n, 0.0) for n, pair in enumerate(shown) for k in range(4)]
    heads = [Cell(pair, f"p{k}", 1, 0.9 - 0.02 * n, 0.0) for n, pair in enumerate(shown) for k in range(4)]
    ruling = Ruling(JUDGE, rank_by_distance(cells), rank_by_distance(heads))
    votes = rank_by_votes(
        tally(
            BallotVote(pair, 0, f"v{v}", f"{pair}", "p")
            for pair, v in itertools.product(itertools.pairwise(shown), "ab")
        )
    )
    completion = {pair: Completion(1_004, 1_000, 1, 2, 3) for pair in shown}
    return Board(
        asked=BoardRequest(1, embedder="imagebind", turns=10, **asked),
        judge=JUDGE,
        rows=rows_of(ruling, votes, completion),
        verdict=Verdict(
            None, "the embedders do not agree: ImageBind puts one first, MiniLM (offline) puts another first"
        ),
        distance=ruling.whole,
        votes=votes,
        heads_differ=True,
        unmeasured=1_234,
        judges=("ImageBind", "MiniLM (offline)"),
    )


def text(post) -> str:
    return "\n".join(item.content for item in post.view.walk_children() if isinstance(item, ui.TextDisplay))


@pytest.mark.parametrize("by", ["distance", "votes", "both"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_fullest_page_fits_into_a_message(by, number):
    shown = board(24, by=by)
    assert pages(shown) == 3
    post = pairs(shown, Sight(shown.asked, page=number), [Attachment("distances.png", b"")])
    assert units(text(post)) <= LAYOUT_MAX
    assert len([line for line in text(post).splitlines() if line.startswith("- **")]) >= 4
    assert "more" not in text(post) or "`telephone leaderboard` in a terminal shows all" in text(post)


def test_ranks_never_fall_down_a_page():
    ranks = [row.rank for row in board(24).rows]
    assert ranks == sorted(ranks)


def test_a_page_that_is_gone_is_the_last_one():
    shown = board(12)
    post = pairs(shown, Sight(shown.asked, page=9), [])
    assert "(page 2 of 2)" in text(post)


def test_later_pages_are_drawn_below_the_first_pair_of_all():
    shown = board(24)
    assert charted(shown, 1) == shown.rows[:10]
    assert charted(shown, 2) == (shown.rows[0], *shown.rows[10:20])


@pytest.mark.parametrize("by", ["distance", "votes", "both"])
@pytest.mark.parametrize("level", [None, *Level])
@pytest.mark.parametrize("games", ["all", "designed", "open"])
@pytest.mark.parametrize("prompts", ["curated", "free"])
@pytest.mark.parametrize("view", ["pairs", "turns", "levels"])
def test_an_id_says_all_of_a_sight_and_fits(by, level, games, prompts, view):
    for embedder, turns, page in ((None, None, 1), ("x" * 32, 30, 999), ("gpt-1.5", 7, 2)):
        sight = Sight(BoardRequest(5, by, level, games, prompts, embedder, turns), view, page)
        said = sight.custom_id("pair")
        assert len(said) <= 100
        match = re.fullmatch(rf"at1:board:pair:{SIGHT}", said)
        assert Sight.of(match, 5) == sight


def test_every_choice_turns_to_the_first_page_of_itself():
    sight = Sight(BoardRequest(5, level=Level.HARD, embedder="minilm", turns=4), page=3)
    for choice in CHOICES:
        turned = sight.turned(choice)
        assert (turned.choice, turned.page, turned.asked.level) == (choice, 1, Level.HARD)


def test_two_pairs_alone_on_a_board_are_drawn_too():
    shown = board(2)
    assert [chart.name for chart in intervals(shown, shown.rows)] == ["distances.png", "votes.png"]
    assert intervals(shown, ()) == ()
