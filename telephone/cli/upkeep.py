"""`telephone check` and `telephone prune`."""

from typing import TYPE_CHECKING, Annotated

import typer

from telephone.cli.common import Json, inquire
from telephone.cli.output import print_json, say

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime
    from telephone.domain.deletions import Pruned
    from telephone.domain.faults import Fault


def check(
    mend: Annotated[
        bool, typer.Option("--mend", help="Count again money and polls, from what they are made of.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Looks for games, posts, pictures and money that do not agree; status 1 where there are any."""

    async def ask(runtime: "Runtime") -> "list[Fault]":
        found = await runtime.audit.faults()
        if mend and await runtime.store.faults.mend(found):
            return await runtime.audit.faults()
        return found

    faults = inquire(ask)
    if as_json:
        print_json([{"kind": f.kind.words, "what": f.what, "how": f.how, "mend": f.kind.remedy} for f in faults])
    for kind in dict.fromkeys(fault.kind for fault in faults) if not as_json else ():
        say(f"{kind.words.capitalize()}. What mends it: {kind.remedy}.")
        say(*(f"  {fault.what}: {fault.how}" for fault in faults if fault.kind is kind))
    if faults:
        raise SystemExit(1)
    if not as_json:
        say("Games, posts, pictures and money agree.")


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    as_json: Json = False,
) -> None:
    """Deletes what has been kept for long enough, as the running bot does once a day."""

    async def ask(runtime: "Runtime") -> "Pruned":
        return await runtime.retention.prune(dry=dry_run)

    done = inquire(ask)
    if as_json:
        print_json(done._asdict() | {"dry_run": dry_run})
        return
    if not any(done):
        say("Nothing has been kept for long enough to be deleted.")
        return
    say(
        f"{'Would be deleted' if dry_run else 'Deleted'}: {_count(done.servers, 'server')} that removed the bot, with "
        f"{_count(done.games, 'game')}; {_count(done.pictures, 'picture')} that nothing refers to; "
        f"{_count(done.orders, 'order')} of deletion that no backup needs any more."
    )


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")
