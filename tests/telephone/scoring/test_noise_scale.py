"""The scale of an embedder, worked out by hand, and where a distance lies on it."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephone.domain.calibration import Calibration, Quartiles, Rest, rest_in_words, where
from telephone.measurement.repeats import shipped
from telephone.prompts.catalog import curated
from telephone.scoring.noise_scale import (
    FEWEST_DISTANCES,
    FEWEST_PROMPTS,
    PromptRedraws,
    apart,
    quantile,
    spread,
    unrelated,
)

SCALE = Calibration("minilm", Quartiles(0.8, 0.9, 1.0), Quartiles(0.05, 0.1, 0.2), 0.25, "redraws", 10, 60)


def turned(*degrees: float) -> np.ndarray:
    """Unit vectors in the plane, at these angles."""
    angles = np.radians(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def test_rows_are_apart_by_one_minus_their_cosine() -> None:
    assert apart(turned(0, 60, 180)) == pytest.approx([0.5, 2.0, 1.5])
    assert apart(turned(30, 30)).tolist() == [0.0]
    for wrong in (turned(0), np.zeros((0, 2)), np.array([[1.0, np.nan], [1.0, 0.0]])):
        with pytest.raises(ValueError, match="rows"):
            apart(wrong)


def test_the_floor_is_the_median_of_all_pairs_between_quartiles() -> None:
    # 0°, 90°, 180°: distances 1, 1, 2, whose Hazen places are 1/6, 1/2, 5/6.
    assert astuple(unrelated(turned(0, 90, 180))) == pytest.approx((1.0, 1.0, 1.75))


@pytest.mark.parametrize(
    ("values", "weights", "q", "found"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.5, 2.5),
        ([4, 1, 3, 2], [1, 1, 1, 1], 0.25, 1.5),
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.95, 4.0),
        ([1, 2], [3, 1], 0.5, 1.25),  # places 3/8 and 7/8
        ([5], [0.2], 0.95, 5.0),
    ],
)
def test_a_weighted_quantile_worked_out_by_hand(values, weights, q, found) -> None:
    assert quantile(values, weights, q) == pytest.approx(found)


@given(st.lists(st.floats(0, 2), min_size=2, max_size=40), st.floats(0, 1))
def test_equal_weights_give_hazens_quantile(values: list[float], q: float) -> None:
    expected = np.quantile(values, q, method="hazen")
    assert quantile(values, np.full(len(values), 0.3), q) == pytest.approx(expected, abs=1e-9)


def group(prompt: int, *degrees: float, pair: str = "a × b") -> PromptRedraws:
    return PromptRedraws(pair, str(prompt), turned(*degrees))


def test_each_group_of_redraws_counts_alike_however_often_it_was_played() -> None:
    quiet = [group(n, 0, 10, 20) for n in range(9)]
    loud = group(9, *range(0, 180, 9))
    found = spread([*quiet, loud])
    assert found is not None
    assert (found.prompts, found.distances) == (10, 9 * 3 + 190)
    # 90% of the weight is at 1 − cos 10° or 1 − cos 20°, two thirds of it at the former.
    assert found.quartiles.median == pytest.approx(1 - np.cos(np.radians(10)))
    assert found.quartiles.high == pytest.approx(1 - np.cos(np.radians(20)))
    # The last twentieth of all weight is half of the loud group, so its median is the 95th percentile.
    assert found.still == pytest.approx(np.median(apart(loud.vectors)), abs=0.01)
    assert spread([*reversed(quiet), loud]) == found


@pytest.mark.parametrize(
    ("groups", "enough"),
    [
        ([group(n, 0, 10, 20) for n in range(5)], True),
        ([group(n, 0, 10, 20) for n in range(4)] + [group(4, 0, 10)], False),
        ([group(n, *range(8)) for n in range(4)], False),
        ([group(n % 4, *range(8), pair=f"pair {n}") for n in range(8)], False),
        ([], False),
    ],
    ids=["five prompts, 15 distances", "13 distances", "four prompts", "four prompts of two pairs", "none"],
)
def test_too_few_redraws_are_no_scale(groups: list[PromptRedraws], enough: bool) -> None:
    assert (spread(groups) is not None) is enough
    assert (FEWEST_PROMPTS, FEWEST_DISTANCES) == (5, 15)


def test_sixty_captions_of_the_articles_ten_prompts_ship() -> None:
    assert sum(len(redrawn.captions) for redrawn in shipped()) == 60
    assert {redrawn.prompt for redrawn in shipped()} == {prompt.slug for prompt in curated()[:10]}
    assert {str(redrawn.pair) for redrawn in shipped()} == {"stickers × spotter-sharp", "doodles × spotter-sharp"}
    assert len({(redrawn.pair, redrawn.prompt) for redrawn in shipped()}) == 20
    assert all(len(caption.split()) > 5 for redrawn in shipped() for caption in redrawn.captions)


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (0.0, "as near as a redraw (0.10)"),
        (0.2, "as near as a redraw (0.10)"),
        (0.25, "a short way from a redraw (0.10) to an unrelated prompt (0.90)"),
        (0.3, "about a quarter of the way from a redraw (0.10) to an unrelated prompt (0.90)"),
        (0.4, "about a third of the way from a redraw (0.10) to an unrelated prompt (0.90)"),
        (0.5, "about half-way from a redraw (0.10) to an unrelated prompt (0.90)"),
        (0.63, "about two thirds of the way from a redraw (0.10) to an unrelated prompt (0.90)"),
        (0.7, "about three quarters of the way from a redraw (0.10) to an unrelated prompt (0.90)"),
        (0.79, "most of the way from a redraw (0.10) to an unrelated prompt (0.90)"),
        (0.8, "as far as an unrelated prompt (0.90)"),
        (2.0, "as far as an unrelated prompt (0.90)"),
    ],
)
def test_where_a_distance_lies_is_said_in_words(distance: float, words: str) -> None:
    assert where(distance, SCALE) == words


def test_a_scale_on_which_redraws_are_as_far_apart_as_unrelated_prompts_tells_nothing() -> None:
    assert "not told by this scale" in where(0.5, replace(SCALE, ceiling=Quartiles(0.8, 0.95, 1.0)))


@given(st.floats(0, 2), st.lists(st.floats(0, 2), min_size=6, max_size=6))
def test_every_distance_has_words_on_every_scale(distance: float, ends: list[float]) -> None:
    floor, ceiling = Quartiles(*sorted(ends[:3])), Quartiles(*sorted(ends[3:]))
    assert where(distance, replace(SCALE, floor=floor, ceiling=ceiling))


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        (Rest(4, 10, cycle=False), "At rest from turn 4 on."),
        (Rest(4, 10, cycle=True), "From turn 4 on two captions take turns."),
        (Rest(None, 10, cycle=False), "It had not come to rest by turn 10."),
    ],
)
def test_rest_is_said_in_words(rest: Rest, words: str) -> None:
    assert rest_in_words(rest) == words
