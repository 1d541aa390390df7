"""The prompts that games can start from by name, in the terminal."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from telephone.cli.common import Json, Server, inquire
from telephone.cli.output import print_json, screen
from telephone.domain.games import NO_GUILD, Level

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime
    from telephone.prompts.service import ListedPrompt


def listed(
    level: Annotated[Level | None, typer.Option(help="How hard they are to keep; left out, all of them.")] = None,
    server: Server = NO_GUILD,
    as_json: Json = False,
) -> None:
    """Lists what games can start from by name: the curated prompts, and a server's own."""

    async def ask(runtime: "Runtime") -> list["ListedPrompt"]:
        return await runtime.app.prompts.listed(server, level)

    entries = inquire(ask)
    if as_json:
        rows = [{"slug": e.prompt.slug, "level": e.prompt.level, "set": e.of, "text": e.prompt.text} for e in entries]
        print_json(rows)
        return
    table = Table("name", "level", "set", "prompt")
    for entry in entries:
        table.add_row(entry.prompt.slug, entry.prompt.level, entry.of, escape(entry.prompt.text))
    screen().print(table)
