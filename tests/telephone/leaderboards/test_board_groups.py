"""What a board by distance says of pairs that no prompt joins, and of games that were not played to the end."""

from telephone.domain.games import Pair
from telephone.leaderboards.board import Board, BoardRequest, Judge, Ruling, judged, rows_of
from telephone.leaderboards.unfinished_games import could_have_decided
from telephone.leaderboards.wording import board as words
from telephone.scoring.distance_model import Cell, rank_by_distance
from telephone.store.scores import Completion

JUDGE = Judge("minilm", "1", "MiniLM")
A, B, C, D = (Pair(name, "x") for name in "abcd")


def cells(pair: Pair, far: float, prompts: str, level: str = "easy") -> list[Cell]:
    return [Cell(pair, f"{prompts}{k}", 1, far + 0.01 * (k % 3), 0.0, level) for k in range(15)]


def board_of(found: list[Cell], completion: dict[Pair, Completion] | None = None) -> Board:
    ruling = Ruling(JUDGE, rank_by_distance(found))
    rows = rows_of(ruling, None, completion or {})
    verdict = judged([ruling], [])
    return Board(BoardRequest(turns=10), JUDGE, rows, verdict, distance=ruling.whole, judges=("MiniLM",))


def test_pairs_that_share_no_prompt_stand_in_groups_and_the_board_says_so() -> None:
    board = board_of(cells(A, 0.3, "easy") + cells(B, 0.6, "hard", "hard"))
    assert board.unjoined == 2
    assert words.verdict(board) == (
        "Nobody has won: the pairs fall into 2 groups that share no prompt, none with a winner."
    )
    assert [row.rank for row in board.rows] == [1, 1]
    assert words.row_words(board.rows[0], board).startswith("group 1, 0.3")
    assert words.row_words(board.rows[1], board).startswith("group 2, 0.6")
    (note,) = [note for note in words.notes(board) if "share no prompt" in note]
    assert "until pairs of both play the same prompt" in note


def test_a_winner_is_one_of_its_group() -> None:
    board = board_of(cells(A, 0.3, "p") + cells(B, 0.5, "p") + cells(C, 0.6, "q"))
    assert (board.verdict.winner, words.verdict(board)) == (A, "a × x has won in its group, by MiniLM.")
    both = board_of(cells(A, 0.3, "p") + cells(B, 0.5, "p") + cells(C, 0.6, "q") + cells(D, 0.8, "q"))
    assert words.verdict(both) == (
        "Nobody has won: the pairs fall into 2 groups that share no prompt; in theirs have won a × x and c × x."
    )


def test_pairs_that_prompts_join_are_one_group() -> None:
    board = board_of(cells(A, 0.3, "p") + cells(B, 0.5, "p"))
    assert board.unjoined == 0
    assert "group" not in " ".join([words.verdict(board), *words.notes(board), words.row_words(board.rows[0], board)])


def test_games_that_were_stopped_are_named_where_they_could_have_decided_the_order() -> None:
    found = cells(A, 0.3, "p") + cells(B, 0.4, "p")
    few = board_of(found, {A: Completion(31, 30, 1), B: Completion(30, 30)})
    assert could_have_decided(few.rows) is None, "(30 × .31 + 1) / 31 is .33"
    many = board_of(found, {A: Completion(36, 30, 4, 2), B: Completion(30, 30)})
    doubt = could_have_decided(many.rows)
    assert doubt is not None, "(30 × .31 + 6) / 36 is .425"
    assert (doubt.ahead.pair, doubt.behind.pair, doubt.others) == (A, B, 0)
    (note,) = [note for note in words.notes(many) if "stopped or failed" in note]
    assert note == (
        "Games that were stopped or failed could have decided that a × x is ahead of b × x: 6 games of the former did "
        "not get to the end."
    )


def test_what_the_other_pair_lost_counts_as_well() -> None:
    found = cells(A, 0.3, "p") + cells(B, 0.4, "p")
    board = board_of(found, {A: Completion(30, 30), B: Completion(45, 30, 15)})
    assert could_have_decided(board.rows) is not None, "(30 × .41 + 15 × 0) / 45 is .27"


def test_an_order_that_nobody_claims_cannot_be_decided_otherwise() -> None:
    found = cells(A, 0.3, "p") + cells(B, 0.3, "p")
    assert could_have_decided(board_of(found, {A: Completion(60, 30, 30)}).rows) is None
