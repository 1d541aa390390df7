"""Replicate: one prediction a step, whatever is cut off, and never more than its time."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from telephone.domain.calls import Ask, Ticket
from telephone.errors import BadOutput, Misconfigured, Refused, Retired, TimedOut, Unavailable
from telephone.models.players import Players, caption_of, picture_of
from telephone.providers.downloads import Downloads
from telephone.providers.replicate import Replicate
from tests.limits import LIMIT
from tests.standin_providers import cut, cut_after_doing, floods, redirects, says
from tests.telephone.providers.conftest import QUICK, TOKEN

SECRET = SecretStr(TOKEN)
CREATE, LOOK = "/v1/predictions", "/v1/predictions/.+"


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr("telephone.providers.replicate.FIRST_LOOK", 0.01)


async def play(adapter, model, ask):
    return await adapter.collect(model, ask, await adapter.submit(model, ask, "m"))


def ended(status, **more):
    urls = {"get": "http://127.0.0.1", "cancel": "http://127.0.0.1", "web": "http://127.0.0.1"}
    plain = {"id": "x", "model": "a/b", "version": "v", "input": {}, "output": None, "error": None, "logs": ""}
    plain |= {"status": status, "data_removed": False, "created_at": "2026-11-22T00:00:00Z", "urls": urls}
    return says(200, plain | more)


async def test_each_pair_of_the_article_plays_as_its_rows_say(replicate, apis, tables):
    """The shapes in which the models answered in the recorded examples."""
    apis.outputs = {
        "51a43c9d": lambda text: [word + " " for word in text.split()],  # mPLUG-Owl streams
        "9a34a633": lambda text: [{"text": text}],
        "28b5242d": lambda pictures: pictures[0],
        "2e1dddc8": lambda text: f"Caption: {text}",
    }
    for drawn, told in (("stable-diffusion", "minigpt4"), ("vqgan-clip", "clip-prefix"), ("sdxl", "mplug-owl")):
        picture = picture_of(await play(replicate, tables.table(drawn), Ask(seed=7, text="a fox")), drawn)
        answer = await play(replicate, tables.table(told), Ask(seed=7, image=picture))
        assert caption_of(answer, told).text.startswith("a wall of 64 pixels, painted in colour")
    blip = await play(replicate, tables.table("blip"), Ask(seed=7, image=picture))
    assert caption_of(blip, "blip").text.startswith("a wall")
    sent = [seen.body for seen in apis.asked(CREATE)]
    assert sent[0]["version"] == tables.table("stable-diffusion").ref
    assert sent[0]["input"] == {"prompt": "a fox", "seed": 7}
    assert set(sent[-2]["input"]) == {"img", "prompt"}
    assert {seen.headers["Cancel-After"] for seen in apis.asked(CREATE)} == {"1800s"}


async def test_a_prediction_is_waited_for_and_costs_its_seconds(replicate, apis, tables, words):
    apis.looks_until_done = 4
    model = tables.table("stable-diffusion")
    answer = await play(replicate, model, words)
    assert answer.cost_usd == pytest.approx(2.0 * 0.0014)
    assert len(apis.asked(LOOK)) == 4
    assert "fox" not in str(answer.parameters)
    assert (await play(replicate, tables.table("flux-schnell"), words)).cost_usd is None  # priced by the picture


@pytest.mark.parametrize("seconds", [-1, 10**9, "2", None, float("nan"), True, [], pytest.param(10**400, id="huge")])
async def test_seconds_that_make_no_sense_are_no_cost(replicate, apis, tables, picture, seconds):
    shown = None if isinstance(seconds, float) else seconds
    apis.next(LOOK, ended("succeeded", output="a fox", metrics={"predict_time": shown}))
    assert (await replicate.collect(tables.table("blip"), picture, Ticket("x"))).cost_usd is None


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ended("failed", error="NSFW content detected. Try a different prompt."), Refused),
        (ended("failed", error="CUDA out of memory"), Unavailable),
        (ended("failed"), BadOutput),
        (ended("canceled"), TimedOut),
        (ended("aborted"), TimedOut),
        (ended("succeeded"), BadOutput),
        (ended("succeeded", output=[]), Refused),
        (ended("succeeded", output={"x": 1}), BadOutput),
        (ended("succeeded", output=["http://169.254.169.254/a.png"]), BadOutput),
        (ended("succeeded", output=["file:///etc/passwd"]), BadOutput),
        (ended("succeeded", output=["https://evil.example/a.png"]), BadOutput),
        (cut(), Unavailable),
        (says(500), Unavailable),
        (says(200, []), BadOutput),
    ],
)
async def test_each_end_of_a_prediction_becomes_its_error(replicate, apis, tables, words, fault, expected):
    apis.next(LOOK, fault)
    with pytest.raises(expected):
        await replicate.collect(tables.table("stable-diffusion"), words, Ticket("x"))


async def test_a_prediction_that_stays_unseen_is_gone(apis, tables, words):
    replicate = Replicate(SECRET, apis.url, waits=replace(QUICK, unseen=0.1))
    with pytest.raises(BadOutput, match="gone") as caught:
        await replicate.collect(tables.table("stable-diffusion"), words, Ticket("x"))
    assert type(caught.value) is BadOutput
    await replicate.close()


async def test_a_version_that_is_gone_is_retired(replicate, apis, tables, words):
    apis.next(CREATE, says(422, {"title": "Invalid version or not permitted", "detail": "does not exist"}))
    with pytest.raises(Retired):
        await replicate.submit(tables.table("stable-diffusion"), words, "m")


async def test_a_create_that_was_lost_on_the_way_is_found_again_and_paid_once(replicate, apis, tables, words):
    players = Players(tables, {"replicate": replicate}, deadline=5)
    apis.next(CREATE, cut_after_doing())
    ticket = await players.submit("stable-diffusion", words, "m")
    assert (ticket.found, ticket.maybe_billed_twice) == (True, False)
    assert apis.billed == [ticket.reference]
    assert (await players.collect("stable-diffusion", words, ticket)).data


async def test_a_create_that_never_arrived_is_made_anew_and_in_doubt(replicate, apis, tables, words):
    players = Players(tables, {"replicate": replicate}, deadline=5)
    apis.next(CREATE, cut())
    ticket = await players.submit("stable-diffusion", words, "m")
    assert (ticket.found, ticket.maybe_billed_twice) == (False, True)
    assert len(apis.billed) == 1


async def test_a_create_that_was_turned_away_is_made_anew_without_a_doubt(replicate, apis, tables, words):
    players = Players(tables, {"replicate": replicate}, deadline=5)
    apis.next(CREATE, says(429, {}, Retry_After="0"), says(425))
    ticket = await players.submit("stable-diffusion", words, "m")
    assert (ticket.found, ticket.maybe_billed_twice) == (False, False)
    assert len(apis.billed) == 1


async def test_another_process_adopts_what_the_first_one_began(apis, tables, words, large_picture):
    """As after kill -9 between create and ticket; the picture's upload is found again too."""
    for name, ask in (("stable-diffusion", words), ("blip", large_picture)):
        model, before = tables.table(name), datetime.now(UTC)
        first = Replicate(SECRET, apis.url, Downloads(["127.0.0.1"]), waits=QUICK)
        begun = await first.submit(model, ask, "m")
        await first.close()
        second = Replicate(SECRET, apis.url, Downloads(["127.0.0.1"]), waits=QUICK)
        again = await second.submit(model, ask, "m", before)
        assert (again.reference, again.found, again.maybe_billed_twice) == (begun.reference, True, False)
        answer = await second.collect(model, ask, again)
        assert answer.data or answer.text
        await second.close()
    assert len(apis.billed) == 2
    assert len(apis.files) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"input": {"prompt": "a fox mends a clock", "seed": 8}},
        {"input": {"prompt": "a fox mends a clock"}},
        {"input": {}, "data_removed": True},
        {"version": "0" * 64},
        {"status": "failed"},
        {"status": "canceled"},
        {"status": "aborted"},
        {"created_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat()},
    ],
)
async def test_no_other_prediction_is_adopted(replicate, apis, tables, words, other):
    model = tables.table("stable-diffusion")
    made = await replicate.submit(model, words, "m")
    apis.predictions[made.reference] |= other
    again = await replicate.submit(model, words, "m", datetime.now(UTC))
    assert again.reference != made.reference
    assert again.maybe_billed_twice


