"""Which of the two matters more over the turns: both charts, and what they say in words."""

import io

import pytest
from PIL import Image as pil

from telephone.media.charts import Span, describe_difference, describe_shares, difference_chart, shares_chart
from telephone.media.charts.shares import difference_figure, shares_figure
from tests.telephone.media.charts.geometry import flaws, type_of

pytestmark = pytest.mark.slow

Spans = list[Span | None]
TEN = list(range(1, 11))
BROKEN: Spans = [None, None, *(Span(0.2 + k, 0.35 + k, 0.48 + k) for k in (0.0, 0.05, 0.1)), None,
                 *(Span(0.4 + k, 0.5 + k, 0.6 + k) for k in (0.0, 0.05, 0.11)), None]  # fmt: skip


def others(spans: Spans) -> Spans:
    """The shares that are left."""
    return [span and Span(1 - span.high, 1 - span.middle, 1 - span.low) for span in spans]


SHARES: dict[str, tuple[list[int], Spans]] = {
    "broken": (TEN, BROKEN),
    "one turn": ([4], [Span(0.2, 0.4, 0.6)]),
    "every other turn": (TEN, [None, Span(0.1, 0.3, 0.4)] * 5),
    "far outside": (TEN, [Span(-3, 1.4, 4)] * 10),
    "equal": (TEN, [Span(0.5, 0.5, 0.5)] * 10),
    "thirty turns, a third without a verdict": (
        list(range(1, 31)),
        [None, Span(0.4, 0.6, 0.9), Span(0.4, 0.5, 0.9)] * 10,
    ),
    "turns far apart": ([2, 9, 30], [Span(0.1, 0.2, 0.3), None, Span(0.1, 0.2, 0.3)]),
}
DIFFERENCES: dict[str, tuple[list[int], Spans]] = {
    "broken": (TEN, [span and Span(span.low - 0.5, span.middle - 0.5, span.high - 0.5) for span in BROKEN]),
    "one turn": ([4], [Span(-0.0391, -0.0183, 0.0016)]),
    "zero": (TEN, [Span(0, 0, 0)] * 10),
    "immense": ([1, 2], [Span(-1e6, 0, 1e6)] * 2),
    "next to nothing": ([3, 9], [Span(-1e-7, 0, 1e-7)] * 2),
}
WORDS = {"title": "What matters more", "embedder": "MiniLM (offline)"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("turns", "spans"), SHARES.values(), ids=SHARES.keys())
def test_shares_have_no_type_that_overlaps_or_leaves_the_chart(turns, spans, theme) -> None:  # type: ignore[no-untyped-def]
    assert flaws(shares_figure(turns, spans, others(spans), **WORDS, theme=theme)) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("turns", "spans"), DIFFERENCES.values(), ids=DIFFERENCES.keys())
def test_differences_have_no_type_that_overlaps_or_leaves_the_chart(turns, spans, theme) -> None:  # type: ignore[no-untyped-def]
    assert flaws(difference_figure(turns, spans, **WORDS, theme=theme)) == []


def test_both_are_pictures_of_the_house_s_size() -> None:
    for data in (shares_chart(TEN, BROKEN, others(BROKEN), **WORDS), difference_chart(TEN, BROKEN, **WORDS)):
        with pil.open(io.BytesIO(data)) as opened:
            assert (opened.format, opened.size) == ("PNG", (1200, 675))


def test_a_turn_without_a_verdict_is_a_gap_shaded_and_said() -> None:
    drawn = shares_figure(TEN, BROKEN, others(BROKEN), **WORDS, theme="light")
    (axes,) = drawn.axes
    pieces = [
        list(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) > 1 and line.get_color() == "#0072B2"
    ]
    assert pieces == [[3, 4, 5], [7, 8, 9]]
    assert [(patch.get_x(), patch.get_width()) for patch in axes.patches] == [(0.5, 1), (1.5, 1), (5.5, 1), (9.5, 1)]
    assert "Shaded: no verdict at turns 1, 2, 6 and 10" in [piece.text for piece in type_of(drawn)]


def test_a_turn_alone_between_gaps_has_its_interval_as_a_bar() -> None:
    (axes,) = difference_figure(TEN, SHARES["every other turn"][1], **WORDS, theme="light").axes
    bars = [segment for lines in axes.collections if hasattr(lines, "get_segments") for segment in lines.get_segments()]
    assert [(bar[0][0], bar[0][1], bar[1][1]) for bar in bars] == [(n, 0.1, 0.4) for n in (2, 4, 6, 8, 10)]


