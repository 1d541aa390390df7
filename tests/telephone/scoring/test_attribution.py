"""Blame, against a game worked out by hand, and what must hold for any similarities."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from telephone.scoring import attribution as module
from telephone.scoring.attribution import (
    Blame,
    GameSimilarities,
    blame,
    calibrate,
    cross_fitted,
    log_probability,
    shares,
)

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


def seen(
    prompt: str, rng: np.random.Generator, *, painter: float, teller: float, heat: float = 0.05
) -> GameSimilarities:
    """A game of three turns whose painter and teller each take some likeness to the true prompt away."""
    likeness, pictures, captions = 0.5, [], []
    for _ in range(3):
        for rows, loss in ((pictures, painter), (captions, teller)):
            likeness -= loss
            rows.append([likeness, *rng.normal(0.2, heat, 20)])
    return GameSimilarities(prompt, np.array([0.5, *rng.normal(0.2, heat, 20)]), np.array(pictures), np.array(captions))


def test_who_took_more_of_the_likeness_is_blamed_for_more() -> None:
    rng = np.random.default_rng(4)
    games = [seen(str(n), rng, painter=0.10, teller=0.02) for n in range(20)]
    found = cross_fitted(games)
    assert found.t2i is not None
    assert found.i2t is not None
    assert found.t2i.low > 0.6
    assert found.t2i.estimate + found.i2t.estimate == pytest.approx(1)
    turned = cross_fitted([seen(str(n), rng, painter=0.02, teller=0.10) for n in range(20)])
    assert turned.t2i is not None
    assert turned.t2i.high < 0.5


def test_games_of_one_prompt_are_one_and_their_order_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    games = [seen(str(n), rng, painter=0.06, teller=0.03) for n in range(12)]
    once = cross_fitted(games)
    assert cross_fitted([*games, games[0], games[0]]).prompts == once.prompts == 12
    assert cross_fitted(games[::-1]).t2i == once.t2i


def test_a_prompt_is_never_judged_by_a_temperature_of_its_own_games(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a prompt was played, its own blame stays what the other prompts' games make of it."""
    monkeypatch.setattr(module, "shares", lambda games, **_: games)
    rng = np.random.default_rng(6)
    games = [seen(f"{n:02}", rng, painter=0.03, teller=0.03, heat=0.2) for n in range(10)]
    games[0] = replace(games[0], pictures=games[0].pictures + 9 * np.eye(1, 21))
    once, often = module.cross_fitted(games), module.cross_fitted([*games, *games[:1] * 50])
    same = [one.total == pytest.approx(other.total, rel=1e-9) for one, other in zip(once, often, strict=True)]
    assert same == [True] + [False] * 4 + [True] + [False] * 4, "0 and 5 are dealt into one fold"


@pytest.mark.parametrize("count", [0, 1, 9])
def test_too_few_prompts_are_refused_with_their_number(count: int) -> None:
    rng = np.random.default_rng(7)
    found = cross_fitted([seen(str(n), rng, painter=0.1, teller=0.1) for n in range(count)])
    assert (found.t2i, found.prompts) == (None, count)
    assert f"{count} prompts are too few" in str(found.why)
