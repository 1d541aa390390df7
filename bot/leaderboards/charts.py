"""The charts of a board. Drawing keeps a core busy: call these through `off_loop`."""

from collections.abc import Sequence

from bot.ui.posts import Attachment
from telephone.domain.games import Level
from telephone.leaderboards.board import Board, BoardCourse, PairRow
from telephone.leaderboards.wording import board as words
from telephone.media.charts import (
    Bar,
    ChartCurve,
    ChartScale,
    Span,
    board_chart,
    describe_board,
    describe_levels,
    describe_pairs,
    levels_chart,
    pairs_chart,
)
from telephone.scoring.intervals import Interval


def intervals(board: Board, rows: Sequence[PairRow]) -> tuple[Attachment, ...]:
    """Draws the intervals of some rows: one chart by distance, one by votes, each where rows have such a figure."""
    charts = []
    which = words.which(board)
    distances = [
        _bar(row, row.distance.distance, row.distance.provisional, words.counted(row.distance.games, "game"))
        for row in rows
        if row.distance
    ]
    if distances:
        measure = f"Distance after turn {board.turns}, {words.embedder(board)}"
        data = board_chart(distances, title=f"Pairs by distance, {which}", measure=measure)
        charts.append(Attachment("distances.png", data, describe_board(distances, measure=measure)))
    ratings = [
        _bar(row, row.votes.rating, row.votes.provisional, words.counted(row.votes.votes, "vote"))
        for row in rows
        if row.votes
    ]
    if ratings:
        measure = "Rating, 400 points are odds of ten to one"
        data = board_chart(ratings, title=f"Pairs by votes, {which}", measure=measure, better="higher")
        charts.append(Attachment("votes.png", data, describe_board(ratings, measure=measure, better="higher")))
    return tuple(charts)


def turn_by_turn(board: Board, courses: Sequence[BoardCourse], scale: ChartScale | None) -> tuple[Attachment, ...]:
    """Draws the curves of the pairs beside the embedder's scale; empty without curves."""
    if not courses:
        return ()
    curves = [_curve(course) for course in courses]
    title = f"Drift of pairs, {words.which(board)}"
    data = pairs_chart(curves, title=title, embedder=words.embedder(board), scale=scale)
    return (Attachment("turns.png", data, describe_pairs(curves, scale=scale)),)


def level_by_level(
    board: Board, found: Sequence[tuple[Level, Sequence[BoardCourse]]], scale: ChartScale | None
) -> tuple[Attachment, ...]:
    """Draws the curves of the pairs on each level beside the embedder's scale; empty without curves."""
    if not found:
        return ()
    panels = [(level.value, [_curve(course) for course in courses]) for level, courses in found]
    title = f"Drift of pairs by level, {words.which(board)}"
    data = levels_chart(panels, title=title, embedder=words.embedder(board), scale=scale)
    return (Attachment("levels.png", data, describe_levels(panels, scale=scale)),)


def _bar(row: PairRow, interval: Interval, provisional: bool, note: str) -> Bar:
    return Bar(str(row.pair), Span(interval.low, interval.estimate, interval.high), provisional, note)


def _curve(course: BoardCourse) -> ChartCurve:
    spans = [(max(0.0, span.low), min(max(span.estimate, 0.0), 2.0), min(span.high, 2.0)) for span in course.spans]
    low, middle, high = zip(*spans, strict=True)
    return ChartCurve(str(course.pair), middle, low, high, course.provisional)
