"""The chart of a board, and what it says in words."""

import io
from itertools import pairwise

import pytest
from PIL import Image as pil

from telephone.media.charts import Bar, Span, board_chart, describe_board
from telephone.media.charts.board import board_figure
from tests.telephone.media.charts.curves import crossed
from tests.telephone.media.charts.geometry import flaws, type_of

pytestmark = pytest.mark.slow

ROWS = [Bar(one.name, one.last, one.provisional, f"{k} games") for k, one in enumerate(crossed(), 3)]
_LONG = "gpt-image-2.6-sunburst-preview-$x_1^2$ × qwen2-vl-72b-instruct_\\frac{1}{2} 狐"
AWKWARD = {
    "one row": ROWS[:1],
    "four rows": ROWS[:4],
    "twelve rows": ROWS,
    "more rows than fit": ROWS * 2,
    "ratings": [
        Bar(row.name, Span(1000 - 60 * k, 1040 - 60 * k, 1080 - 60 * k), note=f"{99 * k} votes, {9 * k} battles")
        for k, row in enumerate(ROWS)
    ],
    "all the same": [Bar(row.name, Span(0.4, 0.4, 0.4)) for row in ROWS],
    "very wide intervals": [Bar(row.name, Span(-1e6, 0.3, 1e6), provisional=True) for row in ROWS[:5]],
    "next to no width": [Bar(row.name, Span(0.3, 0.3 + 1e-9, 0.3 + 2e-9)) for row in ROWS[:5]],
    "long names and notes": [Bar(f"{_LONG}{k}", Span(0.1, 0.2, 0.3), k % 2 == 0, "n" * 90) for k in range(12)],
    "names that are nothing": [Bar(name, Span(-1, 0, 1)) for name in ("", "$", "a × b × c", "\x00\ud800")],
}


def figure(bars: list[Bar], **changes: object):  # type: ignore[no-untyped-def]
    options = {"title": "Pairs by distance", "measure": "Distance, ImageBind", "better": "lower", "theme": "light"}
    return board_figure(bars, **{**options, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("bars", AWKWARD.values(), ids=AWKWARD.keys())
def test_nothing_on_a_board_overlaps_or_leaves_it(bars, theme) -> None:  # type: ignore[no-untyped-def]
    assert flaws(figure(bars, theme=theme)) == []


def test_it_is_a_picture_of_the_house_s_size() -> None:
    with pil.open(io.BytesIO(board_chart(ROWS, title="a", measure="b"))) as opened:
        assert (opened.format, opened.size) == ("PNG", (1200, 675))


def test_rows_stand_in_the_order_given_each_name_at_its_interval() -> None:
    drawn = figure(ROWS)
    tops = {piece.text: (piece.box.y0 + piece.box.y1) / 2 for piece in type_of(drawn)}
    heights = [tops[row.name] for row in ROWS]
    assert all(above > below for above, below in pairwise(heights))
    places = [drawn.axes[0].transData.transform((0, k))[1] for k in range(len(ROWS))]
    assert heights == pytest.approx(places, abs=4)
    assert tops["3 games"] == pytest.approx(heights[0], abs=4)


def test_every_interval_is_inside_the_panel() -> None:
    low, high = figure(ROWS).axes[0].get_xlim()
    assert low < min(row.span.low for row in ROWS)
    assert high > max(row.span.high for row in ROWS)


def test_the_best_is_shaded_by_what_is_better() -> None:
    for better, best in (("lower", ROWS[0]), ("higher", ROWS[-1])):
        (shade,) = figure(ROWS, better=better).axes[0].patches
        assert (shade.get_x(), shade.get_x() + shade.get_width()) == pytest.approx((best.span.low, best.span.high))
    alone = figure(ROWS[:1])
    assert list(alone.axes[0].patches) == []
    assert not any("Shaded" in piece.text for piece in type_of(alone))


def test_provisional_rows_are_hollow_and_rows_beyond_the_twelfth_are_counted() -> None:
    said = [piece.text for piece in type_of(figure(ROWS * 2))]
    assert "Hollow: provisional" in said
    assert "12 more not shown" in said
    markers = [line for line in figure(ROWS).axes[0].lines if line.get_marker() != "None"]
    assert [line.get_markerfacecolor() == "#FFFFFF" for line in markers] == [row.provisional for row in ROWS]


@pytest.mark.parametrize(("better", "sign", "first"), [("lower", "◀ better", 0), ("higher", "better ▶", -1)])
def test_it_is_said_which_way_is_better(better: str, sign: str, first: int) -> None:
    said = [piece.text for piece in type_of(figure(ROWS, better=better))]
    assert sign in said
    assert f"Distance, ImageBind. {better.capitalize()} is better." in said
    assert f"Best: {ROWS[first].name}," in describe_board(ROWS, measure="x", better=better)  # type: ignore[arg-type]


def test_it_is_told_in_words_who_is_best_and_who_overlaps() -> None:
    bars = [
        Bar("a × b", Span(0.27, 0.31, 0.35), note="42 games"),
        Bar("a × c", Span(0.25, 0.36, 0.47), provisional=True, note="6 games"),
        Bar("d × c", Span(0.52, 0.60, 0.68)),
    ]
    assert describe_board(bars, measure="Distance, ImageBind") == (
        "Chart of intervals, 3 rows: Distance, ImageBind, lower is better. Best: a × b, 0.31 (0.27 to 0.35), 42 games. "
        "Worst: d × c, 0.60 (0.52 to 0.68). With the best's interval overlaps that of a × c. 1 is provisional."
    )
    assert "Best: dalle2 × blip, 1040 (1000 to 1080)" in describe_board(
        AWKWARD["ratings"], measure="Rating", better="higher"
    )


@pytest.mark.parametrize("bars", AWKWARD.values(), ids=AWKWARD.keys())
def test_words_are_no_longer_than_an_alternative_text_may_be(bars: list[Bar]) -> None:
    assert 40 < len(describe_board(bars, measure="Distance" * 40)) <= 600


@pytest.mark.parametrize(
    "draw", [lambda bars: describe_board(bars, measure="x"), lambda bars: board_chart(bars, title="a", measure="x")]
)
def test_a_board_without_rows_is_refused(draw) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="at least one row"):
        draw([])
