"""Decay and rest, against curves of known shape and games worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephone.scoring.decay import Curve, decay, fit, half_life, rest
from telephone.scoring.intervals import Interval

TURNS = np.arange(1.0, 11.0)

SHAPES = {
    "constant": np.full(10, 0.4),
    "line": 0.9 - 0.03 * TURNS,
    "exponential": 0.5 * np.exp(-0.4 * TURNS) + 0.3,
    "power": 0.5 * TURNS**-0.8 + 0.2,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_known_again_under_a_little_noise(shape: str) -> None:
    noise = np.random.default_rng(3).normal(0, 0.003, 10)
    assert fit(SHAPES[shape] + noise)[0].shape == shape


def test_a_curve_gives_back_what_it_was_made_of() -> None:
    best = fit(SHAPES["exponential"])[0]
    assert (best.a, best.rate, best.c) == pytest.approx((0.5, 0.4, 0.3), rel=0.02)
    best = fit(SHAPES["power"])[0]
    assert (best.a, best.rate, best.c) == pytest.approx((0.5, 0.8, 0.2), rel=0.02)


def test_a_noiseless_rate_is_found_to_the_digit_and_its_interval_holds_it() -> None:
    """On a grid of rates .4 was .40304, and the interval left .4 out."""
    rows = np.linspace(0.4, 0.6, 8)[:, None] * np.exp(-0.4 * TURNS) + 0.3
    found = decay(rows).rate
    assert found is not None
    assert found.estimate == pytest.approx(0.4, rel=1e-5)
    assert found.low <= 0.4 <= found.high
    assert found.width < 1e-4
    power = fit(SHAPES["power"])[0]
    assert power.rate == pytest.approx(0.8, rel=1e-5)


def test_aicc_is_as_worked_out_by_hand() -> None:
    """Of 1, 2, 2, 3, 2 about 2: squares 2 in 5 turns, so 5 ln 0.4 + 4 + 12 / 2; the line: 2 - 0.3² · 10, so 1.1."""
    curves = {curve.shape: curve for curve in fit([1, 2, 2, 3, 2])}
    assert curves["constant"].aicc == pytest.approx(5 * math.log(0.4) + 4 + 6)
    assert curves["line"] == Curve(
        "line", pytest.approx(0.3), 0.0, pytest.approx(1.1), pytest.approx(5 * math.log(1.1 / 5) + 6 + 24)
    )
    assert curves["exponential"].aicc == math.inf


def test_the_interval_of_the_rate_holds_the_true_rate_mostly() -> None:
    rng = np.random.default_rng(6)
    held = []
    for n in range(60):
        own = 0.5 + rng.normal(0, 0.05, (20, 1))
        rows = own * np.exp(-0.5 * TURNS) + 0.3 + rng.normal(0, 0.05, (20, 1)) + rng.normal(0, 0.01, (20, 10))
        found = decay(rows, seed=n)
        if found.best.shape == "exponential":
            assert found.rate is not None
            held.append(found.rate.low <= 0.5 <= found.rate.high)
    assert len(held) > 50
    assert np.mean(held) > 0.85


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (np.tile(SHAPES["constant"], (8, 1)), "constant"),
        (np.tile(SHAPES["line"], (8, 1)) + np.random.default_rng(1).normal(0, 0.01, (8, 10)), "line"),
        (np.tile(SHAPES["exponential"], (3, 1)), "too few"),
        (
            np.tile(np.r_[0.9, np.full(9, 0.3)], (8, 1)) + np.random.default_rng(2).normal(0, 1e-3, (8, 10)),
            "without bound",
        ),
    ],
)
def test_a_rate_that_cannot_be_told_is_refused_with_a_reason(rows: np.ndarray, why: str) -> None:
    found = decay(rows)
    assert found.rate is None
    assert found.why is not None
    assert why in found.why


def test_the_same_prompts_give_the_same_interval() -> None:
    rows = SHAPES["exponential"] + np.random.default_rng(1).normal(0, 0.01, (12, 10))
    assert decay(rows) == decay(rows)


def test_half_lives_turn_the_interval_round() -> None:
    found = half_life(Interval(math.log(2), math.log(2) / 2, math.log(2) * 2))
    assert (found.estimate, found.low, found.high) == pytest.approx((1.0, 0.5, 2.0))


@pytest.mark.parametrize("curve", [[0.5, 0.4, 0.3], [0.5, math.nan, 0.3, 0.2], [[0.5] * 5, [0.4] * 5]])
def test_what_is_no_curve_raises(curve: list[float]) -> None:
    with pytest.raises(ValueError, match="four turns"):
        fit(curve)


@pytest.mark.parametrize(
    ("steps", "turn"),
    [
        ([0.5, 0.4, 0.05, 0.02, 0.01], 3),
        ([0.05, 0.02, 0.01], 1),
        ([0.5, 0.4, 0.3, 0.02, 0.01], None),
        ([0.01, 0.01, 0.01, 0.01, 0.5], None),
        ([0.5, 0.01, 0.1, 0.01, 0.01, 0.01], 4),
        ([], None),
    ],
)
def test_a_game_rests_when_it_stays_under_to_the_end_for_three_turns(steps: list[float], turn: int | None) -> None:
    found = rest(steps, 0.1)
    assert (found.turn, found.turns, found.cycle) == (turn, len(steps), False)


def test_two_captions_that_take_turns_are_a_cycle() -> None:
    steps = [0.6, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert rest(steps, 0.1, [math.nan, 0.6, 0.4, 0.0, 0.0, 0.01]) == rest(steps, 0.1, [0.7, 0.6, 0.4, 0.0, 0.0, 0.01])
    found = rest(steps, 0.1, [math.nan, 0.6, 0.4, 0.0, 0.0, 0.01])
    assert (found.turn, found.cycle) == (4, True)
    assert not rest([0.5, 0.01, 0.01, 0.01], 0.1, [math.nan, 0.5, 0.01, 0.01]).cycle
    assert rest(steps, 0.1, [math.nan, *steps[1:]]).turn is None


@given(st.lists(st.floats(0, 2), max_size=15), st.floats(0, 2))
def test_from_where_a_game_rests_no_step_is_long(steps: list[float], threshold: float) -> None:
    turn = rest(steps, threshold).turn
    if turn is not None:
        assert all(step < threshold for step in steps[turn - 1 :])
        assert len(steps) - turn + 1 >= 3
        assert turn == 1 or steps[turn - 2] >= threshold


def test_a_threshold_that_is_no_distance_raises() -> None:
    with pytest.raises(ValueError, match="cosine"):
        rest([0.1], -0.1)
    with pytest.raises(ValueError, match="two turns"):
        rest([0.5, 0.5], 0.1, [0.5])
