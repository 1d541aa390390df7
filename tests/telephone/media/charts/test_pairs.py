"""The chart of pairs, and what it says in words."""

import io

import pytest
from PIL import Image as pil

from telephone.media.charts import ChartCurve, Theme, describe_pairs, pairs_chart
from telephone.media.charts.pairs import pairs_figure
from tests.telephone.media.charts.curves import AWKWARD, SCALE, crossed, curve
from tests.telephone.media.charts.geometry import flaws, type_of

pytestmark = pytest.mark.slow


def figure(curves: list[ChartCurve], **changes: object):  # type: ignore[no-untyped-def]
    options = {"title": "Pairs by turn", "embedder": "MiniLM (offline)", "scale": SCALE, "theme": "light"}
    return pairs_figure(curves, **{**options, **changes})  # type: ignore[arg-type]


def words(drawn) -> list[str]:  # type: ignore[no-untyped-def]
    return [piece.text for piece in type_of(drawn)]


@pytest.mark.parametrize("scale", [None, SCALE])
@pytest.mark.parametrize("curves", AWKWARD.values(), ids=AWKWARD.keys())
def test_no_label_overlaps_another_or_leaves_the_chart(curves, scale) -> None:  # type: ignore[no-untyped-def]
    assert flaws(figure(curves, scale=scale)) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_a_picture_of_the_house_s_size(theme: Theme) -> None:
    data = pairs_chart(crossed(), title="a", embedder="b", theme=theme)
    with pil.open(io.BytesIO(data)) as opened:
        assert (opened.format, opened.size) == ("PNG", (1200, 675))
        assert (opened.convert("L").resize((1, 1)).getpixel((0, 0)) > 128) is (theme == "light")


def test_every_pair_is_named_at_its_end_in_the_order_of_the_ends() -> None:
    curves = crossed()
    names = {one.name for one in curves}
    set_ = sorted((piece for piece in type_of(figure(curves)) if piece.text in names), key=lambda piece: piece.box.y0)
    assert [piece.text for piece in set_] == [one.name for one in sorted(curves, key=lambda one: one.middle[-1])]
    assert min(piece.box.x0 for piece in set_) > figure(curves).axes[0].bbox.x1


def test_the_panel_holds_the_scale_and_all_intervals() -> None:
    low, high = figure([curve("a × b", 0.1, 0.0, 3)]).axes[0].get_ylim()
    assert (low, high > SCALE.floor.high) == (0, True)
    assert figure([curve("a × b", 0.9, 0.1, 3, half=0.2)]).axes[0].get_ylim()[1] > 1.3


def test_up_to_four_pairs_have_bands_and_more_have_bars() -> None:
    few, many = figure(crossed()[:4]), figure(crossed()[:5])
    assert "Bands: 95% intervals" in words(few)
    assert "Bars: 95% intervals" in words(many)
    assert len(few.axes[0].collections) == 4
    assert len(many.axes[0].collections) == 0
    assert not any("interval" in text for text in words(figure(AWKWARD["no intervals"])))


def test_bars_stand_from_the_farthest_pair_to_the_closest_whatever_the_order_given() -> None:
    shown = crossed()[:6]
    by_height: list[list[float]] = []
    for curves in (shown, shown[::-1]):
        drawn = figure(curves)
        bars = [line for line in drawn.artists if line.get_linewidth() == 2.4 and len(set(line.get_xdata())) == 1]
        bars = [line for line in bars if len(line.get_xdata()) == 2]
        by_height.append([line.get_xdata()[0] for line in sorted(bars, key=lambda line: -max(line.get_ydata()))])
    assert len(by_height[0]) == 6
    assert by_height[0] == sorted(by_height[0]) == by_height[1]


def test_pairs_beyond_the_twelfth_are_counted() -> None:
    drawn = figure(AWKWARD["more pairs than fit"])
    assert "8 more pairs not shown" in words(drawn)
    assert "model-11 × blip" in words(drawn)
    assert "model-12 × blip" not in words(drawn)
    assert "1 more pair not shown" in words(figure(AWKWARD["more pairs than fit"][:13]))
    assert not any("not shown" in text for text in words(figure(crossed())))


def test_provisional_pairs_are_hollow_and_said_to_be() -> None:
    sure, unsure = curve("a × b", 0.2, 0.1, 3), curve("a × c", 0.3, 0.1, 3, provisional=True)
    assert "Hollow: provisional" in words(figure([sure, unsure]))
    assert not any("provisional" in text for text in words(figure([sure])))
    markers = [line for line in figure([sure, unsure]).axes[0].lines if line.get_marker() not in ("None", None, "")]
    hollow = {line.get_marker(): line.get_markerfacecolor() == "#FFFFFF" for line in markers}
    assert hollow == {"o": False, "s": True}


def test_it_is_told_in_words_who_is_closest_who_jumped_and_who_overlaps() -> None:
    curves = [
        ChartCurve("d × c", (0.50, 0.70, 0.78), (0.40, 0.60, 0.73), (0.60, 0.80, 0.83), provisional=True),
        ChartCurve("a × b", (0.30, 0.31, 0.38), (0.25, 0.25, 0.33), (0.35, 0.35, 0.43)),
        ChartCurve("a × c", (0.40, 0.41, 0.46), (0.35, 0.35, 0.41), (0.45, 0.45, 0.51)),
    ]
    assert describe_pairs(curves, scale=SCALE) == (
        "Line chart of the distance from the prompt by turn, 3 pairs, 3 turns. Closest at the end: a × b, from 0.30 at "
        "turn 1 to 0.38 (0.33 to 0.43). Farthest: d × c, from 0.50 at turn 1 to 0.78 (0.73 to 0.83). Biggest jump: "
        "d × c, turn 2, +0.20. The closest's interval overlaps with a × c. 1 is provisional. Unrelated prompts are "
        "0.85 (0.75 to 0.90) apart, captions of redraws 0.15 (0.09 to 0.36)."
    )


@pytest.mark.parametrize("curves", AWKWARD.values(), ids=AWKWARD.keys())
def test_words_are_no_longer_than_an_alternative_text_may_be(curves: list[ChartCurve]) -> None:
    said = describe_pairs(curves, scale=SCALE)
    assert said.startswith("Line chart")
    assert len(said) <= 600


@pytest.mark.parametrize("draw", [describe_pairs, lambda curves: pairs_chart(curves, title="a", embedder="b")])
def test_nothing_and_two_of_one_name_are_refused(draw) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="at least one"):
        draw([])
    with pytest.raises(ValueError, match="same name"):
        draw([curve("a × b", 0.2, 0.1, 3), curve("a × b", 0.3, 0.1, 3)])
