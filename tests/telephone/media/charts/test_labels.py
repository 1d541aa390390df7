"""Labels beside a panel: apart, inside, in order, and no farther from their place than they must be."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, minimize

from telephone.media.charts.labels import fitted, spread
from telephone.media.charts.style import length

pytestmark = pytest.mark.slow

places = st.lists(st.tuples(st.floats(-100, 700), st.floats(10, 40)), min_size=1, max_size=12)


@given(places)
def test_labels_never_overlap_and_stay_in_their_order_and_room(labels: list[tuple[float, float]]) -> None:
    wanted, heights = zip(*labels, strict=True)
    found = spread(wanted, heights, 0, 600)
    order = sorted(range(len(found)), key=lambda k: (wanted[k], k))
    for above, below in pairwise(order):
        assert found[below] - found[above] >= (heights[above] + heights[below]) / 2 - 1e-6
    assert found[order[0]] >= heights[order[0]] / 2 - 1e-6
    assert found[order[-1]] <= 600 - heights[order[-1]] / 2 + 1e-6


def test_labels_with_room_stay_where_they_are_wanted() -> None:
    assert spread([300, 100, 200], [30, 30, 30], 0, 600) == (300, 100, 200)


@pytest.mark.parametrize("wanted", [[100, 100, 100], [100, 110, 300], [5, 8, 11, 590, 595]])
def test_labels_move_as_little_as_they_can(wanted: list[float]) -> None:
    heights = [30.0] * len(wanted)
    found = spread(wanted, heights, 0, 600)
    apart = LinearConstraint(np.diff(np.eye(len(wanted)), axis=0), 30, np.inf)
    best = minimize(
        lambda y: np.sum((y - wanted) ** 2),
        np.linspace(15, 585, len(wanted)),
        bounds=[(15, 585)] * len(wanted),
        constraints=[apart],
        method="SLSQP",
    )
    assert found == pytest.approx(best.x, abs=0.01)


def test_more_labels_than_room_begin_at_the_top_and_run_over() -> None:
    assert spread([50] * 4, [30] * 4, 0, 60) == (15, 45, 75, 105)


def test_a_name_that_fits_is_left_alone() -> None:
    assert fitted("stickers × spotter-sharp", 500, 14) == "stickers × spotter-sharp"


@pytest.mark.parametrize("name", ["stable-diffusion-xl-turbo × clip-prefix", "x" * 200, "a × " + "y" * 90, "狐" * 60])
def test_a_name_that_does_not_fit_loses_letters_in_the_midst_of_its_longer_model(name: str) -> None:
    short = fitted(name, 300, 14)
    assert length(short, 14) <= 300
    assert "…" in short
    assert (short[0], short[-1]) == (name[0], name[-1])
    assert short.count(" × ") == name.count(" × ")


def test_nothing_fits_where_there_is_no_room_and_nothing_breaks() -> None:
    assert fitted("abc × def", 0, 14) == "a… × d…"
