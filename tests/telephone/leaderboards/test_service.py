"""Boards of a server: who counts, in which order, and who has won."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from telephone.domain.games import GameState, Level, Pair, Prompt
from telephone.errors import NotFound
from telephone.leaderboards.service import FREE, NOBODY, BoardRequest, Judge, LeaderboardService
from telephone.leaderboards.wording.board import which
from telephone.scoring.agreement import agreement
from telephone.scoring.ballots import BallotVote, tally
from telephone.scoring.vote_model import rank_by_votes
from telephone.store import Store
from telephone.store.scores import Completion
from tests.support.played import asked, begun, finished

pytestmark = pytest.mark.slow

GUILD = 77
MINILM = Judge("minilm", "1", "MiniLM (offline)")
IMAGEBIND = Judge("imagebind", "1", "ImageBind", frozenset({"good"}))
PAIRS = [Pair(t2i, i2t) for t2i in ("good", "poor") for i2t in ("sharp", "hazy")]
FAR = {PAIRS[0]: 0.2, PAIRS[1]: 0.4, PAIRS[2]: 0.6, PAIRS[3]: 0.8}
LEVELS = [Level.EASY, Level.EASY, Level.MEDIUM, Level.MEDIUM, Level.HARD, Level.HARD]
PROMPTS = [Prompt(f"scene {n}", level, f"#{level}-00{n}") for n, level in enumerate(LEVELS)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


async def play(store, far=FAR, *, prompts=PROMPTS, embedders=("minilm",), turns=2, noise=0.01, seed=1, **more):
    """One game of every pair on every prompt, as far from it as `far` says."""
    rng = np.random.default_rng(seed)
    for pair, (n, prompt) in itertools.product(far, enumerate(prompts)):
        end = far[pair] + 0.01 * n + rng.normal(0, noise)
        values = {name: [float(end) * turn / turns for turn in range(1, turns + 1)] for name in embedders}
        await finished(store, asked(GUILD, pair, prompt, seed, turns, **more), values)


def boards(store, *judges, ballots=None):
    return LeaderboardService(store, judges or (MINILM,), ballots=ballots)


def ask(**more):
    return BoardRequest(GUILD, **more)


def order(board):
    return [row.pair for row in board.rows]


async def test_pairs_stand_from_the_least_distance_up_with_rank_and_numbers(store):
    await play(store)
    board = await boards(store).board(ask())
    assert order(board) == list(FAR)
    assert [row.rank for row in board.rows] == [1, 2, 3, 4]
    assert [(row.distance.games, row.distance.prompts) for row in board.rows] == [(6, 6)] * 4
    for row in board.rows:
        assert abs(row.distance.distance.estimate - (FAR[row.pair] + 0.025)) < 0.02
        assert row.completion == Completion(6, 6)
        assert not row.distance.provisional
        assert row.votes is None
    assert board.verdict.winner == PAIRS[0]
    assert (board.asked.embedder, board.turns, board.unmeasured) == ("minilm", 2, 0)


async def test_a_server_without_games_has_an_empty_board(store):
    board = await boards(store).board(ask())
    assert (board.rows, board.is_empty, board.turns) == ((), True, 10)
    assert (board.verdict.winner, board.verdict.why) == (None, "")
    assert await boards(store).courses(ask()) == ()
    assert await boards(store).levels(ask()) == ()


async def test_a_pair_that_never_finishes_is_seen_at_the_end_and_voided_games_are_apart(store):
    await play(store, {PAIRS[0]: 0.2, PAIRS[1]: 0.4})
    for state in (GameState.STOPPED, GameState.STOPPED, GameState.FAILED, GameState.PLAYING):
        await begun(store, asked(GUILD, PAIRS[2], PROMPTS[0], 5, 2), state)
    voided = await begun(store, asked(GUILD, PAIRS[2], PROMPTS[0], 5, 2), GameState.FAILED)
    await store.games.void(voided.id)
    board = await boards(store).board(ask())
    assert order(board) == PAIRS[:3]
    last = board.rows[-1]
    assert (last.rank, last.distance, last.completion) == (None, None, Completion(4, 0, 2, 1, 1))


async def test_the_primary_is_asked_where_it_has_measured_and_what_is_always_there_before(store):
    both = boards(store, IMAGEBIND, MINILM)
    assert (await both.board(ask())).judge == IMAGEBIND
    await play(store, prompts=PROMPTS[:1])
    board = await both.board(ask())
    assert (board.judge, board.unmeasured) == (MINILM, 0)
    late = await both.board(ask(embedder="imagebind"))
    assert (late.judge, late.unmeasured, late.is_empty) == (IMAGEBIND, 4, True)
    await play(store, prompts=PROMPTS[1:2], embedders=("minilm", "imagebind"))
    board = await both.board(ask())
    assert (board.judge, board.unmeasured) == (IMAGEBIND, 4)
    assert await both.embedders(GUILD) == ("imagebind", "minilm")


async def test_an_embedder_that_is_not_set_up_any_more_can_be_asked_for_by_name(store):
    await play(store, prompts=PROMPTS[:3], embedders=("minilm", "letters"))
    board = await boards(store).board(ask(embedder="letters"))
    assert board.judge.name == "letters"
    assert order(board) == list(FAR)
    with pytest.raises(NotFound, match="'paper'; choose one of: minilm, letters"):
        await boards(store).board(ask(embedder="paper"))


async def test_distances_of_an_older_version_are_counted_as_not_measured(store):
    await play(store, prompts=PROMPTS[:2])
    board = await boards(store, Judge("minilm", "2", "MiniLM")).board(ask())
    assert (board.is_empty, board.unmeasured) == (True, 8)


async def test_the_turn_is_ten_or_what_most_finished_games_have(store):
    await play(store, prompts=PROMPTS[:2], turns=3)
    await play(store, prompts=PROMPTS[:1], turns=4, seed=2)
    for n in range(9):
        await begun(store, asked(GUILD, PAIRS[0], PROMPTS[0], n, 9), GameState.STOPPED)
    assert (await boards(store).board(ask())).turns == 3
    await play(store, {PAIRS[0]: 0.2}, prompts=PROMPTS[:1], turns=12, seed=3)
    board = await boards(store).board(ask())
    assert (board.turns, [row.distance.games for row in board.rows if row.distance]) == (10, [1])
    assert (await boards(store).board(ask(turns=4))).rows[0].distance.games == 2


async def test_games_that_were_to_be_shorter_are_not_held_against_a_pair(store):
    await play(store, {PAIRS[0]: 0.2}, turns=4)
    await begun(store, asked(GUILD, PAIRS[0], PROMPTS[0], 5, 2), GameState.FAILED)
    await begun(store, asked(GUILD, PAIRS[0], PROMPTS[0], 5, 4), GameState.FAILED)
    (row,) = (await boards(store).board(ask(turns=4))).rows
    assert row.completion == Completion(7, 6, 0, 1)


async def test_levels_designs_and_free_prompts_are_boards_of_their_own(store):
    free = [Prompt(f"somebody's words {n}") for n in range(4)]
    await play(store, prompts=PROMPTS[:5])
    await play(store, {pair: 1 - far for pair, far in FAR.items()}, prompts=free)
    await play(store, {PAIRS[0]: 0.2}, prompts=PROMPTS[5:], design="tournament")

    async def numbers(**more):
        board = await boards(store).board(ask(**more))
        return [(row.distance.games, row.distance.prompts) for row in board.rows]

    assert await numbers(level=Level.EASY) == [(2, 2)] * 4
    assert await numbers() == [(6, 6), (5, 5), (5, 5), (5, 5)]
    assert await numbers(games="designed") == [(1, 1)]
    assert await numbers(prompts="free") == [(4, 4)] * 4
    board = await boards(store).board(ask(prompts="free"))
    assert order(board) == list(reversed(FAR))
    assert (board.verdict.winner, board.verdict.why) == (None, FREE)


async def test_kin_of_the_embedder_are_marked_and_win_only_if_the_other_agrees(store):
    await play(store, embedders=("minilm", "imagebind"))
    board = await boards(store, IMAGEBIND, MINILM).board(ask())
    assert [row.kin for row in board.rows] == [("good",), ("good",), (), ()]
    assert board.kin == ("good",)
    assert board.verdict.winner == PAIRS[0]
    assert board.judges == ("ImageBind", "MiniLM (offline)")
    assert (await boards(store, IMAGEBIND, MINILM).board(ask(embedder="minilm"))).kin == ()


async def test_embedders_that_disagree_give_no_verdict(store):
    await play(store)
    others = {pair: 1 - far for pair, far in FAR.items()}
    for prompt, (pair, far) in itertools.product(PROMPTS, others.items()):
        await finished(store, asked(GUILD, pair, prompt, 2, 2), {"imagebind": [far, far]})
    verdict = (await boards(store, IMAGEBIND, MINILM).board(ask())).verdict
    assert verdict.winner is None
    assert verdict.why == (
        "the embedders do not agree: ImageBind puts poor × hazy first, MiniLM (offline) puts good × sharp first"
    )


async def test_a_verdict_waits_for_the_other_embedder(store):
    await play(store)
    verdict = (await boards(store, IMAGEBIND, MINILM).board(ask())).verdict
    assert verdict.winner is None
    assert verdict.why == "a verdict needs ImageBind to agree, and no game here is measured with it"


@pytest.mark.parametrize(
    ("far", "prompts", "noise", "why"),
    [
        ({PAIRS[0]: 0.2}, 6, 0.01, "it takes two pairs to compare"),
        ({PAIRS[0]: 0.2, PAIRS[3]: 0.8}, 2, 0.001, "good × sharp is ahead by MiniLM (offline), but provisional"),
        ({PAIRS[0]: 0.5, PAIRS[3]: 0.5}, 6, 0.05, "MiniLM (offline) cannot tell the first 2 pairs apart yet"),
    ],
)
async def test_nobody_is_declared_too_early(store, far, prompts, noise, why):
    await play(store, far, prompts=PROMPTS[:prompts], noise=noise)
    verdict = (await boards(store).board(ask())).verdict
    assert (verdict.winner, verdict.why) == (None, why)


async def test_where_the_first_75_tokens_rank_otherwise_both_are_shown_and_nobody_is_declared(store):
    await play(store)
    board = await boards(store).board(ask())
    assert not board.heads_differ
    assert all(row.head is None for row in board.rows)
    async with store._database.writing() as session:
        await session.execute(text("UPDATE distance SET head = 1 - distance"))
    board = await boards(store).board(ask())
    assert order(board) == list(FAR)
    assert [row.head.rank for row in board.rows] == [4, 3, 2, 1]
    assert board.verdict.winner is None
    assert board.verdict.why == "on the first 75 tokens MiniLM (offline) ranks the pairs otherwise"


async def test_heads_that_change_distances_but_not_ranks_are_not_shown(store):
    await play(store)
    async with store._database.writing() as session:
        await session.execute(text("UPDATE distance SET head = distance * 0.9"))
    board = await boards(store).board(ask())
    assert (board.heads_differ, board.rows[0].head, board.verdict.winner) == (False, None, PAIRS[0])


async def test_the_order_of_games_their_repeats_and_the_names_of_models_change_nothing(store, tmp_path):
    await play(store)
    board = await boards(store).board(ask())
    await play(store)  # the same seeds again: the same games
    again = await boards(store).board(ask())
    assert [row.distance for row in again.rows] == [row.distance for row in board.rows]
    renamed = {Pair(f"x-{pair.t2i}", f"a-{pair.i2t}"): far for pair, far in FAR.items()}
    async with await Store.open(f"sqlite:///{tmp_path / 'other.sqlite'}") as other:
        await play(other, renamed)
        shown = await boards(other).board(ask())
    assert [row.pair.t2i[2:] for row in shown.rows] == [row.pair.t2i for row in board.rows]
    assert [(row.distance.distance, row.rank) for row in shown.rows] == [
        (row.distance.distance, row.rank) for row in board.rows
    ]


async def test_known_differences_are_found_again_through_the_store(store):
    """Twelve pairs on ten prompts from known effects. Pairs share models, and with them their errors."""
    rng = np.random.default_rng(11)
    t2i, i2t = {"a": -0.10, "b": 0.0, "c": 0.10}, {"k": -0.06, "l": -0.02, "m": 0.02, "n": 0.06}
    truth = {Pair(a, b): t2i[a] + i2t[b] for a, b in itertools.product(t2i, i2t)}
    prompts = [(Prompt(f"p{n}", Level.EASY, f"#easy-{n:03}"), rng.normal(0.5, 0.1)) for n in range(10)]
    for (pair, effect), (prompt, base) in itertools.product(truth.items(), prompts):
        value = float(np.clip(base + effect + rng.normal(0, 0.03), 0, 2))
        await finished(store, asked(GUILD, pair, prompt, 1, 1), [value])
    board = await boards(store).board(ask())
    centre = board.distance.mean.estimate
    held = [row.distance.distance.low <= centre + truth[row.pair] <= row.distance.distance.high for row in board.rows]
    assert sum(held) >= 9, "a model that is off takes three or four pairs with it: one draw in ten holds no more than 9"
    assert order(board)[0] == Pair("a", "k")
    assert order(board)[-1] == Pair("c", "n")


async def test_an_answer_is_given_again_until_something_of_its_own_server_changes(store):
    await play(store, prompts=PROMPTS[:2])
    kept = boards(store)
    first = await kept.board(ask())
    assert await kept.board(ask()) is first
    await finished(store, asked(GUILD + 1, PAIRS[0], PROMPTS[0], 9, 2), [0.1, 0.2])
    assert await kept.board(ask()) is first
    assert await kept.board(ask(level=Level.EASY)) is not first
    await finished(store, asked(GUILD, PAIRS[0], PROMPTS[2], 9, 2), [0.1, 0.2])
    assert (await kept.board(ask())).rows[0].distance.games == 3


async def test_a_course_ends_where_the_board_stands_and_leaves_shorter_games_out(store):
    await play(store, turns=3)
    await play(store, {PAIRS[0]: 1.5}, turns=2, seed=9)
    board = await boards(store).board(ask(turns=3))
    courses = await boards(store).courses(ask(turns=3))
    assert [course.pair for course in courses] == order(board)
    for course, row in zip(courses, board.rows, strict=True):
        assert len(course.spans) == 3
        assert course.spans[-1] == row.distance.distance
        assert [span.estimate for span in course.spans] == sorted(span.estimate for span in course.spans)
    assert courses[0].spans[1].estimate < 0.3


async def test_every_level_with_games_has_courses_of_its_own(store):
    await play(store, turns=2)
    found = await boards(store).levels(ask(level=Level.HARD))
    assert [level for level, _ in found] == [Level.EASY, Level.MEDIUM, Level.HARD]
    assert all([course.pair for course in courses] == list(FAR) for _, courses in found)


class Box:
    """Votes that somebody counted already."""

    def __init__(self, votes):
        self.votes, self.asked = votes, []

    async def ballots(self, pool, *, unflagged=False):
        self.asked.append(pool)
        return tally(self.votes) if self.votes else None

    async def marker(self, guild_id):
        return len(self.votes)


def votes_for(winner, loser, battles):
    return [
        BallotVote((winner, loser), 0, f"voter {v}", f"{winner} {loser} {b}", f"p{b}")
        for b in range(battles)
        for v in "abcde"
    ]


async def test_without_votes_the_board_says_that_nobody_has_voted(store):
    await play(store)
    for box in (None, Box([])):
        board = await boards(store, ballots=box).board(ask(by="votes"))
        assert (board.votes, board.is_empty, board.verdict.why) == (None, True, NOBODY)
        assert len(board.rows) == 4
    board = await boards(store).board(ask(by="both"))
    assert (board.verdict.winner, board.verdict.why) == (None, NOBODY)
    assert order(board) == list(FAR)


async def test_by_votes_pairs_are_ranked_by_what_members_chose(store):
    await play(store)
    box = Box([*votes_for(PAIRS[3], PAIRS[0], 6), *votes_for(PAIRS[3], PAIRS[1], 6)])
    board = await boards(store, ballots=box).board(ask(by="votes", level=Level.EASY))
    assert box.asked[0].level is Level.EASY
    expected = rank_by_votes(tally(box.votes))
    assert order(board)[:3] == [row.pair for row in expected.rows]
    assert [row.votes for row in board.rows[:3]] == list(expected.rows)
    assert all(row.distance is None for row in board.rows)
    assert board.rows[0].rank == 1


async def test_both_boards_stand_side_by_side_and_only_agree_on_a_winner_together(store):
    await play(store)
    box = Box([vote for pair in PAIRS[1:] for vote in votes_for(PAIRS[0], pair, 12)])
    board = await boards(store, ballots=box).board(ask(by="both"))
    assert order(board) == list(FAR)
    assert all(row.distance and row.votes for row in board.rows)
    assert board.rows[0].votes.rank == 1
    assert board.agreement == agreement(board.distance, board.votes)
    assert board.agreement.pairs == 4
    before = board
    box.votes.append(BallotVote((PAIRS[0], PAIRS[1]), 0, "late", "late battle", "p1"))
    assert await boards(store, ballots=box).board(ask(by="both")) != before


async def test_members_open_games_have_a_board_of_their_own_and_no_votes(store):
    human = Pair(PAIRS[0].t2i, "human")
    await play(store)
    await play(store, {human: 0.1})
    everybody, members = [await boards(store).board(ask(games=games)) for games in ("all", "open")]
    assert human not in order(everybody)
    assert order(members) == [human]
    assert which(members).endswith("members' open games")
    assert [row.votes for row in (await boards(store).board(ask(by="votes", games="open"))).rows] == [None]


async def test_answers_for_many_servers_are_kept_up_to_a_bound_and_their_locks_go(store, monkeypatch):
    monkeypatch.setattr("telephone.leaderboards.service.KEPT", 3)
    many = boards(store)
    for guild_id in range(1, 10):
        assert (await many.board(BoardRequest(guild_id))).rows == ()
        assert len(many._kept) <= 3
    assert len(many._turns) == 0
