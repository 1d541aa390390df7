"""Leaderboards in the terminal."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer
from rich.markup import escape
from rich.table import Table

from telephone.cli.common import Json, Server, inquire, place
from telephone.cli.insights import WHERE, Embedder, Higher, level_named
from telephone.cli.output import print_json, screen
from telephone.cli.score_file import NOT_THERE, about, boards_of, changed, is_export, read_export
from telephone.domain.games import NO_GUILD, TURNS_MAX

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime
    from telephone.leaderboards.board import Board, BoardRequest, PairRow
    from telephone.scoring.distance_model import DistanceBoardRow
    from telephone.scoring.vote_model import VoteBoardRow

Votes = Annotated[
    Path | None,
    typer.Option(
        "--votes",
        parser=place,
        help="CSV of votes: a_t2i,a_i2t,b_t2i,b_i2t,outcome (a, b, tie or all bad),voter and, if votes share pictures, "
        "battle. Also read: prompt, and c_t2i,c_i2t,d_t2i,d_i2t where more than two pairs were shown.",
    ),
]
Scores = Annotated[
    Path | None,
    typer.Option(
        "--scores",
        parser=place,
        help="CSV of scores: what `telephone export scores` wrote, or t2i,i2t,prompt,level,score, one game a line.",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        help="What the CSV calls its columns: arena for model_a, model_b, winner and judge, or OUR=THEIR names by "
        "commas, such as outcome=winner,voter=user; a and b name whole sides. Other columns are passed over.",
    ),
]
Prior = Annotated[
    float | None,
    typer.Option(
        "--prior-sd",
        help="One fixed spread for all models' and pairs' strengths, in log-odds: 1000 is flat, 0.1 sharp.",
    ),
]
By = Annotated[
    Literal["distance", "votes", "both"],
    typer.Option(help="What ranks them: the distance from the prompt, members' votes, or both side by side."),
]
Level = Annotated[str, typer.Option(help="Only prompts of this level: easy, medium, hard or impossible.")]
Games = Annotated[
    Literal["all", "designed", "open"],
    typer.Option(help="designed: only battles and tournaments, fixed beforehand; open: those of members, open to all."),
]
Prompts = Annotated[Literal["curated", "free"], typer.Option(help="free: prompts that somebody typed.")]
Turns = Annotated[int | None, typer.Option(min=1, max=TURNS_MAX, help="After which turn; 10 or the usual length.")]
_DISTANCES: Final = ("rank", "distance", "95% interval", "games", "prompts", "")
_COSINES: Final = {False: (0.0, 2.0), True: (-1.0, 1.0)}
"""Between what a score of a CSV lies: a distance, or where higher is better a similarity."""
_VOTES: Final = ("rank", "rating", "95% interval", "votes", "battles", "")


def leaderboard(
    by: By = "distance",
    level: Level = "all",
    games: Games = "all",
    prompts: Prompts = "curated",
    embedder: Embedder = None,
    turns: Turns = None,
    server: Server = NO_GUILD,
    votes: Votes = None,
    scores: Scores = None,
    columns: Columns = None,
    prior_sd: Prior = None,
    higher_is_better: Higher = False,
    as_json: Json = False,
) -> None:
    """Ranks pairs by how much of the meaning they keep: those of stored games, or by the votes or scores of a CSV."""
    from telephone.leaderboards.board import BoardRequest

    asked = BoardRequest(server, by, None if level == "all" else level_named(level), games, prompts, embedder, turns)
    if votes is None and prior_sd is not None:
        raise typer.BadParameter("only the votes of a CSV take a prior", param_hint="--prior-sd")
    if higher_is_better and scores is None:
        raise typer.BadParameter("only the scores of a CSV can be similarities", param_hint="--higher-is-better")
    if scores is not None:
        if votes is not None or server != NO_GUILD or by != "distance":
            raise typer.BadParameter("a CSV of scores has no votes and no servers", param_hint="--scores")
        _of_scores(scores, columns or [], asked, as_json, higher_is_better=higher_is_better)
    elif votes is None:
        if columns:
            raise typer.BadParameter("only a CSV has columns; name it with --votes or --scores", param_hint="--columns")
        _of_games(asked, as_json)
    elif asked != BoardRequest():
        raise typer.BadParameter("a CSV has votes and nothing else; leave the other options out", param_hint="--votes")
    else:
        _of_sheet(votes, columns or [], prior_sd, as_json)


def _of_games(asked: "BoardRequest", as_json: bool) -> None:
    from telephone.cli.json_documents import board_document

    async def ask(runtime: "Runtime") -> "Board":
        return await runtime.app.boards.board(asked)

    board = inquire(ask)
    if as_json:
        print_json(board_document(board))
    else:
        _print_board(board, WHERE)


def _print_board(board: "Board", where: str) -> None:
    """The table of a board and its sentences; `where` says where to look for games, if it is empty."""
    from telephone.leaderboards.wording import board as words

    said = [words.verdict(board), words.how_to_read(board), words.agreed(board)]
    if board.is_empty:
        said = [f"{words.nothing_here(board)} {where}"]
    if board.rows:
        screen().print(_table(board))
    for sentence in [*filter(None, said), *words.people(board), *words.notes(board, rescore="telephone rescore")]:
        screen().print(sentence, highlight=False, markup=False)


def _of_sheet(path: Path, columns: list[str], prior_sd: float | None, as_json: bool) -> None:
    from telephone.cli.json_documents import votes_document
    from telephone.leaderboards.board import voted
    from telephone.leaderboards.csv_input import MORE, VOTES, lines_of, read_votes
    from telephone.leaderboards.csv_records import columns_of
    from telephone.leaderboards.wording import board as words
    from telephone.scoring.choice_likelihood import POSITION
    from telephone.scoring.vote_model import FLATTEST, rank_by_votes

    if prior_sd is not None and not 0 < prior_sd <= FLATTEST:
        why = f"a prior needs a standard deviation above 0 and at most {FLATTEST:,.0f}, such as 1; 1000 is flat already"
        raise typer.BadParameter(why, param_hint="--prior-sd")
    ballots = read_votes(lines_of(path), columns_of(columns, (*VOTES, *MORE)))
    # Where no two pairs stand in both orders, the columns are no buttons: a gain by position would be made up.
    board = rank_by_votes(ballots, prior_sd=prior_sd, position=POSITION if ballots.turned else 0.0)
    verdict = voted(board)
    if as_json:
        print_json(votes_document(board, verdict))
        return
    several = len(board.groups) > 1
    table = Table("pair", *(["group"] if several else []), *_VOTES, title=f"Pairs by votes, {escape(path.name)}")
    for row in board.rows:
        table.add_row(escape(str(row.pair)), *([str(row.group)] if several else []), *_by_votes(row))
    screen().print(table)
    where = words.IN_GROUP if several else ""
    said = [f"{verdict.winner} has won{where}." if verdict.winner else f"Nobody has won: {verdict.why}."]
    for sentence in [*said, *([words.apart(len(board.groups))] if several else [])]:
        screen().print(sentence, highlight=False, markup=False)


def _of_scores(path: Path, columns: list[str], asked: "BoardRequest", as_json: bool, *, higher_is_better: bool) -> None:
    """The board of a CSV of scores: the server's own of an export, else one of the scores alone."""
    if is_export(path):
        if columns or higher_is_better:
            raise typer.BadParameter("an export has its own columns, and distances", param_hint="--scores")
        _of_export(path, asked, as_json)
    elif asked.turns is not None or asked.embedder is not None or (asked.games, asked.prompts) != ("all", "curated"):
        raise typer.BadParameter("such a CSV has levels, and no turns, embedders and kinds", param_hint="--scores")
    else:
        _of_score_sheet(path, columns, asked.level, as_json, higher_is_better=higher_is_better)


