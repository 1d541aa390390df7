"""The chart of levels, the key below it, and what it says in words."""

import io
import re
from dataclasses import replace

import pytest
from PIL import Image as pil

from telephone.media.charts import ChartCurve, describe_levels, levels_chart
from telephone.media.charts.key import key
from telephone.media.charts.levels import levels_figure
from telephone.media.charts.style import EDGE, INKS, WIDTH
from tests.telephone.media.charts.curves import AWKWARD, I2T, SCALE, T2I, crossed, curve
from tests.telephone.media.charts.geometry import flaws, type_of

pytestmark = pytest.mark.slow

NAMES = ("easy", "medium", "hard", "impossible")
Levels = list[tuple[str, list[ChartCurve]]]
ARTICLE: Levels = [(name, crossed()) for name in NAMES]
FEW: Levels = [(name, crossed()[:4]) for name in NAMES]


def figure(levels: Levels, **changes: object):  # type: ignore[no-untyped-def]
    options = {"title": "Pairs by level", "embedder": "MiniLM (offline)", "scale": SCALE, "theme": "light"}
    return levels_figure(levels, **{**options, **changes})  # type: ignore[arg-type]


def words(drawn) -> list[str]:  # type: ignore[no-untyped-def]
    return [piece.text for piece in type_of(drawn)]


@pytest.mark.parametrize("levels", [1, 4])
@pytest.mark.parametrize("curves", AWKWARD.values(), ids=AWKWARD.keys())
def test_no_type_overlaps_or_leaves_the_chart(curves: list[ChartCurve], levels: int) -> None:
    assert flaws(figure([(name, curves) for name in NAMES[:levels]])) == []


def test_without_a_scale_nothing_overlaps_or_speaks_of_one() -> None:
    drawn = figure(ARTICLE, scale=None)
    assert flaws(drawn) == []
    assert not any("unrelated" in text or "Scale" in text for text in words(drawn))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_a_picture_of_the_house_s_size(theme: str) -> None:
    data = levels_chart(ARTICLE, title="a", embedder="b", theme=theme)  # type: ignore[arg-type]
    with pil.open(io.BytesIO(data)) as opened:
        assert (opened.format, opened.size) == ("PNG", (1200, 675))


def test_panels_share_one_axis_that_holds_the_scale_and_only_the_first_has_its_numbers() -> None:
    drawn = figure([("easy", [curve("a × b", 0.1, 0.0, 3)]), ("hard", [curve("a × b", 1.2, 0.1, 5)])])
    one, other = drawn.axes
    assert one.get_ylim() == other.get_ylim()
    assert one.get_ylim()[1] > 1.6
    assert one.get_xlim() == other.get_xlim()
    numbers = [piece.box for piece in type_of(drawn) if re.fullmatch(r"\d\.\d+", piece.text)]
    assert len(numbers) > 2
    assert max(box.x1 for box in numbers) < one.bbox.x0
    assert all(len(axes.patches) == 2 for axes in (one, other))
    assert set(NAMES) <= set(words(figure(ARTICLE)))


def test_a_pair_looks_the_same_in_every_panel() -> None:
    drawn = figure([("easy", crossed()), ("hard", crossed()[3:5])])

    def looks(axes) -> set[tuple[str, str]]:  # type: ignore[no-untyped-def]
        return {(line.get_color(), line.get_marker()) for line in axes.lines if line.get_marker() != "None"}

    assert len(looks(drawn.axes[0])) == 12
    assert len(looks(drawn.axes[1])) == 2
    assert looks(drawn.axes[1]) < looks(drawn.axes[0])


def test_intervals_are_bands_where_every_panel_has_few_pairs_and_bars_otherwise() -> None:
    assert "Bands: 95% intervals" in words(figure(FEW))
    assert len(figure(FEW).axes[0].collections) == 4
    mixed = figure([("easy", crossed()), ("hard", crossed()[:2])])
    assert "Bars: 95% intervals" in words(mixed)
    assert not any(axes.collections for axes in mixed.axes)


def test_a_level_without_games_says_so() -> None:
    levels: Levels = [("easy", crossed()), ("hard", [])]
    assert "no games yet" in words(figure(levels))
    assert "hard: no games yet." in describe_levels(levels)


def test_pairs_beyond_the_twelfth_are_counted_over_all_levels() -> None:
    more = [replace(one, name=f"{one.name}-2") for one in crossed()]
    assert "12 more pairs not shown" in words(figure([("easy", crossed()), ("hard", more)]))


def test_the_key_names_each_model_once_where_several_meet() -> None:
    names = [one.name for one in crossed()]
    lines = key(names, INKS["light"], SCALE, ["a remark"])
    texts = [entry.text for line in lines for entry in line]
    assert texts == ["T2I", *T2I, "I2T", *sorted(I2T), "unrelated", "as near as a redraw", "a remark"]
    assert [entry.text for line in key(names[:3], INKS["light"], None, []) for entry in line] == names[:3]


def test_a_line_of_the_key_is_no_wider_than_the_chart() -> None:
    for curves in AWKWARD.values():
        for line in key([one.name for one in curves], INKS["light"], SCALE, ["a remark"] * 9):
            assert sum(entry.room for entry in line) - line[-1].after <= WIDTH - 2 * EDGE


def test_it_is_told_in_words_who_is_closest_and_farthest_on_every_level() -> None:
    levels: Levels = [
        ("easy", [ChartCurve("a × b", (0.25, 0.31)), ChartCurve("a × c", (0.30, 0.44))]),
        ("hard", [ChartCurve("a × b", (0.40, 0.71))]),
    ]
    assert describe_levels(levels, scale=SCALE) == (
        "Line charts of the distance from the prompt by turn, one a level, 2 pairs. easy: a × b 0.31 to a × c 0.44 at "
        "the end. hard: a × b 0.71 at the end. Biggest jump: a × b, hard, turn 2, +0.31. Unrelated prompts are 0.85 "
        "(0.75 to 0.90) apart, captions of redraws 0.15 (0.09 to 0.36)."
    )


@pytest.mark.parametrize("curves", AWKWARD.values(), ids=AWKWARD.keys())
def test_words_are_no_longer_than_an_alternative_text_may_be(curves: list[ChartCurve]) -> None:
    assert 60 < len(describe_levels([(name, curves) for name in NAMES], scale=SCALE)) <= 600


@pytest.mark.parametrize("draw", [describe_levels, lambda levels: levels_chart(levels, title="a", embedder="b")])
@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ([], "1 to 4"),
        ([*ARTICLE, ("free", crossed())], "not 5"),
        ([("easy", []), ("hard", [])], "at least one curve"),
        ([("easy", [ChartCurve("a × b", (0.2,)), ChartCurve("a × b", (0.3,))])], "same name"),
    ],
)
def test_what_makes_no_chart_is_refused(draw, levels: Levels, told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=told):
        draw(levels)
