"""The drift of one pair in the terminal."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from telephone.cli.common import Json, Server, inquire
from telephone.cli.output import print_json, screen
from telephone.domain.games import NO_GUILD, Level, Pair

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime
    from telephone.scoring.pair_curve import PairCourse, PairDrift


def pair(
    t2i: Annotated[str, typer.Argument(help="Who draws.")],
    i2t: Annotated[str, typer.Argument(help="Who describes.")],
    level: Annotated[Level | None, typer.Option(help="Only prompts of this level.")] = None,
    embedder: Annotated[str | None, typer.Option(help="What to measure with; by default the operator's.")] = None,
    server: Server = NO_GUILD,
    as_json: Json = False,
) -> None:
    """Tells how one pair drifts: its curve, its decay, when it rests, and which of the two lost the prompt."""
    from telephone.cli.json_documents import pair_document
    from telephone.leaderboards.pair_report import PairRequest
    from telephone.leaderboards.wording.pair import sentences

    async def ask(runtime: "Runtime") -> "PairDrift":
        return await runtime.app.pairs.drift(PairRequest(Pair(t2i, i2t), server, embedder, level))

    found = inquire(ask)
    if as_json:
        print_json(pair_document(found))
        return
    console = screen()
    console.print(f"{found.pair}, {found.label}", highlight=False, markup=False, style="bold")
    if found.course is not None:
        console.print(_table(found.course))
    for sentence in sentences(found, rescore="telephone rescore"):
        console.print(sentence, highlight=False, markup=False)


def _table(course: "PairCourse") -> Table:
    table = Table("turn", "distance", "95% interval")
    for turn, one in enumerate(course.curve, 1):
        known = one.interval
        ends = "" if known is None else f"{max(0.0, known.low):.2f} to {min(2.0, known.high):.2f}"
        table.add_row(str(turn), f"{one.value:.2f}", ends)
    return table
