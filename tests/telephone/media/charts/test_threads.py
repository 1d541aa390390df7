"""Charts are drawn on several threads at once, as the bot does."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from telephone.media.charts import (
    Bar,
    Span,
    board_chart,
    difference_chart,
    difficulty_chart,
    drift_chart,
    levels_chart,
    pairs_chart,
    shares_chart,
)
from tests.telephone.media.charts.curves import SCALE, crossed

pytestmark = pytest.mark.slow

TITLE = {"title": "Ünïcode $x_1$ 狐"}
SPANS = [Span(0.1, 0.2, 0.3), None, Span(0.2, 0.3, 0.4)]
CHARTS = (
    partial(drift_chart, (0.2, 0.5, 0.4), embedder="a", scale=SCALE, rest=2, **TITLE),
    partial(pairs_chart, crossed(), embedder="a", scale=SCALE, **TITLE),
    partial(levels_chart, [("easy", crossed()), ("hard", [])], embedder="a", scale=SCALE, **TITLE),
    partial(
        board_chart, [Bar(one.name, one.last, one.provisional, "9 games") for one in crossed()], measure="a", **TITLE
    ),
    partial(shares_chart, [1, 2, 3], SPANS, SPANS, embedder="a", **TITLE),
    partial(difference_chart, [1, 2, 3], SPANS, embedder="a", **TITLE),
    partial(
        difficulty_chart, [("#easy-001", "easy", SPANS[0]), ("#hard-001", "hard", SPANS[2])], embedder="a", **TITLE
    ),
)


def test_every_chart_gives_the_same_bytes_on_many_threads_as_on_one() -> None:
    alone = [draw() for draw in CHARTS]
    assert len(set(alone)) == len(alone)
    with ThreadPoolExecutor(4) as pool:
        assert [task.result() for task in [pool.submit(draw) for draw in CHARTS * 2]] == alone * 2