async def test_a_prediction_of_another_step_is_not_adopted(replicate, apis, tables, words):
    model, before = tables.table("stable-diffusion"), datetime.now(UTC)
    theirs = await replicate.submit(model, words, "another step")
    ours = await replicate.submit(model, words, "m", before)
    assert ours.reference != theirs.reference


async def test_the_listing_is_read_page_by_page_and_not_on_another_host(replicate, apis, tables, words):
    model, before = tables.table("stable-diffusion"), datetime.now(UTC)
    wanted = await replicate.submit(model, words, "m")
    for n in range(10):
        await replicate.submit(model, Ask(seed=n, text="something else"), f"m{n}")
    assert (await replicate.submit(model, words, "m", before)).reference == wanted.reference
    elsewhere = {"results": [], "previous": None, "next": "http://127.0.0.1:9/v1/predictions?cursor=3"}
    apis.next(CREATE, *[says(200, elsewhere)] * (1 + len(QUICK.listing)))
    assert (await replicate.submit(model, words, "m", before)).maybe_billed_twice


async def test_every_picture_is_uploaded_whatever_its_size(replicate, apis, tables, picture, large_picture):
    """The listing need not show what travels inside a prediction, and then nothing would be found again."""
    blip = tables.table("blip")
    assert len(large_picture.image.data) > 200_000
    for ask, width in ((picture, 64), (large_picture, 640)):
        answer = await play(replicate, blip, ask)
        assert f"{width} pixels" in answer.text
        assert list(apis.files.values())[-1]["data"] == ask.image.data
        assert apis.asked(CREATE)[-1].body["input"]["image"].startswith(f"{apis.url}/v1/files/")
    assert "data:" not in str([seen.body for seen in apis.asked(CREATE)])


