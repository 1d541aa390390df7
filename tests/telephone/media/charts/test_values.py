"""What can be drawn, and what is refused before anybody draws it."""

from math import inf, nan

import pytest

from telephone.media.charts import ChartCurve, ChartScale, Span

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("ends", [(nan, 0, 1), (0, nan, 1), (0, 0, inf), (-inf, 0, 0)])
def test_an_interval_has_finite_ends(ends: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        Span(*ends)


@pytest.mark.parametrize("ends", [(0.2, 0.1, 0.3), (0.1, 0.4, 0.3)])
def test_an_estimate_lies_within_its_interval(ends: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="between"):
        Span(*ends)


@pytest.mark.parametrize("span", [Span(-0.1, 0, 0.1), Span(1.9, 2, 2.1)])
def test_a_scale_is_one_of_distances(span: Span) -> None:
    good = Span(0.1, 0.2, 0.3)
    for floor, ceiling in ((span, good), (good, span)):
        with pytest.raises(ValueError, match=r"\[0, 2\]"):
            ChartScale(floor, ceiling, "x")


@pytest.mark.parametrize("middle", [(), (0.1, nan), (-0.1,), (2.1,), (inf,)])
def test_a_curve_is_of_distances(middle: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="'a × b' needs"):
        ChartCurve("a × b", middle)


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        ((0.1, 0.2), None, "one end"),
        (None, (0.1, 0.2), "one end"),
        ((0.1,), (0.3,), "another number"),
        ((0.1, 0.1, 0.1), (0.3, 0.3, 0.3), "another number"),
        ((), (), "another number"),
        ((0.1, 0.3), (0.3, 0.4), "between"),
        ((0.1, nan), (0.3, 0.4), "finite"),
    ],
)
def test_a_curve_lies_within_its_intervals(low: object, high: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ChartCurve("a × b", (0.2, 0.2), low, high)  # type: ignore[arg-type]


def test_a_curve_ends_in_its_last_interval() -> None:
    assert ChartCurve("a × b", (0.2, 0.3), (0.1, 0.2), (0.3, 0.5)).last == Span(0.2, 0.3, 0.5)
    assert ChartCurve("a × b", (0.2, 0.3)).last == Span(0.3, 0.3, 0.3)
