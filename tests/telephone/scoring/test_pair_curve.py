"""The drift of one pair: what is averaged over what, and when half of its games have come to rest."""

import numpy as np
import pytest
from scipy import stats

from telephone.domain.calibration import Rest
from telephone.scoring.pair_curve import Estimate, Line, by_prompt, course, mean_over, resting, usual


def test_games_of_one_seed_are_one_game_and_games_of_one_prompt_one_row() -> None:
    lines = [
        Line("fox", 1, (0.1, 0.2)),
        Line("fox", 1, (0.3, 0.4)),
        Line("fox", 2, (0.4, 0.9)),
        Line("cat", 1, (0.5, 0.5, 0.5)),
        Line("dog", 1, (0.9,)),
    ]
    prompts, rows = by_prompt(lines, 2)
    assert prompts == ("cat", "fox")
    assert rows == pytest.approx(np.array([[0.5, 0.5], [0.3, 0.6]]))
    assert by_prompt(lines[::-1], 2)[1] == pytest.approx(rows)
    with pytest.raises(ValueError, match="4 turns"):
        by_prompt(lines, 4)


def test_the_usual_length_is_the_most_common_and_of_equals_the_longest() -> None:
    assert usual([10, 10, 3]) == 10
    assert usual([3, 3, 10, 10]) == 10
    assert usual([3, 3, 10]) == 3
    with pytest.raises(ValueError, match="no usual length"):
        usual([])


def test_the_interval_over_prompts_is_students() -> None:
    values = (0.2, 0.5, 0.3, 0.6)
    found = mean_over(values)
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert found.interval is not None
    assert (found.value, found.interval.low, found.interval.high) == pytest.approx((0.4, *expected))
    assert mean_over([0.4]) == Estimate(0.4, None)


def test_a_course_by_hand() -> None:
    lines = [Line("fox", 1, (0.1, 0.3)), Line("cat", 1, (0.3, 0.7))]
    found = course(lines, [Line("fox", 1, (0.5, 0.9))], 2)
    assert [one.value for one in found.curve] == pytest.approx([0.2, 0.5])
    assert found.captions.value == pytest.approx(1 - (0.2 + 0.5) / 2)
    assert found.pictures == Estimate(pytest.approx(0.3), None)
    assert (found.prompts, found.turns, found.decay, found.provisional) == (2, 2, None, True)
    assert course(lines, [], 2).pictures is None


def test_a_course_recovers_the_decay_it_was_made_with() -> None:
    rng = np.random.default_rng(3)
    turns = np.arange(1, 11)
    lines = [
        Line(str(prompt), 1, tuple(1 - (0.5 * np.exp(-0.6 * turns) + 0.4 + offset + rng.normal(0, 0.003, 10))))
        for prompt, offset in enumerate(rng.normal(0, 0.02, 30))
    ]
    found = course(lines, [], 10)
    assert found.decay is not None
    assert (found.decay.best.shape, found.provisional) == ("exponential", False)
    assert found.decay.rate is not None
    assert found.decay.rate.low < 0.6 < found.decay.rate.high
    assert found.curve[-1].interval is not None
    assert found.curve[-1].interval.low < 0.6 < found.curve[-1].interval.high


def rests(*turns: int, censored: tuple[int, ...] = ()) -> list[Rest]:
    """Games that rested at these turns, and games that had not, watched until those."""
    return [Rest(turn, 100, cycle=False) for turn in turns] + [Rest(None, n + 2, cycle=False) for n in censored]


REMISSION = rests(6, 6, 6, 7, 10, 13, 16, 22, 23, censored=(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35))
PLACEBO = rests(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)
"""Freireich et al. 1963, Blood 21:699, weeks in remission: the medians in print are 23 and 8."""


def test_the_median_is_that_of_a_published_example() -> None:
    assert (resting(REMISSION).median, resting(PLACEBO).median) == (23, 8)
    assert (resting(REMISSION).games, resting(REMISSION).rested) == (21, 9)


def test_games_that_never_rest_have_no_median_and_are_counted() -> None:
    found = resting(rests(2, 2, censored=(8, 8, 8)))
    assert (found.games, found.rested, found.cycles, found.median) == (5, 2, 0, None)
    assert resting([]).games == 0
    assert resting([Rest(3, 10, cycle=True), Rest(4, 10, cycle=False)]).cycles == 1


def test_short_games_that_end_before_they_could_rest_do_not_pull_the_median_up() -> None:
    assert resting(rests(4, 4, 4, 4)).median == resting(rests(4, 4, 4, 4, censored=(1,) * 20)).median == 4