async def test_our_token_follows_no_redirect_and_goes_to_no_download(replicate, apis, tables, words):
    await play(replicate, tables.table("stable-diffusion"), words)
    assert all("Authorization" not in seen.headers for seen in apis.asked("/delivery/.*"))
    elsewhere = f"{apis.url.replace('127.0.0.1', 'localhost')}/elsewhere"
    apis.next(LOOK, redirects(elsewhere))
    with pytest.raises(Misconfigured):
        await replicate.collect(tables.table("stable-diffusion"), words, Ticket("x"))
    assert apis.asked("/elsewhere") == []


async def test_a_prediction_that_is_given_up_is_cancelled(replicate, apis, tables, words):
    apis.looks_until_done = 10_000
    players = Players(tables, {"replicate": replicate}, deadline=0.4)
    ticket = await players.submit("stable-diffusion", words, "m")
    with pytest.raises(TimedOut, match="stable-diffusion"):
        await players.collect("stable-diffusion", words, ticket)
    assert apis.predictions[ticket.reference]["status"] == "canceled"


async def test_predictions_that_nobody_collects_are_remembered_up_to_a_bound(apis, tables, words, monkeypatch):
    monkeypatch.setattr("telephone.providers.replicate.REMEMBERED", 3)
    replicate = Replicate(SECRET, apis.url)
    for n in range(6):
        await replicate.submit(tables.table("stable-diffusion"), words, f"m{n}")
        assert len(replicate._ours) <= 3
    await replicate.close()


