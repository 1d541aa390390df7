"""A create whose answer is lost may have been made and billed: it is looked for, and counted where it is not found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from telephone.errors import TelephoneError, TimedOut
from telephone.models.players import Players
from telephone.providers.downloads import Downloads
from telephone.providers.replicate import Replicate
from telephone.providers.their_clock import TheirClock
from tests.standin_providers import cut, cut_after_doing, done_then, says
from tests.telephone.providers.conftest import QUICK, TOKEN

CREATE, LOOK, DRAW = "/v1/predictions", "/v1/predictions/.+", "/v1/images/generations"
UNKNOWN = [408, 409, 500, 502, 503, 504, 520, 522, 524, 529]
"""Statuses after which nobody knows whether the work was done."""


class Losses:
    """Counts the creates that were lost, as whoever books them is told."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> None:
        self.count += 1


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr("telephone.providers.replicate.FIRST_LOOK", 0.01)


def played_by(tables, **providers) -> Players:
    return Players(tables, providers, deadline=20, lost_pauses=(0.0, 0.0, 0.0))


@pytest.mark.parametrize("status", UNKNOWN)
async def test_a_create_that_was_done_and_answered_with_an_error_is_found_and_paid_once(
    replicate, apis, tables, words, status
):
    players = played_by(tables, replicate=replicate)
    apis.next(CREATE, done_then(status))
    ticket = await players.submit("stable-diffusion", words, "m")
    assert apis.billed == [ticket.reference]
    assert (ticket.found, ticket.maybe_billed_twice) == (True, False)
    assert (await players.collect("stable-diffusion", words, ticket)).data


@pytest.mark.parametrize("status", UNKNOWN)
async def test_a_create_that_cannot_be_found_is_made_anew_and_in_doubt(replicate, apis, tables, words, status):
    players = played_by(tables, replicate=replicate)
    apis.next(CREATE, says(status))
    ticket = await players.submit("stable-diffusion", words, "m")
    assert (ticket.found, ticket.maybe_billed_twice) == (False, True)
    assert len(apis.billed) == 1


@pytest.mark.parametrize("status", UNKNOWN)
async def test_a_picture_of_openai_that_was_done_and_answered_with_an_error_is_in_doubt(
    openai, apis, tables, words, status
):
    players = played_by(tables, openai=openai)
    apis.next(DRAW, done_then(status))
    ticket = await players.submit("gpt-image", words, "m")
    assert len(apis.billed) == 2
    assert ticket.maybe_billed_twice


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 425, 429])
async def test_a_create_that_was_turned_away_is_no_doubt(replicate, apis, tables, words, status):
    losses = Losses()
    apis.next(CREATE, says(status, {"detail": "no"}, Retry_After="0"))
    players = played_by(tables, replicate=replicate)
    try:
        ticket = await players.submit("stable-diffusion", words, "m", lost=losses)
    except TelephoneError:
        ticket = None
    assert ticket is None or (ticket.found, ticket.maybe_billed_twice) == (False, False)
    assert losses.count == 0


async def test_every_create_that_was_lost_is_counted_and_there_is_an_end_to_them(openai, apis, tables, words):
    players, losses = played_by(tables, openai=openai), Losses()
    apis.next(DRAW, done_then(502), done_then(524), cut_after_doing())
    assert (await players.submit("gpt-image", words, "m", lost=losses)).maybe_billed_twice
    assert (len(apis.billed), losses.count) == (4, 3)
    apis.next(DRAW, *[done_then(502)] * 20)
    losses = Losses()
    with pytest.raises(TimedOut, match="billed"):
        await players.submit("gpt-image", words, "m", lost=losses)
    assert len(apis.billed) == 4 + losses.count == 4 + 4


async def test_a_server_of_ones_own_is_asked_for_as_long_as_there_is_time(openai, apis, table, words, tables):
    """Nobody is billed there."""
    own = table(name="own", url=f"{apis.url}/v1")
    registry = replace(tables, tables={**tables.tables, "own": own})
    apis.next(DRAW, *[says(503)] * 2)
    players = Players(registry, {"openai": openai}, deadline=60, lost_pauses=(0.0,))
    assert (await players.submit("own", words, "m")).reference


