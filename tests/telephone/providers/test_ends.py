"""However a prediction of Replicate ends, its cost is known; what was broken off or deleted is asked for again."""

import asyncio

import pytest

from telephone.domain.calls import Ask, Ticket
from telephone.errors import BadOutput, Refused, TelephoneError, TimedOut
from telephone.models.players import Players
from telephone.providers.base import Interrupted
from tests.standin_providers import cut_after_doing, done_then, says

PA = "Prediction interrupted; please retry (code: PA)"
DIRECTOR = "Director: unexpected error handling prediction (E9828)"
OTHER = "Director: unexpected error handling prediction (E6716)"
SECOND = 0.0014
"""What a second of stable-diffusion costs, in US dollars."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr("telephone.providers.replicate.FIRST_LOOK", 0.01)


def ends(status, seconds=6.0, **more):
    metrics = {} if seconds is None else {"predict_time": seconds}
    return {"status": status, "output": None, "metrics": metrics} | more


async def failed_with(replicate, apis, model, ask, ending) -> TelephoneError:
    apis.endings.append(ending)
    with pytest.raises(TelephoneError) as caught:
        await replicate.collect(model, ask, await replicate.submit(model, ask, "m"))
    return caught.value


@pytest.mark.parametrize(
    ("ending", "kind", "seconds"),
    [
        (ends("failed", error="NSFW content detected."), Refused, 6.0),
        (ends("failed", error="something odd"), BadOutput, 6.0),
        (ends("failed", error=PA), Interrupted, 6.0),
        (ends("canceled", 590.0), TimedOut, 590.0),
        (ends("aborted", None), TimedOut, 0.0),
        (ends("aborted", 6.0), TimedOut, 0.0),
        (ends("succeeded"), BadOutput, 6.0),
        (ends("succeeded", output=[]), Refused, 6.0),
        (ends("succeeded", output=["https://elsewhere.example/a.png"]), BadOutput, 6.0),
        (ends("succeeded", data_removed=True, input={}), Interrupted, 6.0),
    ],
)
async def test_every_end_costs_the_seconds_that_it_took(replicate, apis, tables, words, ending, kind, seconds):
    error = await failed_with(replicate, apis, tables.table("stable-diffusion"), words, ending)
    assert type(error) is kind
    assert error.cost_usd == pytest.approx(seconds * SECOND)


async def test_seconds_that_are_not_reported_run_from_the_start_to_the_end(replicate, apis, tables, words):
    ending = ends("canceled", None, started_at="2026-11-30T10:00:00Z", completed_at="2026-11-30T10:09:50Z")
    error = await failed_with(replicate, apis, tables.table("stable-diffusion"), words, ending)
    assert error.cost_usd == pytest.approx(590 * SECOND)


async def test_a_model_with_a_price_a_picture_leaves_the_cost_of_a_failure_open(replicate, apis, tables, words):
    for ending, cost in ((ends("failed", error="odd"), None), (ends("canceled"), None), (ends("aborted", None), 0.0)):
        error = await failed_with(replicate, apis, tables.table("flux-schnell"), words, ending)
        assert error.cost_usd == cost


async def test_a_prediction_that_is_called_off_says_what_it_cost(replicate, apis, tables, words):
    apis.looks_until_done = 10_000
    players = Players(tables, {"replicate": replicate}, deadline=0.6)
    ticket = await players.submit("stable-diffusion", words, "m")
    with pytest.raises(TimedOut) as caught:
        await players.collect("stable-diffusion", words, ticket)
    spent = apis.predictions[ticket.reference]["metrics"]["predict_time"]
    assert caught.value.cost_usd == pytest.approx(spent * SECOND)
    assert 0 < caught.value.cost_usd < tables.table("stable-diffusion").price_usd


async def test_one_that_cannot_be_seen_yet_is_called_off_all_the_same(replicate, apis, tables, words):
    apis.looks_until_seen = 2
    model = tables.table("stable-diffusion")
    ticket = await replicate.submit(model, words, "m")
    assert await replicate.cancel(model, ticket) == 0
    assert apis.predictions[ticket.reference]["status"] == "canceled"


async def test_one_that_ends_while_it_is_called_off_costs_what_it_took(replicate, apis, tables, words):
    model = tables.table("stable-diffusion")
    ticket = await replicate.submit(model, words, "m")
    await replicate.collect(model, words, ticket)
    assert await replicate.cancel(model, ticket) == pytest.approx(2.0 * SECOND)
    assert await replicate.cancel(model, Ticket()) is None


@pytest.mark.parametrize("words_of_theirs", [PA, DIRECTOR, "Prediction was interrupted.", OTHER])
async def test_what_is_broken_off_is_asked_for_again_with_the_same_seed(
    replicate, apis, tables, words, words_of_theirs
):
    players = Players(tables, {"replicate": replicate}, deadline=20, again_pauses=(0.0, 0.0, 0.0))
    apis.endings.extend([ends("failed", 0.5, error=words_of_theirs)] * 3)
    answer = await players.answer("stable-diffusion", words)
    assert answer.data
    assert {made["input"]["seed"] for made in apis.predictions.values()} == {words.seed}
    assert len(apis.billed) == 4
    assert answer.cost_usd == pytest.approx((3 * 0.5 + 2.0) * SECOND)
    apis.endings.extend([ends("failed", 0.5, error=words_of_theirs)] * 4)
    with pytest.raises(BadOutput, match="interrupted again and again") as caught:
        await players.answer("stable-diffusion", Ask(seed=3, text="a whale"))
    assert type(caught.value) is BadOutput
    assert (len(apis.billed), caught.value.cost_usd) == (8, pytest.approx(4 * 0.5 * SECOND))


async def test_an_answer_that_was_deleted_is_asked_for_again_and_said(replicate, apis, tables, words, caplog):
    players = Players(tables, {"replicate": replicate}, deadline=20, again_pauses=(0.0,))
    apis.endings.append(ends("succeeded", 6.0, data_removed=True, input={}))
    answer = await players.answer("stable-diffusion", words)
    assert answer.data
    assert answer.cost_usd == pytest.approx((6.0 + 2.0) * SECOND)


async def test_an_embedding_costs_what_it_reports_with_what_was_lost_beside_it(replicate, apis, tables, words, openai):
    players = Players(
        tables, {"replicate": replicate, "openai": openai}, deadline=20, lost_pauses=(0.0,) * 3, again_pauses=(0.0,)
    )
    second, price = tables.table("imagebind").second_usd, tables.table("imagebind").price_usd
    assert (await players.answer("imagebind", words)).cost_usd == pytest.approx(2.0 * second)
    apis.next("/v1/predictions", cut_after_doing())
    assert (await players.answer("imagebind", Ask(seed=0, text="found"))).cost_usd == pytest.approx(2.0 * second)
    apis.listing_lag = 60.0
    apis.next("POST /v1/predictions", done_then(504), done_then(504))
    lost = await players.answer("imagebind", Ask(seed=0, text="never found"))
    assert lost.cost_usd == pytest.approx(2.0 * second + 2 * price)
    apis.next("/v1/images/generations", done_then(502))
    drawn = await players.answer("gpt-image", words)
    assert drawn.cost_usd == pytest.approx((10 * 5 + 196 * 30) / 1e6 + tables.table("gpt-image").price_usd)


async def test_a_call_that_is_turned_away_until_time_is_up_costs_nothing(replicate, apis, tables, words):
    apis.creates_a_minute, apis.created_at = 1, asyncio.get_running_loop().time()
    players = Players(tables, {"replicate": replicate}, deadline=0.5)
    with pytest.raises(TimedOut) as caught:
        await players.submit("stable-diffusion", words, "m")
    assert (caught.value.cost_usd, apis.billed) == (0.0, [])
    assert "until the operator adds credit" in caught.value.sentence


async def test_a_cancel_that_is_turned_away_is_asked_for_again(replicate, apis, tables, words):
    ticket = await replicate.submit(tables.table("stable-diffusion"), words, "m")
    apis.next("/v1/predictions/.+/cancel", says(429, {}, Retry_After="0"), says(500))
    await Players(tables, {"replicate": replicate}).cancel("stable-diffusion", ticket)
    assert apis.predictions[ticket.reference]["status"] == "canceled"