def test_points_are_hollow_where_it_could_be_either_way() -> None:
    drawn = difference_figure([1, 2, 3], [Span(-1, 0, 1), Span(0.1, 1, 2), Span(-2, -1, 0)], **WORDS, theme="light")
    markers = [line for line in drawn.axes[0].lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() == "#FFFFFF" for line in markers] == [True, False, True]
    assert "Hollow: the interval includes 0" in [piece.text for piece in type_of(drawn)]
    sure = difference_figure([1], [Span(1, 2, 3)], **WORDS, theme="light")
    assert not any("Hollow" in piece.text for piece in type_of(sure))
    share = shares_figure([1, 2], [Span(-0.1, 0, 0.1), SOME], [SOME, SOME], **WORDS, theme="light")
    markers = [line for line in share.axes[0].lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() == "#FFFFFF" for line in markers] == [True, False]
    assert "Hollow: the interval includes 0%" in [piece.text for piece in type_of(share)]


def test_shares_show_all_from_nothing_to_everything_and_differences_have_zero_in_their_middle() -> None:
    drawn = shares_figure([1], [Span(0.4, 0.5, 0.6)], [Span(0.4, 0.5, 0.6)], **WORDS, theme="light")
    assert drawn.axes[0].get_ylim()[0] < 0 < 1 < drawn.axes[0].get_ylim()[1]
    assert {"0%", "25%", "50%", "75%", "100%"} <= {piece.text for piece in type_of(drawn)}
    (axes,) = difference_figure([1], [Span(-0.04, -0.02, -0.01)], **WORDS, theme="light").axes
    assert axes.get_ylim()[0] == -axes.get_ylim()[1] < -0.04
    (axes,) = shares_figure(*SHARES["far outside"], others(SHARES["far outside"][1]), **WORDS, theme="light").axes
    assert 1.4 < axes.get_ylim()[1] < 2


def test_shares_in_words_tell_start_end_change_and_when_it_is_sure() -> None:
    assert describe_shares(TEN, BROKEN, others(BROKEN)) == (
        "Line chart of the shares of T2I and I2T in all variation, 10 turns. T2I: from 35% (20% to 48%) at turn 3 to "
        "61% (51% to 71%) at turn 9; I2T: from 65% (52% to 80%) at turn 3 to 39% (29% to 49%) at turn 9. Biggest "
        "change of the share of T2I: turn 9, +6 points. No verdict at turns 1, 2, 6 and 10."
    )
    nothing: Spans = [Span(-0.1, 0.05, 0.2), Span(0.1, 0.2, 0.3)]
    assert "T2I's interval includes 0% at turn 1." in describe_shares([1, 2], nothing, list(reversed(nothing)))
    assert "I2T's interval includes 0% at turn 2." in describe_shares([1, 2], nothing, list(reversed(nothing)))


def test_differences_in_words_tell_start_end_change_and_when_it_is_sure() -> None:
    spans: Spans = [Span(-0.031, -0.018, -0.004), Span(-0.01, 0.002, 0.014), None, Span(0.001, 0.015, 0.03)]
    assert describe_difference([1, 2, 3, 4], spans) == (
        "Line chart of θ² of T2I less θ² of I2T, 4 turns; above 0 T2I matters more. It goes from −0.018 (−0.031 to "
        "−0.004) at turn 1 to 0.015 (0.001 to 0.030) at turn 4. Biggest change of the difference: turn 2, +0.020. Its "
        "interval is above 0 at turn 4. Its interval is below 0 at turn 1. No verdict at turn 3."
    )
    assert describe_difference([4], [Span(0, 0, 0)]).endswith("It is 0.00 at turn 4.")


def test_words_are_no_longer_than_an_alternative_text_may_be() -> None:
    assert all(len(describe_shares(turns, spans, others(spans))) <= 600 for turns, spans in SHARES.values())
    assert all(len(describe_difference(turns, spans)) <= 600 for turns, spans in DIFFERENCES.values())


SOME = Span(0.1, 0.2, 0.3)


@pytest.mark.parametrize(
    ("turns", "spans", "told"),
    [
        ([], [], "no verdict at any turn"),
        ([1, 2], [None, None], "no verdict at any turn"),
        ([1, 2], [SOME], "as many spans"),
        ([0, 1], [SOME, SOME], "ascend"),
        ([2, 2], [SOME, SOME], "ascend"),
        ([3, 2], [SOME, SOME], "ascend"),
    ],
)
def test_what_makes_no_chart_is_refused(turns: list[int], spans: Spans, told: str) -> None:
    for draw in (
        lambda: shares_chart(turns, spans, spans, **WORDS),
        lambda: difference_chart(turns, spans, **WORDS),
        lambda: describe_shares(turns, spans, spans),
        lambda: describe_difference(turns, spans),
    ):
        with pytest.raises(ValueError, match=told):
            draw()


def test_one_share_without_the_other_is_refused() -> None:
    with pytest.raises(ValueError, match="other way round"):
        describe_shares([1, 2], [SOME, None], [SOME, SOME])
    with pytest.raises(ValueError, match="as many spans"):
        describe_shares([1, 2], [SOME, None], [SOME])
