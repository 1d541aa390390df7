"""`telephone backup` and `telephone restore`."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telephone.cli.common import Json, place
from telephone.cli.output import print_json, say
from telephone.settings import Settings

if TYPE_CHECKING:
    from telephone.backups.restoring import Preparation


def backup(
    to: Annotated[Path, typer.Argument(parser=place, metavar="FOLDER", help="A new folder to write the backup into.")],
    as_json: Json = False,
) -> None:
    """Copies games and pictures into a folder, beside a bot that may be running."""
    from telephone.backups.taking import take

    done = asyncio.run(take(Settings.load(), to))
    pictures = sum(name.startswith("pictures/") for name in done.manifest.files)
    if as_json:
        print_json(
            {
                "folder": str(done.folder),
                "taken_at": done.manifest.taken_at,
                "pictures": pictures,
                "missing": list(done.manifest.missing),
                "bytes": done.size,
            }
        )
        return
    say(f"The backup lies in {to}: the database, {_count(pictures, 'picture')}, {done.size / 1e6:,.1f} MB.")
    if missing := done.manifest.missing:
        say(f"Of the pictures that games show, {len(missing):,} could not be copied; `telephone check` names them.")
    say(f"It holds members' words: keep it as safe as the bot's own data. Bring it back with: telephone restore {to}")


def restore(
    source: Annotated[Path, typer.Argument(parser=place, metavar="FOLDER", help="The folder that a backup wrote.")],
    over: Annotated[
        bool, typer.Option("--over", help="Move the database that is there aside; without it, the place must be empty.")
    ] = False,
    old: Annotated[
        bool, typer.Option("--old", help="Restore a backup that is older than orders of deletion are kept.")
    ] = False,
    nothing_since: Annotated[
        bool,
        typer.Option("--nothing-since", help="Nothing was played after the backup: do not look for it, nor book it."),
    ] = False,
    orders: Annotated[
        list[Path] | None,
        typer.Option("--orders", parser=place, help="Another folder with orders of deletion; may be given again."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Brings a backup back, without what members have had deleted since; the bot has to be stopped."""
    from telephone.backups.restoring import Wishes
    from telephone.backups.restoring import restore as bring_back

    readied = _Readied()
    wishes = Wishes(over=over, old=old, since=not nothing_since, orders=tuple(orders or ()))
    done = asyncio.run(bring_back(Settings.load(), source, wishes, readied.ready))
    if as_json:
        print_json(
            {
                "taken_at": done.manifest.taken_at,
                "deletions": done.deletions,
                "unfinished": readied.games,
                "missing": list(done.manifest.missing),
                "moved_to": done.moved_to,
            }
        )
        return
    say(f"The backup of {done.manifest.taken_at:%Y-%m-%d %H:%M} UTC is restored; start the bot.")
    if done.deletions:
        say(f"What {_count(done.deletions, 'member')} had deleted since is deleted again.")
    if readied.games and not nothing_since:
        say(
            f"{_count(readied.games, 'game')} that had not ended will go on where the backup has them. What they "
            "played after it is looked for where it can be; a call that cannot be found counts as possibly billed."
        )
    if done.moved_to:
        say(f"What was there before lies in {done.moved_to}; it holds members' words: delete it when you can.")


@dataclass
class _Readied:
    """Readies a restored store, and counts the `games` that had not ended."""

    games: int = 0

    async def ready(self, settings: Settings, wanted: "Preparation") -> int:
        """Carries deletions out again, and marks what may have been played since; returns of how many members."""
        from telephone.backups.doubts import suspect
        from telephone.bootstrap import open_without_engine
        from telephone.privacy.replay import replay

        runtime = await open_without_engine(settings)
        try:
            members = 0
            for names in wanted.secrets:
                members += await replay(runtime.store, runtime.measure, wanted.orders, names)
            if wanted.played_since is not None:
                self.games = await suspect(runtime.store, runtime.players.registry, wanted.played_since)
            return members
        finally:
            await runtime.close()


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")
