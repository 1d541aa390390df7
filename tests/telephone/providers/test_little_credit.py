"""An account at Replicate with little credit: few calls are turned away, nobody is left out, and it is said."""

import asyncio

import pytest

from telephone.domain.calls import Ask
from telephone.models.players import Players
from telephone.providers.openai import OpenAI
from tests.standin_providers import says

A_MINUTE = 240
"""Instead of 6, so that the test takes seconds: one create each quarter of a second."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr("telephone.providers.replicate.FIRST_LOOK", 0.01)


async def test_twenty_creates_take_few_requests_and_come_through_in_about_the_time_that_is_allowed(
    replicate, apis, tables
):
    apis.creates_a_minute = A_MINUTE
    players, began = Players(tables, {"replicate": replicate}, deadline=60), asyncio.get_running_loop().time()
    asks = [Ask(seed=n, text=f"picture {n}") for n in range(20)]
    tickets = await asyncio.gather(*(players.submit("stable-diffusion", ask, f"m{ask.seed}") for ask in asks))
    took = asyncio.get_running_loop().time() - began
    assert len(set(apis.billed)) == 20 == len({ticket.reference for ticket in tickets})
    assert len(apis.asked("/v1/predictions")) <= 20 + 19 + 5, "those out when the first was turned away, and a few"
    assert took >= 19 * 60 / A_MINUTE
    assert not any(ticket.maybe_billed_twice for ticket in tickets)


async def test_a_second_batch_is_hardly_turned_away_at_all(replicate, apis, tables):
    apis.creates_a_minute = A_MINUTE
    players = Players(tables, {"replicate": replicate}, deadline=60)
    await asyncio.gather(*(players.submit("stable-diffusion", Ask(n, "x"), f"a{n}") for n in range(3)))
    before = len(apis.asked("/v1/predictions"))
    await asyncio.gather(*(players.submit("stable-diffusion", Ask(n, "y"), f"b{n}") for n in range(12)))
    assert len(apis.asked("/v1/predictions")) - before <= 15


async def test_it_is_said_how_slow_the_account_is_and_what_to_do(replicate, apis, tables, words):
    players = Players(tables, {"replicate": replicate}, deadline=20)
    assert players.slowness(["stable-diffusion", "blip"]) is None
    apis.creates_a_minute = A_MINUTE
    await asyncio.gather(*(players.submit("stable-diffusion", Ask(n, "x"), f"a{n}") for n in range(2)))
    slow = players.slowness(["stable-diffusion", "blip"])
    assert slow.per_minute == A_MINUTE
    assert "https://replicate.com/account/billing" in slow.remedy
    assert players.slowness(["stickers", "nobody"]) is None


async def test_a_limit_of_one_openai_model_slows_no_other(apis, tables, words, picture, openai: OpenAI):
    players = Players(tables, {"openai": openai}, deadline=20)
    said = "Rate limit reached for gpt-image on images per min (IPM): Limit 1, Used 1, Requested 1."
    apis.next("/v1/images/generations", says(429, {"error": {"message": said, "code": "rate_limit_exceeded"}}))
    drawing = asyncio.create_task(players.submit("gpt-image", words, "m"))
    while not apis.asked("/v1/images/generations"):
        await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        assert (await players.submit("gpt-vision", picture, "m")).reference
    assert not drawing.done()
    drawing.cancel()
    await asyncio.wait({drawing})