async def test_a_create_that_the_listing_shows_late_is_waited_for(apis, tables, words):
    apis.listing_lag = 0.4
    replicate = Replicate(SecretStr(TOKEN), apis.url, Downloads(["127.0.0.1"]), waits=QUICK)
    players = played_by(tables, replicate=replicate)
    apis.next(CREATE, done_then(504))
    ticket = await players.submit("stable-diffusion", words, "m")
    assert (apis.billed, ticket.found) == ([ticket.reference], True)
    await replicate.close()


async def test_a_prediction_that_cannot_be_seen_yet_is_waited_for_and_not_made_anew(replicate, apis, tables, words):
    apis.looks_until_seen = 5
    model = tables.table("stable-diffusion")
    answer = await replicate.collect(model, words, await replicate.submit(model, words, "m"))
    assert answer.data
    assert len(apis.billed) == 1


@pytest.mark.parametrize("size", ["small", "large"])
async def test_a_readers_prediction_is_found_again_although_the_listing_shows_no_picture(
    replicate, apis, tables, picture, large_picture, size
):
    ask = picture if size == "small" else large_picture
    players = played_by(tables, replicate=replicate)
    for model in ("blip", "imagebind", "llava"):
        apis.billed.clear()
        apis.next(CREATE, done_then(502))
        ticket = await players.submit(model, ask, "m")
        assert (apis.billed, ticket.found, ticket.maybe_billed_twice) == ([ticket.reference], True, False)


async def test_a_readers_prediction_of_another_picture_is_not_adopted(replicate, apis, tables, picture, large_picture):
    model, before = tables.table("blip"), datetime.now(UTC)
    theirs = await replicate.submit(model, picture, "another step")
    other = Replicate(SecretStr(TOKEN), apis.url, Downloads(["127.0.0.1"]), waits=QUICK)
    ours = await other.submit(model, large_picture, "m", before)
    assert (ours.reference == theirs.reference, ours.found) == (False, False)
    await other.close()


async def test_what_the_service_adds_to_the_input_is_no_hindrance(replicate, apis, tables, words):
    model, before = tables.table("stable-diffusion"), datetime.now(UTC)
    made = await replicate.submit(model, words, "m")
    apis.predictions[made.reference]["input"] |= {"num_outputs": 1, "scheduler": "K_EULER"}
    assert (await replicate.submit(model, words, "m", before)).reference == made.reference


async def test_lost_reads_and_cancels_are_no_creates(replicate, apis, tables, words):
    players, losses = played_by(tables, replicate=replicate), Losses()
    ticket = await players.submit("stable-diffusion", words, "m", lost=losses)
    apis.next(LOOK, done_then(502), cut())
    assert (await players.collect("stable-diffusion", words, ticket)).data
    assert (len(apis.billed), losses.count) == (1, 0)


@pytest.mark.parametrize("now_wrong", [False, True])
async def test_a_create_that_was_asked_for_while_our_clock_was_ahead_is_found_and_paid_once(
    apis, tables, words, large_picture, now_wrong
):
    ahead = datetime.now(UTC) + timedelta(hours=1)
    for name, ask in (("stable-diffusion", words), ("blip", large_picture)):
        first = Replicate(SecretStr(TOKEN), apis.url, Downloads(["127.0.0.1"]), waits=QUICK)
        begun = await first.submit(tables.table(name), ask, "m")
        await first.close()
        again = Replicate(SecretStr(TOKEN), apis.url, Downloads(["127.0.0.1"]), waits=QUICK)
        if now_wrong:
            again._clock = TheirClock(lambda: ahead + timedelta(minutes=1))
        ticket = await again.submit(tables.table(name), ask, "m", ahead)
        assert (ticket.reference, ticket.found, ticket.maybe_billed_twice) == (begun.reference, True, False)
        await again.close()
    assert len(apis.billed) == 2


@pytest.mark.parametrize("told", [{}, {"date": "soon"}, {"date": ""}])
async def test_their_time_is_ours_until_they_tell_it(told):
    ours = datetime(2026, 1, 1, tzinfo=UTC)
    clock = TheirClock(lambda: ours)
    await clock.hear(SimpleNamespace(headers=told))
    assert clock.now() == ours
    await clock.hear(SimpleNamespace(headers={"date": "Thu, 01 Jan 2026 05:00:00 GMT"}))
    assert timedelta() <= clock.now() - datetime(2026, 1, 1, 5, tzinfo=UTC) < timedelta(minutes=1)