def _of_export(path: Path, asked: "BoardRequest", as_json: bool) -> None:
    from telephone.cli.json_documents import board_document

    file = read_export(path)
    if file.is_free:
        asked = replace(asked, prompts="free")
    if file.is_open and asked.games == "all":
        asked = replace(asked, games="open")
    board = asyncio.run(boards_of(file).board(asked))
    if as_json:
        print_json({**board_document(board), "server": None, "file": about(path, file)})
        return
    _print_board(board, NOT_THERE)
    for sentence in changed(file):
        screen().print(sentence, highlight=False, markup=False)


def _of_score_sheet(
    path: Path, columns: list[str], level: str | None, as_json: bool, *, higher_is_better: bool
) -> None:
    from telephone.cli.json_documents import scores_document
    from telephone.leaderboards.board import Judge, Ruling, judged
    from telephone.leaderboards.csv_input import SCORES, lines_of, read_scores
    from telephone.leaderboards.csv_records import columns_of
    from telephone.scoring.distance_model import rank_by_distance

    read = read_scores(lines_of(path), columns_of(columns, SCORES), _COSINES[higher_is_better])
    cells = read.at(level)
    if higher_is_better:
        cells = tuple(replace(cell, mean=1 - cell.mean) for cell in cells)
    board = rank_by_distance(cells)
    verdict = judged([Ruling(Judge(path.name, "", "these scores"), board)], [])
    if as_json:
        how = {"level": level, "higher_is_better": higher_is_better, "file": about(path, None)}
        print_json({**scores_document(board, verdict), **how})
        return
    table = Table("pair", *_DISTANCES, title=f"Pairs by distance, {escape(path.name)}{f', {level}' if level else ''}")
    for row in sorted(board.rows, key=lambda row: row.rank):
        table.add_row(escape(str(row.pair)), *_by_distance(row))
    screen().print(table)
    said = [f"{verdict.winner} has won." if verdict.winner else f"Nobody has won: {verdict.why}."]
    if higher_is_better:
        said.append("A similarity counts as the distance 1 - similarity.")
    for sentence in said:
        screen().print(sentence, highlight=False, markup=False)


