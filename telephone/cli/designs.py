"""`telephone design`: a plan of games that is frozen before the first of them is played, and whether it was kept to."""

import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from telephone.cli.common import Json, Server, inquire, place
from telephone.cli.insights import level_named
from telephone.cli.output import print_json, screen
from telephone.cli.score_file import read_export
from telephone.domain.games import DEFAULT_TURNS, NO_GUILD, TURNS_MAX, Pair, Prompt
from telephone.errors import BadInput

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime
    from telephone.domain.designs import FrozenDesign
    from telephone.leaderboards.score_file import ScoreFile
    from telephone.tournaments.report import DesignReport

app = typer.Typer(
    no_args_is_help=True, help="Freezes a plan of games before they are played, and checks it afterwards."
)

File = Annotated[Path, typer.Argument(parser=place, help="The file of the design.")]


@app.callback()
def callback() -> None:
    """Freezes a plan of games before they are played, and checks it afterwards."""


@app.command()
def new(
    file: File,
    t2i: Annotated[str, typer.Option(help="Who draws: names by commas; each plays with every one of --i2t.")],
    i2t: Annotated[str, typer.Option(help="Who describes: names by commas.")],
    prompts: Annotated[
        str, typer.Option(help="How many to draw from the list, or slugs by commas: #easy-001,#hard-002.")
    ],
    level: Annotated[str | None, typer.Option(help="Draw only prompts of this level.")] = None,
    draw: Annotated[int, typer.Option(min=0, help="The seed that prompts are drawn by.")] = 1,
    seeds: Annotated[
        str, typer.Option(help="Seeds of games by commas: every pair plays every prompt with each.")
    ] = "1",
    turns: Annotated[int, typer.Option(min=1, max=TURNS_MAX, help="Pictures and captions of a game.")] = DEFAULT_TURNS,
    embedders: Annotated[
        str | None, typer.Option(help="What must measure every game; by default those of boards.")
    ] = None,
    narrower: Annotated[
        float | None,
        typer.Option(min=0.001, max=2, help="Stop once every interval of the board is narrower than this."),
    ] = None,
    least: Annotated[int, typer.Option(min=3, help="With --narrower: after so many prompts at the earliest.")] = 10,
    server: Server = NO_GUILD,
    as_json: Json = False,
) -> None:
    """Freezes a new design: pairs, prompts, seeds, turns, embedders and when to stop."""
    from telephone.domain.designs import DesignPrompt, FrozenDesign, Stopping
    from telephone.prompts.catalog import offered
    from telephone.tournaments.design_file import checked, write_design

    async def ask(runtime: "Runtime") -> "FrozenDesign":
        registry = runtime.players.registry
        pairs = [
            Pair(registry.table(a, "t2i").name, registry.table(b, "i2t").name)
            for a, b in product(names_by_commas(t2i, "--t2i"), names_by_commas(i2t, "--i2t"))
        ]
        chosen = _chosen(prompts, await offered(runtime.store, server), level, draw)
        ready = {name: embedder.version for name, embedder in runtime.measure.embedders.items()}
        names = (
            names_by_commas(embedders, "--embedders")
            if embedders
            else [judge.name for judge in runtime.app.boards.judges]
        )
        unknown = [name for name in names if name not in ready]
        if unknown:
            raise BadInput(f"No embedder called '{unknown[0][:40]}' is ready here; write any of {', '.join(ready)}.")
        return FrozenDesign(
            tuple(dict.fromkeys(pairs)),
            tuple(map(DesignPrompt.of, chosen)),
            tuple(_seed(one) for one in names_by_commas(seeds, "--seeds")),
            turns,
            tuple((name, ready[name]) for name in names),
            Stopping() if narrower is None else Stopping("narrow", narrower, least),
        )

    design = checked(inquire(ask))
    write_design(file, design)
    _print(design, file, as_json, stated=design.hash)


@app.command()
def show(file: File, server: Server = NO_GUILD, as_json: Json = False) -> None:
    """Shows a design, and whether its file and the words of its prompts are those that were frozen."""
    from telephone.prompts.catalog import offered
    from telephone.tournaments.design_file import read_design
    from telephone.tournaments.player import changed_prompts

    found = read_design(file)

    async def ask(runtime: "Runtime") -> list[str]:
        return changed_prompts(found.design, await offered(runtime.store, server))

    _print(found.design, file, as_json, stated=found.stated, changed=inquire(ask))


