"""Measuring old games with another embedder, in the terminal, beside a bot that may be running."""

import secrets
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from telephone.cli.common import Server, inquire
from telephone.cli.output import say, screen
from telephone.domain.games import NO_GUILD
from telephone.errors import NotAllowed, TelephoneError

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime
    from telephone.domain.rescores import Rescore

INTERRUPTED = "Interrupted. The same command goes on where this one was stopped."


def rescore(
    embedder: Annotated[str, typer.Argument(help="What to measure with, such as imagebind.")],
    server: Server = NO_GUILD,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before money is spent.")] = False,
) -> None:
    """Measures old games with another embedder; can be interrupted and gone on with."""
    try:
        job, label = inquire(lambda runtime: _rescore(runtime, server, embedder, yes))
    except KeyboardInterrupt:
        typer.echo(INTERRUPTED, err=True)
        raise
    if job.reason is not None:
        raise TelephoneError(f"{job.reason} {_games(job.measured)} measured with {label}; the same command goes on.")
    left_out = f" {_games(job.left_out)} could not be." if job.left_out else ""
    spent = f" ${job.spent_usd:.4f} spent." if job.spent_usd else ""
    say(f"{_games(job.measured)} measured with {label}.{left_out}{spent}")


async def _rescore(runtime: "Runtime", server: int, embedder: str, yes: bool) -> tuple["Rescore", str]:
    from telephone.domain.rescores import Rescore
    from telephone.engine.outages import through_outages
    from telephone.measurement.rescoring import Outcome

    service, rescorer = runtime.app.rescores, runtime.app.rescores.rescorer
    job = await rescorer.running(server, rescorer.measure.named(embedder).name)
    if job is None:
        plan = await rescorer.plan(server, embedder)
        costs = f", for at most ${plan.most_usd:.4f}" if plan.most_usd else ""
        scale = f", and ${plan.scale_usd:.4f} once for its scale" if plan.scale_usd else ""
        say(f"{_games(plan.games)} to measure with {service.label(plan.embedder)}{costs}{scale}.")
        if plan.most_usd and not yes:
            typer.confirm("Shall they be?", abort=True)
        job, mine = await rescorer.begin(plan)
    else:
        job, mine = await rescorer.join(job)
        say(f"Going on after {_games(job.measured + job.left_out)} of {job.games:,}.")
    if not mine:
        raise NotAllowed(service.busy(job))
    with _bar() as bar:
        task = bar.add_task(service.label(job.embedder), total=job.games, completed=job.measured + job.left_out)

        async def told(now: Rescore) -> None:
            bar.update(task, completed=now.measured + now.left_out)

        work = partial(rescorer.work, job.id, secrets.token_hex(8), told)
        outcome = await through_outages(work)
    job = await runtime.store.rescores.get(job.id)
    if outcome is Outcome.HELD:
        raise NotAllowed(service.busy(job))
    return job, service.label(job.embedder)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=screen(stderr=True), transient=True)


def _games(count: int) -> str:
    return "1 game" if count == 1 else f"{count:,} games"
