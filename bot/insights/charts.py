"""The charts of insights. Drawing keeps a core busy: call these through `off_loop`."""

from bot.ui.posts import Attachment
from telephone.leaderboards.insight_results import Difficulties, EffectCourse, InsightAnswer
from telephone.leaderboards.wording import insights as words
from telephone.leaderboards.wording.insights import KINDS
from telephone.media.charts import (
    Bar,
    Span,
    board_chart,
    describe_board,
    describe_difference,
    describe_difficulty,
    describe_shares,
    difference_chart,
    difficulty_chart,
    shares_chart,
)
from telephone.scoring.factor_effects import factors
from telephone.scoring.intervals import Interval


def models(answer: InsightAnswer) -> tuple[Attachment, ...]:
    """Draws, a chart for each kind, how far its models are from their average; empty without an estimate."""
    if answer.found is None:
        return ()
    name = words.plain(answer.judge.label)
    charts = []
    for side, factor in factors(answer.found).items():
        bars = [Bar(model, _known(effect), provisional=factor.best is None) for model, effect in factor.effects]
        if bars:
            measure = f"Distance against their average, turn {answer.turn}, {name}"
            data = board_chart(bars, title=f"{KINDS[side]} models, {_which(answer)}", measure=measure)
            charts.append(Attachment(f"{side}.png", data, describe_board(bars, measure=measure)))
    return tuple(charts)


def turn_by_turn(course: EffectCourse) -> tuple[Attachment, ...]:
    """Draws each kind's share over the turns, and their difference; empty where no turn has an estimate."""
    turns = [moment.turn for moment in course.moments]
    both = [(moment.t2i, moment.i2t) if moment.t2i and moment.i2t else (None, None) for moment in course.moments]
    t2i, i2t = ([_span(one[kind]) for one in both] for kind in (0, 1))
    differences = [_span(moment.difference) for moment in course.moments]
    title, name = f"What matters, {_which(course)}", words.plain(course.judge.label)
    charts = []
    if any(t2i):
        data = shares_chart(turns, t2i, i2t, title=title, embedder=name)
        charts.append(Attachment("shares.png", data, describe_shares(turns, t2i, i2t)))
    if any(differences):
        data = difference_chart(turns, differences, title=title, embedder=name)
        charts.append(Attachment("difference.png", data, describe_difference(turns, differences)))
    return tuple(charts)


def by_prompt(found: Difficulties) -> tuple[Attachment, ...]:
    """Draws every prompt's measured difficulty, grouped by level; empty where none is known."""
    rows = [(row.prompt, str(row.level or "no level"), _span(row.measured)) for row in found.prompts]
    if not any(span for _, _, span in rows):
        return ()
    title = f"Measured difficulty, {_which(found)}"
    data = difficulty_chart(rows, title=title, embedder=words.plain(found.judge.label))
    return (Attachment("prompts.png", data, describe_difficulty(rows)),)


def _which(one: InsightAnswer | EffectCourse | Difficulties) -> str:
    return f"{one.asked.level or 'curated'} prompts"


def _span(interval: Interval | None) -> Span | None:
    return None if interval is None else _known(interval)


def _known(interval: Interval) -> Span:
    return Span(interval.low, interval.estimate, interval.high)
