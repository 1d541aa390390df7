"""The `telephone` command. Exit status 0 on success, 2 on bad usage, 1 with one clear sentence otherwise."""

import asyncio
import errno
import logging
import shlex
import sys
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from telephone import log, memory
from telephone.cli import (
    backups,
    designs,
    exports,
    insights,
    leaderboard,
    members,
    models,
    pairs,
    plans,
    prompts,
    rescore,
    upkeep,
)
from telephone.cli.common import Json, Server, inquire, place
from telephone.cli.output import prepare, print_json, say, screen
from telephone.domain.games import DEFAULT_TURNS, NO_GUILD, TURNS_MAX, GameState
from telephone.errors import Misconfigured, TelephoneError
from telephone.settings import Settings

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime
    from telephone.cli.doctor import Diagnosis
    from telephone.domain.calibration import Bearings
    from telephone.domain.games import Drift
    from telephone.games.admission import StartRequest
    from telephone.games.service import UnfinishedGame

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)

_NOT_WRITTEN: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR)
"""What the operating system says where something may not, or can no longer, be written."""


def main() -> None:
    """Runs the command line."""
    prepare()
    log.configure(logging.WARNING)
    for entry in entry_points(group="telephone.commands"):
        _join(entry)
    try:
        app()
    except TelephoneError as error:
        # Whoever sits at the terminal is the operator: what players are not told is said here.
        detail = error.detail if isinstance(error, Misconfigured) else ""
        print(" ".join(filter(None, (error.sentence, detail))), file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno not in _NOT_WRITTEN:
            raise
        where = error.filename or "The output"
        print(f"{where} cannot be written: {error.strerror}; make room there or name another place.", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        from telephone.engine.outages import is_database_outage, said

        if not is_database_outage(error):
            raise
        print(f"The database does not answer just now ({said(error)}); please try again in a minute.", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None


@app.command()
def play(
    prompt: Annotated[
        str | None, typer.Argument(help="What to start from: a sentence, or a curated prompt such as #easy-001.")
    ] = None,
    t2i: Annotated[str | None, typer.Option(help="Who draws.")] = None,
    i2t: Annotated[str | None, typer.Option(help="Who describes.")] = None,
    turns: Annotated[int, typer.Option(min=1, max=TURNS_MAX, help="Pictures and captions to play.")] = DEFAULT_TURNS,
    seed: Annotated[int | None, typer.Option(help="The same seed plays the same game.")] = None,
    out: Annotated[
        Path | None, typer.Option(parser=place, help="Folder for pictures, game.json, drift.png, replay, album.")
    ] = None,
    design: Annotated[
        Path | None,
        typer.Option(parser=place, help="A frozen design to play, game after game; the same command goes on with it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Plays a game here and keeps it in a folder, or all games of a frozen design."""
    memory.collect_seldom()
    if design is not None:
        from telephone.cli.design_play import play_design

        if (prompt, t2i, i2t, turns, seed) != (None, None, None, DEFAULT_TURNS, None):
            raise typer.BadParameter("a design says what is played; leave the other options out", param_hint="--design")
        if out is None:
            raise typer.BadParameter("name the folder with --out, so that the same command goes on", param_hint="--out")
        play_design(design, out, as_json)
        return
    if prompt is None:
        raise typer.BadParameter("write a prompt, or name a design with --design", param_hint="PROMPT")
    log.configure(logging.ERROR)  # what a game waits for is said in a sentence
    from telephone.games.admission import StartRequest

    asked = StartRequest(prompt=prompt, t2i=t2i, i2t=i2t, turns=turns, seed=seed)
    folder = out or Path(f"out/{datetime.now():%Y%m%d-%H%M%S}")  # noqa: DTZ005 local time names the folder
    asyncio.run(_play(asked, folder, as_json))


async def _play(asked: "StartRequest", folder: Path, as_json: bool) -> None:
    from telephone.bootstrap import open_terminal
    from telephone.cli.terminal import TerminalPresenter
    from telephone.scoring.drift import drift_of

    console = screen(stderr=as_json)
    presenter = TerminalPresenter(console, folder)
    data_dir = folder / ".telephone"
    settings = Settings.load().model_copy(update={"data_dir": data_dir, "database_url": None, "storage_url": None})
    runtime = await open_terminal(settings, presenter)
    try:
        for left in await runtime.app.games.status(NO_GUILD):
            await runtime.app.games.stop(left.game.id, by=0, is_host=True)
        game = await runtime.app.games.start(asked)
        most = f", up to ${game.costs.reserved:.4f}" if game.costs.reserved else ""
        turns = "1 turn" if game.request.turns == 1 else f"{game.request.turns} turns"
        start = f"Playing {game.pair}, {turns}, seed {game.request.seed}{most}."
        console.print(start, markup=False)
        game = await runtime.app.games.closed(game.id, timeout=24 * 3600)
        try:
            document = await runtime.app.games.keep(game.id, folder)
        except Misconfigured as error:
            again = f"TELEPHONE_DATA_DIR={shlex.quote(str(data_dir))} telephone replay {game.number} --out FOLDER"
            raise Misconfigured(f"{error.sentence} The game is kept; write it with: {again}") from error
        embedder = runtime.players.registry.label(game.embedder or "")
        measured = await runtime.app.games.get(game.id)
        bearings = await runtime.calibrations.bearings(measured)
    finally:
        presenter.close()
        await runtime.close()
    if as_json:
        print_json(document)
    else:
        _print_result(console, embedder, document, bearings, folder, drift_of(measured))
    if game.state is not GameState.FINISHED:
        raise TelephoneError(game.reason or "The game ended before its last turn.")


def _print_result(
    console: Console,
    embedder: str,
    document: dict[str, Any],
    bearings: "Bearings",
    folder: Path,
    drift: "Drift | None",
) -> None:
    from telephone.domain.calibration import told, unread

    far = document["summary"]["final_distance"]
    if far is not None:
        console.print(f"Distance from the prompt to the last caption: {far:.2f}, by {embedder}.", markup=False)
        console.print(told(far, bearings), markup=False)
    if drift is not None and drift.unread:
        console.print(unread(drift, embedder), markup=False)
    if document["summary"]["cost_usd"]:
        console.print(f"Spent: ${document['summary']['cost_usd']:.4f}.", highlight=False)
    lies = f"The result lies in {folder}: open {folder / 'album.html'}"
    console.print(lies, highlight=False, markup=False, soft_wrap=True)


app.command("models")(models.models)
app.command("prompts")(prompts.listed)
app.command("leaderboard")(leaderboard.leaderboard)
app.command("pair")(pairs.pair)
app.command("plan")(plans.plan)
app.command("rescore")(rescore.rescore)
app.command("insights")(insights.insights)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("check")(upkeep.check)
app.command("prune")(upkeep.prune)
app.add_typer(exports.app, name="export")
app.add_typer(designs.app, name="design")
app.add_typer(members.app, name="me")


@app.command()
def doctor(
    live: Annotated[
        bool, typer.Option("--live", help="Also asks the providers what only they can tell; says first what it costs.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --live: spend what it says at most.")] = False,
    budget: Annotated[float | None, typer.Option(min=0, help="With --live: spend at most so many US dollars.")] = None,
    only: Annotated[str, typer.Option(help="With --live: parts to run, such as schemas,words; left out, all.")] = "",
    out: Annotated[
        Path | None,
        typer.Option(parser=place, help="With --live: file for the table, to send back; by default doctor-live.md."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tells what is configured, what is reachable, what is missing and how to get it."""
    from telephone.cli.doctor import examine
    from telephone.cli.live_doctor import as_rows, examine_live, failed

    settings = Settings.load()
    findings = asyncio.run(examine(settings))
    if not as_json:
        _print_findings(findings)
    asking = (
        examine_live(settings, only=only, yes=yes, budget=budget, out=out or Path("doctor-live.md"), silent=as_json)
        if live
        else None
    )
    answers = asyncio.run(asking) if asking is not None else []
    if as_json:
        document = [asdict(finding) for finding in findings] + as_rows(answers)
        print_json(document)
    if any(finding.health == "broken" for finding in findings) or failed(answers):
        raise SystemExit(1)


def _print_findings(findings: list["Diagnosis"]) -> None:
    marks = {"good": "[green]ok[/green]", "missing": "[yellow]--[/yellow]", "broken": "[red]!![/red]"}
    table = Table("", "what", "how it stands", "what to do")
    for finding in findings:
        table.add_row(marks[finding.health], finding.what, escape(finding.stands), escape(finding.remedy))
    screen().print(table)


@app.command()
def status(server: Server = NO_GUILD, as_json: Json = False) -> None:
    """Lists the games of a server that have not ended."""

    async def ask(runtime: "Runtime") -> list["UnfinishedGame"]:
        return await runtime.app.games.status(server)

    standings = inquire(ask)
    if as_json:
        rows = [
            {
                "game": s.game.id,
                "number": s.game.number,
                "pair": str(s.game.pair),
                "state": s.game.state,
                "place": s.place,
            }
            for s in standings
        ]
        print_json(rows)
    for standing in () if as_json else standings:
        place = f", place {standing.place}" if standing.place else ""
        say(f"#{standing.game.number}  {standing.game.pair}  {standing.game.state}{place}")
    if not standings and not as_json:
        say("No game is under way.")


@app.command()
def replay(
    number: Annotated[int, typer.Argument(help="The game's number, as in #128.")],
    server: Server = NO_GUILD,
    out: Annotated[
        Path | None, typer.Option(parser=place, help="Folder to write into; by default game-NUMBER here.")
    ] = None,
) -> None:
    """Writes the pictures, the GIF and the album of a stored game."""
    folder = out or Path(f"game-{number}")

    async def ask(runtime: "Runtime") -> None:
        game = await runtime.app.games.by_number(server, number)
        await runtime.app.games.keep(game.id, folder)

    inquire(ask)
    say(f"The result lies in {folder}: open {folder / 'album.html'}")


@app.command()
def pause() -> None:
    """Stops every game and all spending on every server, until `telephone resume`."""

    async def ask(runtime: "Runtime") -> int:
        return await runtime.app.servers.pause_everywhere()

    say(f"Paused; {_games(inquire(ask))} held. `telephone resume` goes on.")


@app.command()
def resume() -> None:
    """Ends the operator's pause; a running bot goes on with the games within seconds."""

    async def ask(runtime: "Runtime") -> int:
        return await runtime.app.servers.resume_everywhere()

    say(f"The pause is over; {_games(inquire(ask))} to go on.")


def _games(count: int) -> str:
    return "1 game" if count == 1 else f"{count} games"


def _join(entry: EntryPoint) -> None:
    """Adds a command that another package offers as an entry point; its code is loaded only when it is called."""

    def run(arguments: typer.Context) -> None:
        raise SystemExit(entry.load()(arguments.args))

    run.__doc__ = _JOINED.get(entry.name, f"Runs {entry.value}.")
    everything = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    app.command(entry.name, context_settings=everything)(run)


_JOINED = {
    "bot": "Runs the bot on Discord.",
    "demo": "Shows the whole bot on a Discord in this machine's browser; no account, no key.",
    "live-check": "Asks the real Discord what our code counts on, and prints a table to send back.",
}
