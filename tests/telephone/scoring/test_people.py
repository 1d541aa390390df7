"""Whether people choose what is nearer: worked out by hand, and on battles whose truth is known."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from telephone.scoring.people import JudgedBattle, people_agreement

NEAR_WINS, FAR_WINS = JudgedBattle((0.2, 0.6), (8, 2)), JudgedBattle((0.2, 0.6), (3, 9))


def test_a_battle_counts_once_however_many_voted() -> None:
    found = people_agreement([NEAR_WINS, JudgedBattle((0.6, 0.2), (200, 800)), FAR_WINS, NEAR_WINS, NEAR_WINS])
    assert (found.battles, found.votes) == (5, 1042)
    assert found.share.estimate == pytest.approx((0.8 * 4 + 0.25) / 5)
    assert found.won.estimate == pytest.approx(0.8)
    assert (found.won.low, found.won.high) == pytest.approx(proportion_confint(4, 5, method="beta"))
    values = np.array([0.8, 0.8, 0.25, 0.8, 0.8])
    assert found.share.low == pytest.approx(values.mean() - 2.7764451 * values.std(ddof=1) / np.sqrt(5))
    assert found.share.high == pytest.approx(2 * found.share.estimate - found.share.low)


@pytest.mark.parametrize(
    ("battle", "share", "won"),
    [
        (JudgedBattle((0.2, 0.6), (5, 5)), 0.5, 0.5),
        (JudgedBattle((0.4, 0.4), (9, 1)), 0.5, 1.0),
        (JudgedBattle((0.1, 0.2, 0.3), (6, 3, 1)), (6 * 2 + 3) / 20, 1.0),
        (JudgedBattle((0.3, 0.1, 0.2, 0.4), (1, 1, 1, 1)), 0.5, 0.25),
    ],
)
def test_three_sides_and_level_ones_have_chance_at_a_half(battle: JudgedBattle, share: float, won: float) -> None:
    found = people_agreement([battle] * 6)
    assert (found.share.estimate, found.won.estimate) == pytest.approx((share, won))


def test_six_battles_that_all_agree_are_no_certainty() -> None:
    found = people_agreement([JudgedBattle((0.2, 0.6), (4, 0))] * 6)
    assert (found.share.estimate, found.share.high) == (1.0, 1.0)
    assert found.share.low == pytest.approx(proportion_confint(6, 6, method="beta")[0])
    never = people_agreement([JudgedBattle((0.2, 0.6), (0, 4))] * 6)
    assert (never.share.low, never.share.high) == pytest.approx((0.0, 1 - found.share.low))


def test_too_few_battles_and_battles_that_tell_nothing() -> None:
    empty = [JudgedBattle((0.2, 0.6), (0, 0)), JudgedBattle((0.2,), (4,))]
    found = people_agreement([*[NEAR_WINS] * 4, *empty])
    assert (found.battles, found.votes, found.share, found.won) == (4, 40, None, None)
    assert people_agreement([]).battles == 0


def test_intervals_hold_what_is_true_although_votes_of_a_battle_go_together() -> None:
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(300):
        liked = rng.beta(3, 2, 15)
        battles = [JudgedBattle((0.2, 0.6), (near := int(rng.binomial(40, p)), 40 - near)) for p in liked]
        found = people_agreement(battles).share
        held += found.low <= 0.6 <= found.high
    assert 0.91 <= held / 300 <= 0.985
