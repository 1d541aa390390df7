"""The three questions (which T2I, which I2T, which of the two matters more) in the terminal."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from telephone.cli.common import Json, Server, inquire, place
from telephone.cli.output import print_json, screen
from telephone.cli.score_file import NOT_THERE, about, boards_of, changed, is_export, read_export
from telephone.domain.games import NO_GUILD, TURNS_MAX
from telephone.domain.games import Level as GameLevel

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime
    from telephone.leaderboards.insight_results import Difficulties, EffectCourse, InsightAnswer, InsightQuestion
    from telephone.leaderboards.insights import InsightService
    from telephone.scoring.factor_effects import Insights
    from telephone.scoring.intervals import Interval

Scores = Annotated[
    Path | None,
    typer.Option(
        "--scores",
        parser=place,
        help="CSV of anybody's scores: t2i,i2t,prompt,level,score, one game a line, or what `telephone export scores` "
        "wrote.",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns", help="What the CSV calls its columns: OUR=THEIR names by commas, such as score=distance."
    ),
]
Level = Annotated[str | None, typer.Option(help="Only prompts of this level; left out, all of them.")]
Higher = Annotated[
    bool, typer.Option("--higher-is-better", help="The CSV's scores are similarities; by default they are distances.")
]
WHERE: Final = (
    "--server ID asks for the games of a Discord server, TELEPHONE_DATA_DIR=DIR/.telephone for those that "
    "`telephone play --out DIR` kept."
)
Turn = Annotated[int | None, typer.Option(min=1, max=TURNS_MAX, help="After which turn; 10 or the usual length here.")]
Embedder = Annotated[str | None, typer.Option(help="What measures the distance; left out, the one in use here.")]


def insights(
    scores: Scores = None,
    columns: Columns = None,
    level: Level = None,
    turn: Turn = None,
    embedder: Embedder = None,
    server: Server = NO_GUILD,
    higher_is_better: Higher = False,
    as_json: Json = False,
) -> None:
    """Answers which T2I is best, which I2T, and which of the two matters more: of stored games, or of a CSV."""
    from telephone.leaderboards.insight_results import InsightQuestion

    if scores is None:
        if higher_is_better:
            raise typer.BadParameter("only the scores of a CSV can be similarities", param_hint="--higher-is-better")
        if columns:
            raise typer.BadParameter("only a CSV has columns; name it with --scores", param_hint="--columns")
        _of_games(InsightQuestion(server, level_named(level), turn, embedder), as_json)
    elif server != NO_GUILD:
        raise typer.BadParameter("a CSV has no servers", param_hint="--scores")
    elif is_export(scores):
        if columns or higher_is_better:
            raise typer.BadParameter("an export has its own columns, and distances", param_hint="--scores")
        _of_export(scores, InsightQuestion(server, level_named(level), turn, embedder), as_json)
    elif turn is not None or embedder is not None:
        raise typer.BadParameter("such a CSV has no turns and embedders", param_hint="--scores")
    else:
        _of_sheet(scores, columns or [], level, higher_is_better, as_json)


def _of_games(question: "InsightQuestion", as_json: bool) -> None:
    from telephone.cli.json_documents import answer_document

    async def ask(runtime: "Runtime") -> "tuple[InsightAnswer, EffectCourse, Difficulties]":
        return await _answers(runtime.app.insights, question)

    found = inquire(ask)
    if as_json:
        print_json(answer_document(*found))
    else:
        _print_answers(*found, where=WHERE)


def _of_export(path: Path, question: "InsightQuestion", as_json: bool) -> None:
    from telephone.cli.json_documents import answer_document
    from telephone.leaderboards.insights import InsightService

    file = read_export(path)
    found = asyncio.run(_answers(InsightService(boards_of(file)), question))
    if as_json:
        print_json({**answer_document(*found), "server": None, "file": about(path, file)})
        return
    _print_answers(*found, where=NOT_THERE)
    for sentence in changed(file):
        screen().print(sentence, highlight=False, markup=False)


async def _answers(
    questions: "InsightService", question: "InsightQuestion"
) -> "tuple[InsightAnswer, EffectCourse, Difficulties]":
    return await questions.answer(question), await questions.course(question), await questions.difficulties(question)


def _print_answers(
    answer: "InsightAnswer", course: "EffectCourse", difficulties: "Difficulties", *, where: str
) -> None:
    """The answers of stored games; `where` says where to look for games, if there are none."""
    from telephone.leaderboards.wording.insights import heading, notes, nothing_here

    said = notes(answer, rescore="telephone rescore")
    if answer.found is None:
        said.insert(0, f"{nothing_here(answer)} {where}")
    else:
        print_insights(answer.found, heading(answer.asked, answer.judge), "closer")
        _print_course(course)
        _print_difficulties(difficulties)
    for sentence in said:
        screen().print(sentence, highlight=False, markup=False)


def _of_sheet(path: Path, columns: list[str], level: str | None, higher_is_better: bool, as_json: bool) -> None:
    from telephone.cli.json_documents import difficulty_document, insights_document
    from telephone.leaderboards.csv_input import SCORES, lines_of, read_scores
    from telephone.leaderboards.csv_records import columns_of
    from telephone.scoring import factor_effects as three

    read = read_scores(lines_of(path), columns_of(columns, SCORES))
    cells = read.at(level)
    found = three.insights(cells, higher_is_better=higher_is_better)
    if as_json:
        document = {
            "level": level,
            "higher_is_better": higher_is_better,
            **insights_document(found),
            "difficulty": difficulty_document(cells, read.levels),
        }
        print_json(document)
    else:
        print_insights(found, f"{path.name}{f', {level}' if level else ''}", "higher" if higher_is_better else "lower")


def level_named(name: str | None) -> "GameLevel | None":
    """The level that was typed. Raises BadParameter."""
    try:
        return None if name is None else GameLevel(name.strip().lower())
    except ValueError:
        raise typer.BadParameter(f"write one of {', '.join(GameLevel)}", param_hint="--level") from None


def print_insights(found: "Insights", title: str, closer: str) -> None:
    """The answers as sentences, then the effects they rest on."""
    from telephone.leaderboards.wording.insights import KINDS, among, best, figures, lacking, matters_more, without_one
    from telephone.scoring.factor_effects import factors

    console = screen()
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


def _print_course(course: "EffectCourse") -> None:
    """Each kind's share turn by turn, where it is known at any."""
    from telephone.leaderboards.wording.insights import percent

    table = Table("turn", "prompts", "T2I's share", "I2T's share", "T2I minus I2T", title="Turn by turn")
    for moment in course.moments:
        shares = [percent(share) if share else "too early" for share in (moment.t2i, moment.i2t)]
        table.add_row(str(moment.turn), str(moment.prompts), *shares, _whole(moment.difference))
    if any(moment.difference for moment in course.moments):
        screen().print(table)


def _print_difficulties(found: "Difficulties") -> None:
    table = Table("prompt", "level", "measured", "95% interval", title="How hard the prompts are")
    for row in found.prompts:
        table.add_row(escape(row.prompt), row.level, *(_spread(row.measured) if row.measured else ("not known", "")))
    screen().print(table if table.row_count else "")


def _whole(interval: "Interval | None") -> str:
    middle, ends = _spread(interval) if interval else ("", "")
    return f"{middle} ({ends})" if interval else ""


def _spread(interval: "Interval | None", estimate: float = 0.0) -> tuple[str, str]:
    """An estimate and the ends of its interval, with digits that fit."""
    from telephone.leaderboards.wording.insights import figures

    if interval is None:
        return figures(estimate)[0], ""
    middle, low, high = figures(interval.estimate, interval.low, interval.high)
    return middle, f"{low} to {high}"
