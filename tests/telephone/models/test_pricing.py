"""What a game costs at most."""

import pytest

from telephone.models.pricing import most_measuring_usd, most_usd
from telephone.models.registry import Registry
from telephone.providers.base import ModelTable


def model(price_usd: float) -> ModelTable:
    return ModelTable(name="some", kind="t2i", provider="offline", ref="some", licence="test", price_usd=price_usd)


def test_every_step_may_be_asked_for_twice_and_every_text_measured() -> None:
    assert most_usd(10, model(0.02), model(0.0006)) == pytest.approx(0.412)
    assert most_usd(1, model(0.02), model(0), measuring_usd=0.002) == pytest.approx(0.042)
    assert most_usd(30, model(0), model(0)) == 0


def test_a_text_may_be_read_in_eight_parts_and_its_head_and_a_picture_is_seen_once() -> None:
    assert most_measuring_usd(10, 0.001, pictures=False) == pytest.approx(11 * 9 * 0.001)
    assert most_measuring_usd(10, 0.001, pictures=True) == pytest.approx((11 * 9 + 10) * 0.001)
    assert most_measuring_usd(10, 0.0, pictures=True) == 0


def test_only_players_that_cost_nothing_make_a_game_free() -> None:
    assert most_usd(1, model(0), model(0.0003)) > 0
    assert most_usd(1, model(0), model(0), measuring_usd=0.00001) > 0


def test_a_model_that_is_billed_by_use_says_what_a_call_is_expected_to_cost() -> None:
    with pytest.raises(ValueError, match="price_usd is missing"):
        ModelTable(name="some", kind="t2i", provider="offline", ref="some", licence="test", second_usd=0.001)


def test_ten_turns_of_the_articles_pairs_fit_a_members_day() -> None:
    tables = Registry.load(["offline", "openai", "replicate", "cog"]).tables
    pairs = [("dalle2", "blip"), ("stable-diffusion", "minigpt4"), ("vqgan-clip", "clip-prefix")]
    costs = [most_usd(10, tables[t2i], tables[i2t]) for t2i, i2t in pairs]
    assert all(0 < cost <= 0.5 for cost in costs), costs