async def test_a_slow_prediction_holds_back_nobody_elses(replicate, apis, tables, words):
    apis.looks_until_done = 10_000
    model = tables.table("stable-diffusion")
    slow = asyncio.create_task(play(replicate, model, words))
    await asyncio.sleep(0.05)
    apis.looks_until_done = 1
    async with asyncio.timeout(LIMIT):
        assert (await play(replicate, model, Ask(seed=1, text="quick"))).data
    slow.cancel()
    await asyncio.wait({slow})


async def test_a_hundred_megabytes_of_picture_are_left_after_twenty_five(replicate, apis, tables, words):
    apis.next("/delivery/.*", floods(100 * 10**6))
    with pytest.raises(BadOutput, match="25 MB"):
        await play(replicate, tables.table("stable-diffusion"), words)


async def test_whether_a_model_still_exists_is_asked(replicate, apis, tables):
    model = tables.table("blip")
    assert await replicate.exists(model) is False
    apis.models.add("salesforce/blip")
    assert await replicate.exists(model) is True
    apis.next("/v1/models/.*", says(500))
    assert await replicate.exists(model) is None
    assert await Replicate().exists(model) is None


def test_a_missing_token_is_named_and_a_token_is_never_shown(tables):
    assert Replicate().why_not(tables.table("blip")) == "needs REPLICATE_API_TOKEN"
    assert TOKEN not in repr(Replicate(SECRET))


async def test_a_version_that_was_disabled_is_retired_and_is_not_there(replicate, apis, tables, words):
    pinned, named = tables.table("stable-diffusion"), tables.table("flux-schnell")
    apis.models |= {"stability-ai/stable-diffusion", "black-forest-labs/flux-schnell"}
    assert await replicate.exists(pinned) is True
    assert await replicate.exists(named) is True
    apis.disabled |= {pinned.ref.partition(":")[2], named.ref}
    for model in (pinned, named):
        assert await replicate.exists(model) is False
        with pytest.raises(Retired):
            await replicate.submit(model, words, "m")
    assert apis.billed == []


async def test_a_cold_model_has_its_whole_deadline_from_when_it_runs(replicate, apis, tables, words, monkeypatch):
    """Its start takes longer than the deadline; the card hears once that it is waking up."""
    monkeypatch.setattr("telephone.providers.replicate.STARTS_WITHIN", 0.1)
    monkeypatch.setattr("telephone.providers.replicate.LONGEST_PAUSE", 0.05)
    monkeypatch.setattr("telephone.providers.replicate.FIRST_LOOK", 0.05)
    apis.starts_after, told = 2.0, []

    async def waking():
        told.append("waking")

    players = Players(tables, {"replicate": replicate}, deadline=1.0)
    ticket = await players.submit("stable-diffusion", words, "m")
    answer = await players.collect("stable-diffusion", words, ticket, waking)
    assert picture_of(answer, "stable-diffusion").width == 64
    assert told == ["waking"]


async def test_a_model_that_never_wakes_ends_at_last(replicate, apis, tables, words, monkeypatch):
    monkeypatch.setattr("telephone.providers.replicate.STARTS_WITHIN", 0.0)
    monkeypatch.setattr("telephone.retry.WAKING_MAX", 0.5)
    apis.starts_after = 3_600.0
    players = Players(tables, {"replicate": replicate}, deadline=0.5)
    ticket = await players.submit("stable-diffusion", words, "m")
    with pytest.raises(TimedOut):
        await players.collect("stable-diffusion", words, ticket)
    assert apis.asked("/v1/predictions/.*/cancel")


async def test_only_models_that_may_be_cold_are_kept_alive_for_longer(replicate, apis, tables, words):
    for name in ("stable-diffusion", "flux-schnell"):
        await replicate.submit(tables.table(name), words, "m")
    assert [seen.headers["Cancel-After"] for seen in apis.asked(CREATE)] == ["1800s", "600s"]
