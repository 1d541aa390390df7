"""Planning: the power that is promised is the power that tests have, and spreads are those that were put in."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from telephone.domain.games import Pair
from telephone.scoring.distance_model import Cell
from telephone.scoring.planning import FARTHEST, PlanSpreads, games, plan, power, spreads_of

PAIRS = [Pair(t2i, i2t) for t2i in "abc" for i2t in "xyzw"]


def drawn(
    rng: np.random.Generator, prompts: int, repeats: int, own: float, game: float, gap: float = 0.0
) -> list[Cell]:
    """Games of all pairs, the last of which is better by `gap`."""
    cells = []
    for k in range(prompts):
        hard = rng.normal(0.5, 0.15)
        for pair in PAIRS:
            values = hard + rng.normal(0, own) + rng.normal(0, game, repeats) - gap * (pair == PAIRS[-1])
            cells.append(
                Cell(pair, f"p{k}", repeats, float(values.mean()), float(np.sum((values - values.mean()) ** 2)))
            )
    return cells


@pytest.mark.parametrize(
    ("gap", "prompts", "repeats", "tests"), [(0.05, 10, 1, 1), (0.03, 30, 2, 1), (0.05, 20, 3, 11)]
)
def test_power_is_that_of_a_paired_t_test(gap: float, prompts: int, repeats: int, tests: int) -> None:
    spreads = PlanSpreads(0.05, 0.04)
    effect = gap / np.sqrt(2 * (0.05**2 + 0.04**2 / repeats))
    expected = TTestPower().power(effect, prompts, 0.05 / tests)
    assert power(spreads, gap, prompts, repeats, tests=tests) == pytest.approx(expected, abs=1e-9)


def test_that_many_prompts_find_the_gap_as_often_as_promised() -> None:
    rng = np.random.default_rng(4)
    found = plan(PlanSpreads(0.05, 0.04), 0.05, 0.8, repeats=2, there=40)
    assert found.prompts is not None
    often = 0
    for _ in range(400):
        cells = drawn(rng, found.prompts, 2, 0.05, 0.04, gap=0.05)
        one, other = ([cell.mean for cell in cells if cell.pair == pair] for pair in (PAIRS[0], PAIRS[-1]))
        often += stats.ttest_rel(one, other).pvalue < 0.05
    assert often / 400 == pytest.approx(0.8, abs=0.06)
    assert power(PlanSpreads(0.05, 0.04), 0.05, found.prompts - 1, 2) < 0.8
    assert games(12, found.prompts, 2) == 24 * found.prompts


def test_prompts_cap_power_and_games_do_not_lift_it() -> None:
    spreads = PlanSpreads(0.1, 0.1)
    once, often = (plan(spreads, 0.05, 0.8, repeats=repeats, there=20) for repeats in (1, 1000))
    assert once.reached < often.reached < once.most == pytest.approx(often.most)
    assert often.reached == pytest.approx(often.most, abs=0.01)
    assert once.prompts > often.prompts
    best = plan(spreads, 0.05, 0.8, repeats=1, there=20, tests=11)
    assert (best.prompts > once.prompts, best.reached < once.reached) == (True, True)


def test_power_grows_with_every_prompt_and_the_least_number_is_found() -> None:
    spreads = PlanSpreads(0.06, 0.04)
    powers = [power(spreads, 0.15, prompts, 1) for prompts in range(2, 1200)]
    assert all(np.isfinite(powers))
    assert np.all(np.diff(powers) >= -1e-9)
    assert plan(spreads, 0.15, 0.8, repeats=1, there=10).prompts == 2 + int(np.argmax(np.array(powers) >= 0.8)) == 6


def test_what_cannot_be_found_and_what_cannot_be_missed() -> None:
    assert plan(PlanSpreads(5.0, 0.0), 0.001, 0.8, repeats=1, there=40).prompts is None
    assert plan(PlanSpreads(0.0, 0.0), 0.001, 0.8, repeats=1, there=40).prompts == 2
    assert plan(PlanSpreads(1e-6, 0.0), 0.5, 0.999, repeats=1, there=40).prompts == 2
    assert power(PlanSpreads(0.05, 0.0), 0.05, FARTHEST, 1) == 1.0
    assert plan(PlanSpreads(0.05, 0.0), 0.05, 0.8, repeats=1, there=1).reached == 0.0


def test_spreads_are_those_of_the_analysis_of_variance() -> None:
    rng = np.random.default_rng(8)
    cells = drawn(rng, 12, 3, 0.06, 0.04)
    table = np.array([cell.mean for cell in cells]).reshape(12, len(PAIRS))
    left = table - table.mean(axis=0) - table.mean(axis=1)[:, None] + table.mean()
    within = sum(cell.squares for cell in cells) / (12 * len(PAIRS) * 2)
    between = np.sum(left**2) / (11 * 11)
    found = spreads_of(cells)
    assert found is not None
    assert (found.prompts_df, found.games_df) == (121, 288)
    assert found.game == pytest.approx(np.sqrt(within))
    assert found.pair_prompt == pytest.approx(np.sqrt(between - within / 3))
    assert found.interval.low < 0.06 < found.interval.high
    assert found.difference(3) == pytest.approx(np.sqrt(2 * between))


def test_spreads_of_games_that_are_missing_are_found_too() -> None:
    rng = np.random.default_rng(9)
    held = 0
    for _ in range(60):
        cells = [cell for cell in drawn(rng, 15, 2, 0.06, 0.04) if rng.random() < 0.6]
        found = spreads_of(cells)
        held += found.interval.low <= 0.06 <= found.interval.high
    assert held >= 52


def test_too_few_games_tell_no_spread() -> None:
    rng = np.random.default_rng(1)
    assert spreads_of(drawn(rng, 1, 3, 0.1, 0.1)) is None
    assert spreads_of([cell for cell in drawn(rng, 9, 1, 0.1, 0.1) if cell.pair == PAIRS[0]]) is None
    assert spreads_of(drawn(rng, 2, 1, 0.1, 0.1)).games_df == 0
