"""The three questions in the terminal."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from telephone.cli.asking import Json

if TYPE_CHECKING:
    from telephone.scoring.insights import Insights
    from telephone.scoring.interval import Interval

Scores = Annotated[Path, typer.Option("--scores", help="CSV of scores: t2i,i2t,prompt,level,score, one game a line.")]
Level = Annotated[str | None, typer.Option(help="Only prompts of this level; left out, all of them.")]
Higher = Annotated[
    bool, typer.Option("--higher-is-better", help="The scores are similarities; by default they are distances.")
]


def insights(scores: Scores, level: Level = None, higher_is_better: Higher = False, as_json: Json = False) -> None:
    """Answers which T2I is best, which I2T, and which of the two matters more, from the scores of a CSV."""
    from telephone.cli.documents import difficulty_document, insights_document
    from telephone.scoring import insights as three
    from telephone.scoring.sheets import lines_of, read_scores

    read = read_scores(lines_of(scores))
    cells = read.at(level)
    found = three.insights(cells, higher_is_better=higher_is_better)
    if as_json:
        document = {
            "level": level,
            "higher_is_better": higher_is_better,
            **insights_document(found),
            "difficulty": difficulty_document(cells, read.levels),
        }
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))
    else:
        print_insights(
            found, f"{scores.name}{f', {level}' if level else ''}", "higher" if higher_is_better else "lower"
        )


def print_insights(found: "Insights", title: str, closer: str) -> None:
    """The answers as sentences, then the effects they rest on."""
    from telephone.scoring.sentences import KINDS, among, best, factors, figures, lacking, matters_more, without_one

    console = Console()
    said = [
        among(found),
        *(best(found, side, closer=closer) for side in KINDS),
        matters_more(found),
        without_one(found),
        lacking(found),
    ]
    for sentence in filter(None, said):
        console.print(sentence, highlight=False, markup=False)
    models = Table("kind", "model", "against the average", "95% interval", title=escape(title))
    for side, factor in factors(found).items():
        ends = [end for _, one in factor.effects for end in (one.estimate, one.low, one.high)]
        shown = iter(figures(*ends)) if ends else iter(())
        for name, _ in factor.effects:
            models.add_row(KINDS[side], escape(name), next(shown), f"{next(shown)} to {next(shown)}")
    effects = Table("variance of", "θ²", "95% interval", "F", "p")
    rows = [(KINDS[side], factor.effect, factor.interval) for side, factor in factors(found).items()]
    for what, effect, interval in [*rows, ("prompts", found.prompt, found.prompt_interval)]:
        tested = "" if effect.f is None else f"F({effect.above}, {effect.below}) = {effect.f:.2f}"
        p = "" if effect.p is None else f"{effect.p:.4f}" if effect.p >= 0.0001 else "< 0.0001"
        known = min(effect.above, effect.below) > 0
        effects.add_row(what, *(_spread(interval, effect.theta2) if known else ("not known", "")), tested, p)
    effects.add_row("T2I minus I2T", *_spread(found.difference, found.estimate), "", "")
    console.print(models if models.row_count else "", effects)


def _spread(interval: "Interval | None", estimate: float = 0.0) -> tuple[str, str]:
    """An estimate and the ends of its interval, with digits that fit."""
    from telephone.scoring.sentences import figures

    if interval is None:
        return figures(estimate)[0], ""
    middle, low, high = figures(interval.estimate, interval.low, interval.high)
    return middle, f"{low} to {high}"
