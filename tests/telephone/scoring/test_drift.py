"""Drift, against numbers worked out by hand, and what must hold for any embeddings."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from telephone.scoring.drift import biggest_jump, cosine_distance, drift, summarise

PROMPT = [1.0, 0.0]
CAPTIONS = [[4.0, 3.0], [3.0, 4.0], [0.0, 2.0], [0.6, 0.8]]
"""Cosines to the prompt .8, .6, 0, .6; to the caption before: .8, .96, .8, .8."""

numbers = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
vectors = arrays(np.float64, 5, elements=numbers).filter(lambda v: bool(np.any(v)))
lines = arrays(np.float64, st.tuples(st.integers(1, 8), st.just(5)), elements=numbers).filter(
    lambda rows: bool(np.all(np.any(rows, axis=1)))
)


def test_a_game_worked_out_by_hand() -> None:
    found = drift(PROMPT, CAPTIONS)
    assert found.distances == pytest.approx((0.2, 0.4, 1.0, 0.4))
    assert found.step_distances == pytest.approx((0.2, 0.04, 0.2, 0.2))
    assert found.final_distance == pytest.approx(0.4)
    assert found.mcd == pytest.approx((0.8 + 0.6 + 0.0 + 0.6) / 4)
    turn, jump = found.biggest_jump
    assert turn == 3
    assert jump == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [([2, 0], [5, 0], 0.0), ([1, 0], [0, 3], 1.0), ([1, 0], [-7, 0], 2.0), ([1, 1], [1, 0], 1 - math.sqrt(0.5))],
)
def test_distances_worked_out_by_hand(a: list[float], b: list[float], distance: float) -> None:
    assert cosine_distance(a, b) == pytest.approx(distance, abs=1e-12)


def test_one_turn_is_the_translation_and_no_jump() -> None:
    found = drift([1, 0], [[3, 4]])
    assert found.distances == found.step_distances
    assert found.distances[0] == pytest.approx(0.4)
    assert found.mcd == pytest.approx(0.6)
    assert found.biggest_jump is None


def test_the_earliest_of_equal_jumps_is_named() -> None:
    assert biggest_jump((0.25, 0.5, 0.75)) == (2, 0.25)


@pytest.mark.parametrize(
    ("distances", "jump", "told"),
    [
        ((0.75, 0.5, 0.625), (3, 0.125), (3, 0.125)),
        ((0.75, 0.5), (2, -0.25), None),
        ((0.5, 0.5, 0.503), (3, pytest.approx(0.003)), None),
        ((0.75, None, 0.5), None, None),
    ],
)
def test_a_jump_is_told_from_turn_two_on_where_one_goes_away(distances, jump, told) -> None:  # type: ignore[no-untyped-def]
    found = summarise(distances, distances)
    assert (found.biggest_jump, found.jump) == (jump, told)


def test_stored_distances_give_the_same_drift_again() -> None:
    found = drift(PROMPT, CAPTIONS)
    assert summarise(found.distances, found.step_distances) == found


def test_distances_that_are_no_game_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 distances and 1 steps"):
        summarise((0.1, 0.2), (0.1,))


def test_captions_like_the_prompt_do_not_drift() -> None:
    found = drift([0.1, 0.7, 0.3], [[0.1, 0.7, 0.3]] * 3)
    assert found.distances == found.step_distances == (0.0, 0.0, 0.0)
    assert found.mcd == 1.0


@given(vectors, lines)
def test_every_figure_stays_in_its_range(prompt: np.ndarray, captions: np.ndarray) -> None:
    found = drift(prompt, captions)
    assert len(found.distances) == len(found.step_distances) == len(captions)
    assert all(0 <= d <= 2 for d in (*found.distances, *found.step_distances))
    assert -1 <= found.mcd <= 1
    if len(captions) == 1:
        assert found.biggest_jump is None
    else:
        assert 2 <= found.biggest_jump[0] <= len(captions)


@given(vectors, vectors, st.floats(1e-100, 1e100), st.floats(1e-100, 1e100))
def test_length_does_not_matter(a: np.ndarray, b: np.ndarray, k: float, m: float) -> None:
    assert cosine_distance(a * k, b * m) == pytest.approx(cosine_distance(a, b), abs=1e-9)


@given(vectors, vectors)
def test_distance_agrees_with_the_cosine_and_has_no_direction(a: np.ndarray, b: np.ndarray) -> None:
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    assert cosine_distance(a, b) == pytest.approx(1 - cosine, abs=1e-9)
    assert cosine_distance(a, b) == cosine_distance(b, a)


@given(lines)
def test_identical_captions_step_nowhere(captions: np.ndarray) -> None:
    assert drift(captions[0], [captions[0]] * 4).step_distances == (0.0,) * 4


@pytest.mark.parametrize("bad", [[0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0], [], [[1.0, 2.0]]])
def test_a_vector_that_points_nowhere_is_an_error(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="embedding"):
        cosine_distance(bad, [1.0, 0.0])
    with pytest.raises(ValueError, match="embedding"):
        drift(bad, [[1.0, 0.0]])


@pytest.mark.parametrize("bad", [[0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_a_caption_that_points_nowhere_is_an_error(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="embedding"):
        drift([1.0, 0.0], [[1.0, 0.0], bad])


def test_embeddings_of_different_sizes_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 and 3 dimensions"):
        cosine_distance([1, 0], [1, 0, 0])


@pytest.mark.parametrize("none", [[], np.empty((0, 4))])
def test_a_game_without_captions_is_an_error(none: object) -> None:
    with pytest.raises(ValueError, match="at least one turn"):
        drift([1.0, 0.0, 0.0, 0.0], none)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no biggest jump"):
        biggest_jump(())


def test_a_text_that_is_not_read_has_no_distance_and_breaks_the_line() -> None:
    found = drift(PROMPT, [CAPTIONS[0], None, *CAPTIONS[2:]])
    assert found.distances == (pytest.approx(0.2), None, pytest.approx(1.0), pytest.approx(0.4))
    assert found.step_distances == (pytest.approx(0.2), None, None, pytest.approx(0.2))
    assert (found.final_distance, found.mcd, found.unread) == (pytest.approx(0.4), None, (2,))
    assert found.biggest_jump == (4, pytest.approx(-0.6))
    assert found.is_known


def test_a_prompt_that_is_not_read_leaves_no_distance_from_it() -> None:
    found = drift(None, CAPTIONS[:2])
    assert (found.distances, found.final_distance, found.mcd, found.biggest_jump) == ((None, None), None, None, None)
    assert found.step_distances == (None, pytest.approx(0.04))
    assert not found.is_known
