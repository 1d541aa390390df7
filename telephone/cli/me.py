"""What is kept of one member, for the operator: a member who has left the server writes to them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telephone.cli.asking import inquire
from telephone.errors import BadInput, NotFound

if TYPE_CHECKING:
    from telephone.build import House
    from telephone.privacy import Parcel

app = typer.Typer(no_args_is_help=True, help="What is kept of one member, on every server.")
Member = Annotated[int, typer.Argument(min=1, help="The member's Discord id.")]


@app.callback()
def me() -> None:
    """What is kept of one member, on every server."""


@app.command()
def export(member: Member, out: Annotated[Path, typer.Option("--out", help="The file to write.")]) -> None:
    """Writes all that is kept of a member, the file that /telephone me export gives them."""

    async def ask(house: "House") -> "Parcel":
        return await house.service.privacy.file_of(member)

    parcel = inquire(ask)
    if not any(parcel.rows.values()):
        raise NotFound(f"Nothing is kept of a member {member} on any server.")
    try:
        out.write_bytes(parcel.data)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}; please choose another file.") from None
    typer.echo(f"{sum(parcel.rows.values()):,} rows of member {member} lie in {out}.")
