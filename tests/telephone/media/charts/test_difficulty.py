"""The chart of declared and measured difficulty, and what it says in words."""

import io
from statistics import fmean

import pytest
from PIL import Image as pil

from telephone.media.charts import Span, describe_difficulty, difficulty_chart
from telephone.media.charts.difficulty import difficulty_figure
from tests.telephone.media.charts.geometry import flaws, type_of

pytestmark = pytest.mark.slow

Row = tuple[str, str, Span | None]
SIZES = {"easy": 13, "medium": 13, "hard": 13, "impossible": 1}
WORDS = {"title": "Declared and measured difficulty", "embedder": "MiniLM (offline)"}


def row(slug: str, level: str, middle: float, half: float = 0.05) -> Row:
    return slug, level, Span(middle - half, middle, middle + half)


def rows(sizes: dict[str, int] = SIZES, slug: str = "#{level}-{n:03}") -> list[Row]:
    """Prompts of every level, harder ones later, their order within it turned about."""
    return [
        row(slug.format(level=level, n=n), level, 0.3 + 0.1 * k + 0.02 * (5 * n % 13))
        for k, (level, size) in enumerate(sizes.items())
        for n in range(1, size + 1)
    ]


CASES: dict[str, list[Row]] = {
    "the curated forty": rows(),
    "the article's ten": rows({"easy": 3, "medium": 3, "hard": 3, "impossible": 1}),
    "one": rows({"hard": 1}),
    "a hundred": rows({"easy": 40, "medium": 30, "hard": 30}),
    "names that stand upright": rows(slug="#ours-{n:03}{level}"),
    "long names with mark-up": [
        row("#" + "x_$^" * 30 + str(n), "a level $x^2$ that goes on and on", 0.4) for n in range(3)
    ],
    "all the same": [row(f"#easy-{n:03}", "easy", 0.5, half=0.0) for n in range(1, 6)],
    "very wide": [row("#easy-001", "easy", 0.5, half=9.0), row("#hard-001", "hard", 0.6)],
    "some unknown": [*rows({"easy": 2, "hard": 2}), ("#hard-003", "hard", None), ("#easy-009", "easy", None)],
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("found", CASES.values(), ids=CASES.keys())
def test_no_type_overlaps_or_leaves_the_chart(found, theme) -> None:  # type: ignore[no-untyped-def]
    assert flaws(difficulty_figure(found, **WORDS, theme=theme)) == []


def test_it_is_a_picture_of_the_house_s_size() -> None:
    with pil.open(io.BytesIO(difficulty_chart(rows(), **WORDS))) as opened:
        assert (opened.format, opened.size) == ("PNG", (1200, 675))


def test_levels_go_from_easy_to_impossible_and_prompts_from_the_easiest_up() -> None:
    turned = list(reversed(rows()))
    (axes,) = difficulty_figure(turned, **WORDS, theme="light").axes
    points = [(line.get_marker(), *line.get_xydata()[0]) for line in axes.lines if line.get_marker() != "None"]
    assert len(points) == 40
    assert [x for _, x, _ in points] == sorted(x for _, x, _ in points)
    expected = [sorted(span.middle for _, own, span in turned if own == level and span is not None) for level in SIZES]
    assert [y for _, _, y in points] == [y for level in expected for y in level]
    assert [marker for marker, _, _ in points] == ["o"] * 13 + ["s"] * 13 + ["^"] * 13 + ["D"]
    heads = [piece for piece in type_of(difficulty_figure(turned, **WORDS, theme="light")) if piece.text in SIZES]
    assert [piece.text for piece in sorted(heads, key=lambda piece: piece.box.x0)] == list(SIZES)


def test_the_mean_of_a_level_is_drawn_through_its_prompts_and_written_above() -> None:
    found = rows({"easy": 5, "hard": 7})
    drawn = difficulty_figure(found, **WORDS, theme="light")
    dashed = [line.get_ydata()[0] for line in drawn.axes[0].lines if line.get_linestyle() == "--"]
    means = [fmean(span.middle for _, own, span in found if own == level and span) for level in ("easy", "hard")]
    assert dashed == pytest.approx(means)
    assert {f"{mean:.2f}" for mean in means} <= {piece.text for piece in type_of(drawn)}


def test_every_name_stands_below_its_point() -> None:
    drawn = difficulty_figure(CASES["the article's ten"], **WORDS, theme="light")
    points = [line.get_xdata()[0] for line in drawn.axes[0].lines if line.get_marker() != "None"]
    names = [piece for piece in type_of(drawn) if piece.text in ("1", "2", "3")]
    middles = sorted((piece.box.x0 + piece.box.x1) / 2 for piece in names)
    assert middles == pytest.approx([drawn.axes[0].transData.transform((x, 0))[0] for x in points], abs=2)
    assert max(piece.box.y1 for piece in names) < drawn.axes[0].bbox.y0
    assert any("stands for #easy-00" in piece.text for piece in type_of(drawn))


def test_prompts_that_are_not_known_or_not_shown_are_counted() -> None:
    said = [piece.text for piece in type_of(difficulty_figure(CASES["some unknown"], **WORDS, theme="light"))]
    assert "2 not known yet" in said
    said = [piece.text for piece in type_of(difficulty_figure(CASES["a hundred"], **WORDS, theme="light"))]
    assert "60 more not shown" in said


def test_it_is_told_in_words_how_levels_compare_and_who_is_easiest() -> None:
    found = [row("#hard-001", "hard", 0.7), row("#easy-001", "easy", 0.4), row("#easy-002", "easy", 0.5)]
    assert describe_difficulty([*found, ("#hard-002", "hard", None)]) == (
        "Chart of the measured difficulty of prompts by declared level. Means: easy 0.45 (2 prompts), hard 0.70 (1 "
        "prompt). Easiest: #easy-001, 0.40 (0.35 to 0.45). Hardest: #hard-001, 0.70 (0.65 to 0.75). Not known yet: "
        "#hard-002."
    )


@pytest.mark.parametrize("found", CASES.values(), ids=CASES.keys())
def test_words_are_no_longer_than_an_alternative_text_may_be(found: list[Row]) -> None:
    assert 60 < len(describe_difficulty(found)) <= 600


@pytest.mark.parametrize("draw", [describe_difficulty, lambda found: difficulty_chart(found, **WORDS)])
@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([], "at least one prompt"),
        ([("#easy-001", "easy", None)], "at least one prompt"),
        ([row(f"#{n}", f"level {n}", 0.5) for n in range(5)], "at most 4 levels, not 5"),
    ],
)
def test_what_makes_no_chart_is_refused(draw, found: list[Row], told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=told):
        draw(found)
