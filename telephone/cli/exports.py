"""Taking what is stored away in files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from telephone.cli.asking import Server, inquire
from telephone.cli.boards import Games, Level, Prompts
from telephone.cli.questions import level_named
from telephone.errors import BadInput
from telephone.game import NO_GUILD

if TYPE_CHECKING:
    from telephone.build import House
    from telephone.exports.transcript import Transcript

app = typer.Typer(no_args_is_help=True, help="Writes what is stored into files of your own.")
Out = Annotated[Path, typer.Option("--out", help="The CSV to write.")]
Flagged = Annotated[
    Literal["include", "exclude"],
    typer.Option(help="exclude: leave votes out that are flagged and that no admin has cleared."),
]


@app.callback()
def exports() -> None:
    """Writes what is stored into files of your own."""


@app.command()
def votes(
    out: Out,
    level: Level = "all",
    games: Games = "all",
    prompts: Prompts = "curated",
    flagged: Flagged = "include",
    server: Server = NO_GUILD,
) -> None:
    """Writes a server's votes, voters by pseudonyms, as the CSV that `telephone leaderboard --votes` reads."""
    from telephone.exports.transcript import said
    from telephone.scoring.standings import BoardRequest

    asked = BoardRequest(server, "votes", None if level == "all" else level_named(level), games, prompts)

    async def ask(house: "House") -> "Transcript":
        return await house.service.archive.votes(asked.pool, "unflagged" if flagged == "exclude" else "counted")

    found = inquire(ask)
    try:
        out.write_bytes(found.data)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}; please choose another file.") from None
    Console().print(
        f"{said(found)} Read it with: telephone leaderboard --votes {out}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
