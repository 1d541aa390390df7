"""Blame, against a game worked out by hand, and what must hold for any similarities."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from telephone.scoring.blame import Blame, blame, calibrate, log_probability, shares

similar = st.floats(-1, 1)


def test_a_game_worked_out_by_hand() -> None:
    """Two prompts at temperature 1 / ln 3: p is 9/10, then 3/4, 2/3, 1/2, 1/3."""
    t = 1 / math.log(3)
    pictures = [[1.0, 0.0], [0.5, 0.5]]
    captions = [[math.log(2) * t, 0.0], [0.0, math.log(2) * t]]
    found = blame([2.0, 0.0], pictures, captions, picture=t, caption=t)
    assert found.drops == pytest.approx(
        (math.log(0.9 / 0.75), math.log(0.75 * 1.5), math.log(4 / 3), math.log(1.5)), abs=1e-12
    )
    assert found.total == pytest.approx(math.log(0.9 * 3))
    assert found.t2i == pytest.approx(math.log(1.2 * 4 / 3))


@given(
    arrays(np.float64, 5, elements=similar),
    arrays(np.float64, (4, 5), elements=similar),
    arrays(np.float64, (4, 5), elements=similar),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
)
def test_steps_sum_to_the_total(
    prompt: np.ndarray, pictures: np.ndarray, captions: np.ndarray, picture: float, caption: float
) -> None:
    found = blame(prompt, pictures, captions, picture=picture, caption=caption)
    assert sum(found.drops) == pytest.approx(found.total, abs=1e-9)
    assert found.t2i + found.i2t == pytest.approx(found.total, abs=1e-9)
    moved = blame(prompt + 0.3, pictures + 0.3, captions + 0.3, picture=picture, caption=caption)
    assert moved.drops == pytest.approx(found.drops, abs=1e-8)


def test_the_temperature_that_made_the_data_is_found_again() -> None:
    rng = np.random.default_rng(8)
    rows = rng.normal(0, 0.1, (4000, 10))
    true = np.array([rng.choice(10, p=p) for p in softmax(rows / 0.07, axis=1)])
    first = rows[np.arange(4000), true]
    rest = np.array([np.delete(row, k) for row, k in zip(rows, true, strict=True)])
    assert calibrate(np.column_stack([first, rest])) == pytest.approx(0.07, rel=0.08)


def test_who_lost_everything_has_the_whole_share() -> None:
    found = shares([Blame((1.0, 0.0), 1.0, 1.0, 0.0)] * 10)
    assert found.t2i is not None
    assert found.i2t is not None
    assert (found.t2i.low, found.t2i.estimate, found.t2i.high) == (1, 1, 1)
    assert found.i2t.estimate == 0


def test_shares_hold_the_true_share_as_often_as_they_say() -> None:
    rng = np.random.default_rng(9)
    held = []
    for n in range(150):
        t2i, i2t = rng.normal(1.0, 0.5, 30), rng.normal(2.0, 0.5, 30)
        found = shares([Blame((a, b), a + b, a, b) for a, b in zip(t2i, i2t, strict=True)], seed=n)
        assert found.t2i is not None
        held.append(found.t2i.low < 1 / 3 < found.t2i.high)
    assert 0.89 < np.mean(held) < 0.99


def test_nothing_is_divided_among_few_prompts_or_where_nothing_was_lost() -> None:
    few = shares([Blame((1.0, 1.0), 2.0, 1.0, 1.0)] * 9)
    assert few.t2i is None
    assert "too few" in str(few.why)
    nothing = shares([Blame((x, -x), 0.0, x, -x) for x in np.linspace(-1, 1, 12)])
    assert nothing.i2t is None
    assert "not certain" in str(nothing.why)


def test_what_no_judge_can_read_raises() -> None:
    with pytest.raises(ValueError, match="at least two"):
        log_probability([[1.0]], 1.0)
    with pytest.raises(ValueError, match="at least two"):
        log_probability([[1.0, math.nan]], 1.0)
    with pytest.raises(ValueError, match="positive"):
        log_probability([[1.0, 0.0]], 0.0)
    with pytest.raises(ValueError, match="whole turns"):
        blame([1.0, 0.0], [[1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]], picture=0.1, caption=0.1)