def _table(board: "Board") -> Table:
    """A row a pair: its figures by distance, by votes, or both, and what became of its games."""
    from telephone.leaderboards.wording import board as words

    heads = ["on 75 tokens"] if board.heads_differ else []
    by_votes = [*(["group"] if board.apart else []), *_VOTES]
    by_distance = [*(["group"] if board.unjoined else []), *_DISTANCES, *heads]
    columns = {"distance": by_distance, "votes": by_votes, "both": [*by_distance, *by_votes]}
    table = Table("pair", *columns[board.asked.by], "games begun", title=escape(words.heading(board)))
    for row in board.rows:
        group = [str(row.distance.group) if row.distance else ""] if board.unjoined else []
        distance = [*group, *_by_distance(row.distance), *(_by_head(row) if heads else [])]
        group = [str(row.votes.group) if row.votes else ""] if board.apart else []
        votes = [*group, *_by_votes(row.votes)]
        figures = {"distance": distance, "votes": votes, "both": [*distance, *votes]}[board.asked.by]
        table.add_row(escape(words.named(row)), *figures, words.completed(row.completion))
    return table


def _by_distance(row: "DistanceBoardRow | None") -> list[str]:
    """What the columns _DISTANCES say of a pair."""
    if row is None:
        return [""] * len(_DISTANCES)
    low, high = (f"{end:.2f}" for end in (row.distance.low, row.distance.high))
    figures = [str(row.rank), f"{row.distance.estimate:.2f}", f"{low} to {high}", f"{row.games:,}", f"{row.prompts:,}"]
    return [*figures, _provisional(row.provisional)]


def _by_head(row: "PairRow") -> list[str]:
    return [f"{row.head.distance.estimate:.2f}, rank {row.head.rank}" if row.head else ""]


def _by_votes(row: "VoteBoardRow | None") -> list[str]:
    if row is None:
        return [""] * len(_VOTES)
    low, high = (f"{end:.0f}" for end in (row.rating.low, row.rating.high))
    figures = [str(row.rank), f"{row.rating.estimate:.0f}", f"{low} to {high}", f"{row.votes:,}", f"{row.battles:,}"]
    return [*figures, _provisional(row.provisional)]


def _provisional(unsure: bool) -> str:
    return "provisional" if unsure else ""