@app.command()
def check(
    file: File,
    scores: Annotated[
        Path | None, typer.Option(parser=place, help="What was played, as `telephone export scores` wrote it.")
    ] = None,
    server: Server = NO_GUILD,
    as_json: Json = False,
) -> None:
    """Tells whether what was played is what was designed: of stored games, or of an exported file."""
    from telephone.tournaments.design_file import frozen
    from telephone.tournaments.player import scores_of
    from telephone.tournaments.report import report

    design = frozen(file)
    if scores is not None:
        if server != NO_GUILD:
            raise typer.BadParameter("a file has no servers", param_hint="--scores")
        played: ScoreFile | None = read_export(scores)
        if played is not None and not played.is_intact:
            raise BadInput(f"{scores} is not as it was exported (see telephone leaderboard --scores); export it again.")
    else:

        async def ask(runtime: "Runtime") -> "ScoreFile | None":
            from telephone.store import Pool

            return await scores_of(runtime.store, runtime.app.boards.judges, Pool(server))

        played = inquire(ask)
    print_report(report(design, played), as_json)


def print_report(found: "DesignReport", as_json: bool) -> None:
    """The report on a design. Exits with status 1 where what was played is not what was designed."""
    from telephone.tournaments.wording import told

    if as_json:
        print_json(report_document(found))
    else:
        for sentence in told(found):
            screen().print(sentence, highlight=False, markup=False, soft_wrap=True)
    if not found.as_designed:
        raise SystemExit(1)


def report_document(found: "DesignReport") -> dict[str, Any]:
    """The report as a document."""

    def rows(departures: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {"t2i": d.pair.t2i, "i2t": d.pair.i2t, "prompt": d.prompt, "seed": d.seed, "how": d.how} for d in departures
        ]

    return {
        "design": found.design.hash,
        "as_designed": found.as_designed,
        "designed": found.designed,
        "played": found.played,
        "stopped_after": found.stopped_after,
        "missing": rows(found.missing),
        "departures": rows(found.departures),
        "others": found.others,
    }


def _print(design: "FrozenDesign", file: Path, as_json: bool, *, stated: str, changed: Sequence[str] = ()) -> None:
    from telephone.domain.designs import as_document
    from telephone.tournaments.wording import heading, stopping

    frozen = stated == design.hash
    if as_json:
        state = {"hash": design.hash, "frozen": frozen, "changed_prompts": list(changed), "games": len(design)}
        print_json({**as_document(design), **state})
        return
    table = Table("what", "of the design", title=escape(heading(design)), show_header=False)
    table.add_row("pairs", escape(", ".join(map(str, design.pairs))))
    table.add_row("prompts", escape(", ".join(one.slug for one in design.prompts)))
    table.add_row("seeds", ", ".join(map(str, design.seeds)))
    table.add_row("embedders", escape(", ".join(f"{name} {version}" for name, version in design.embedders)))
    table.add_row("hash", design.hash)
    said = [stopping(design.stopping)]
    said += [] if frozen else [f"The file was changed after it was frozen: it states the hash {stated}."]
    said += [f"The words of {slug} are not those that were frozen." for slug in changed]
    screen().print(table)
    for sentence in [*said, f"Play it with: telephone play --design {file} --out FOLDER"]:
        screen().print(sentence, highlight=False, markup=False, soft_wrap=True)


def names_by_commas(text: str, option: str) -> list[str]:
    """What was typed, name by name. Raises BadParameter where nothing was."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise typer.BadParameter("write names by commas", param_hint=option)
    return found


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise typer.BadParameter(f"'{text[:40]}' is no whole number", param_hint="--seeds")
    return int(text)


def _chosen(typed: str, listed: Sequence[Prompt], level: str | None, draw: int) -> list[Prompt]:
    """The prompts that are named, or so many drawn from the list, in the order of the draw."""
    wanted = level_named(level)
    if typed.strip().isascii() and typed.strip().isdigit():
        among = sorted((one for one in listed if wanted in (None, one.level)), key=lambda one: str(one.slug))
        count = int(typed.strip()[:9])
        if not 1 <= count <= len(among):
            raise BadInput(f"The list has {len(among)} such prompts; draw from 1 to so many.")
        return random.Random(draw).sample(among, count)
    if wanted is not None:
        raise typer.BadParameter("slugs have their levels; leave it out", param_hint="--level")
    by_slug = {str(one.slug).casefold(): one for one in listed}
    names = names_by_commas(typed, "--prompts")
    unknown = [name for name in names if name.casefold() not in by_slug]
    if unknown:
        raise BadInput(f"No prompt on the list is called {unknown[0][:40]}; telephone prompts lists them.")
    return [by_slug[name.casefold()] for name in names]
