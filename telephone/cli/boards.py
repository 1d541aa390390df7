"""Boards in the terminal."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from telephone.cli.asking import Json

if TYPE_CHECKING:
    from telephone.scoring.standings import Verdict
    from telephone.scoring.votes import VoteBoard

Votes = Annotated[
    Path,
    typer.Option(
        "--votes",
        help="CSV of votes: a_t2i,a_i2t,b_t2i,b_i2t,outcome (a, b or tie),voter and, if votes share pictures, battle.",
    ),
]
Prior = Annotated[
    float | None,
    typer.Option(
        "--prior-sd",
        help="One fixed spread for all models' and pairs' strengths, in log-odds: 1000 is flat, 0.1 sharp.",
    ),
]


def leaderboard(votes: Votes, prior_sd: Prior = None, as_json: Json = False) -> None:
    """Ranks pairs: who degraded least by the votes of a CSV."""
    from telephone.cli.documents import votes_document
    from telephone.scoring.sheets import lines_of, read_votes
    from telephone.scoring.standings import voted
    from telephone.scoring.votes import rank_by_votes

    if prior_sd is not None and not 0 < prior_sd < float("inf"):
        raise typer.BadParameter("a prior needs a standard deviation above 0, such as 1", param_hint="--prior-sd")
    ballots = read_votes(lines_of(votes))
    # Where no two pairs stand in both orders, the columns are no buttons: a gain by position would be made up.
    buttons = {} if ballots.turned else {"position": 0.0}
    board = rank_by_votes(ballots, prior_sd=prior_sd, **buttons)
    if as_json:
        typer.echo(json.dumps(votes_document(board, voted(board)), ensure_ascii=False, allow_nan=False))
    else:
        _print_votes(board, voted(board), votes.name)


def _print_votes(board: "VoteBoard", verdict: "Verdict", name: str) -> None:
    table = Table(
        "rank", "pair", "rating", "95% interval", "votes", "battles", "", title=f"Pairs by votes, {escape(name)}"
    )
    for row in board.rows:
        low, high = (f"{end:.0f}" for end in (row.rating.low, row.rating.high))
        table.add_row(
            str(row.rank),
            escape(str(row.pair)),
            f"{row.rating.estimate:.0f}",
            f"{low} to {high}",
            f"{row.votes:,}",
            f"{row.battles:,}",
            "provisional" if row.provisional else "",
        )
    console = Console()
    console.print(table)
    said = f"{verdict.winner} has won." if verdict.winner else f"Nobody has won: {verdict.why}."
    console.print(said, highlight=False, markup=False)
