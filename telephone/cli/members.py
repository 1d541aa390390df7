"""`telephone me`: what is stored about one member, for the operator, to whom a member who has left can write."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telephone.cli.common import inquire, place
from telephone.cli.output import say
from telephone.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telephone.bootstrap import Runtime
    from telephone.domain.deletions import Erasure, Footprint
    from telephone.privacy.service import MemberFile

app = typer.Typer(no_args_is_help=True, help="What is kept of one member, on every server.")
NOTHING = "Nothing is kept of a member {member} on any server."
OUT_OF_REACH = (
    "Nothing is stored of a member {member}, but messages still stand in the channels or threads {places}, where the "
    "bot may not change them; a moderator there can unlock the thread, delete them, or give the bot Manage Threads."
)
Member = Annotated[int, typer.Argument(min=1, help="The member's Discord id.")]


@app.callback()
def me() -> None:
    """What is kept of one member, on every server."""


@app.command()
def delete(
    member: Member, yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is ordered.")] = False
) -> None:
    """Orders that all is deleted which is kept of a member; the bot carries it out."""

    async def ask(runtime: "Runtime") -> "Footprint":
        found = await runtime.store.erasures.footprint(member)
        if found.is_empty:
            raise NotFound(_nothing(member, await runtime.app.privacy.out_of_reach(member)))
        return found

    async def order(runtime: "Runtime") -> "Erasure":
        return await runtime.app.privacy.erase(member)

    found = inquire(ask)
    say(
        f"Member {member}: games {found.games:,}, of which {found.whole:,} go whole; turns in others' games "
        f"{found.turns:,}; votes {found.votes:,}; prompts {found.prompts:,}. Every other row is nobody's afterwards."
    )
    if not yes:
        typer.confirm("Shall all of it be deleted? It cannot be undone", abort=True)
    inquire(order)
    say("Ordered. A bot that runs begins within seconds, one that does not when it is started.")


@app.command()
def export(
    member: Member, out: Annotated[Path, typer.Option("--out", parser=place, help="The file to write.")]
) -> None:
    """Writes all that is kept of a member, the file that /telephone me export gives them."""

    async def ask(runtime: "Runtime") -> "MemberFile":
        return await runtime.app.privacy.file_of(member)

    file = inquire(ask)
    if not any(file.rows.values()):
        raise NotFound(_nothing(member, file.out_of_reach))
    try:
        out.write_bytes(file.data)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}; please choose another file.") from None
    say(f"{sum(file.rows.values()):,} rows of member {member} lie in {out}.")


def _nothing(member: int, places: "Sequence[int]") -> str:
    """Says that nothing is kept of a member, or where something stands that could not be taken back."""
    listed = ", ".join(str(place) for place in places if place) or "unknown"
    return OUT_OF_REACH.format(member=member, places=listed) if places else NOTHING.format(member=member)
