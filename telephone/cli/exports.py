"""`telephone export` writes what is stored into files: a command for each format."""

import inspect
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from telephone.cli.common import Server, inquire, place
from telephone.cli.insights import level_named
from telephone.cli.leaderboard import Games, Level, Prompts
from telephone.cli.output import screen
from telephone.domain.games import NO_GUILD
from telephone.errors import BadInput
from telephone.exports import FORMATS, Export, Format, Which

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime

Flagged = Annotated[
    Literal["include", "exclude"],
    typer.Option(help="exclude: leave votes out that are flagged and that no admin has cleared."),
]


def commands() -> typer.Typer:
    """`telephone export`, with a command for each row of FORMATS."""
    exports = typer.Typer(no_args_is_help=True, help="Writes what is stored into files of your own.")

    @exports.callback()
    def callback() -> None:
        """Writes what is stored into files of your own."""

    for row in FORMATS.values():
        exports.command(row.name, help=row.help)(_command(row))
    return exports


def _command(row: Format) -> Callable[..., None]:
    """The command of a format; only one that has votes can leave flagged ones out."""
    file = typer.Option(..., "--out", parser=place, help=f"The {row.suffix.removeprefix('.').upper()} to write.")

    def command(
        out: Path = file,
        level: Level = "all",
        games: Games = "all",
        prompts: Prompts = "curated",
        server: Server = NO_GUILD,
        flagged: Flagged = "include",
    ) -> None:
        from telephone.leaderboards.board import BoardRequest

        asked = BoardRequest(server, "votes", None if level == "all" else level_named(level), games, prompts)

        async def ask(runtime: "Runtime") -> Export:
            which: Which = "unflagged" if flagged == "exclude" else "counted"
            return await runtime.app.exports.export(row.name, asked.pool, which)

        found = inquire(ask)
        try:
            out.write_bytes(found.data)
        except OSError as error:
            raise BadInput(f"{out} cannot be written: {error.strerror}; please choose another file.") from None
        said = f"{found.said} {row.in_terminal.format(file=shlex.quote(str(out)))}"
        screen().print(said, highlight=False, markup=False, soft_wrap=True)

    if not row.of_votes:
        taken = inspect.signature(command)
        options = [option for name, option in taken.parameters.items() if name != "flagged"]
        command.__signature__ = taken.replace(parameters=options)  # type: ignore[attr-defined]
    return command


app = commands()
