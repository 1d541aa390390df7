"""All requests together stay within what Discord takes of a token; answers to members never wait."""

import asyncio
from types import SimpleNamespace

import aiohttp
import pytest
from discord.http import Route
from yarl import URL

from bot.delivery.request_rate import MOST, PER_SECOND, RequestRate


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


async def test_requests_that_are_answered_at_once_go_out_evenly():
    clock = Clock()
    rate, sent = RequestRate(clock=clock, sleep=clock.sleep), []

    async def send() -> None:
        await rate.turn()
        sent.append(clock.now)
        rate.answered()

    await asyncio.gather(*(send() for _ in range(300)))
    assert sent == sorted(sent)
    assert max(sum(begun <= at < begun + 1.0 for at in sent) for begun in sent) <= MOST
    assert sent[-1] - sent[0] == pytest.approx(300 / PER_SECOND, rel=0.02)


async def test_after_a_pause_no_burst_makes_up_for_it():
    clock = Clock()
    rate, sent = RequestRate(clock=clock, sleep=clock.sleep), []
    await rate.turn()
    rate.answered()
    clock.now += 60.0
    for _ in range(10):
        await rate.turn()
        sent.append(clock.now - 160.0)
    assert sum(at == 0.0 for at in sent) == 2


async def test_no_second_has_more_requests_than_discord_takes_however_late_they_arrive():
    """Those of every other second are held up on their way and arrive together, with the first of the next ones."""
    clock = Clock()
    rate, arrived = RequestRate(clock=clock, sleep=clock.sleep), []
    for late in (True, False, True, False):
        sent = []
        for _ in range(45):
            await rate.turn()
            sent.append(clock.now)
            if not late:
                rate.answered()
        arrived += [clock.now] * 45 if late else sent
        for _ in range(45 if late else 0):
            rate.answered()
    assert max(sum(first <= at < first + 1.0 for at in arrived) for first in arrived) <= MOST


async def test_requests_that_nobody_answers_hold_up_the_others_until_one_is_given_up():
    clock = Clock()
    rate = RequestRate(clock=clock, sleep=clock.sleep)
    for _ in range(MOST):
        await rate.turn()
    waits = asyncio.create_task(rate.turn())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waits.done()
    rate.answered()
    await waits


@pytest.mark.parametrize(
    ("address", "waits"),
    [
        ("/channels/1/messages", True),
        ("/interactions/1/token/callback", False),
        ("/webhooks/1/token/messages/@original", False),
        ("https://cdn.discordapp.com/attachments/1/2/turn-01.png", False),
    ],
)
async def test_answers_to_members_and_files_do_not_count(address, waits):
    clock = Clock()
    trace = RequestRate(clock=clock, sleep=clock.sleep).keep(aiohttp.TraceConfig())
    [begins], [ends], [breaks] = trace.on_request_start, trace.on_request_end, trace.on_request_exception
    url = URL(address if address.startswith("https") else Route.BASE + address)
    for _ in range(MOST + 1):  # each gives back its place, though aiohttp may tell of its end twice
        context = SimpleNamespace()
        await begins(None, context, aiohttp.TraceRequestStartParams("POST", url, None))
        for end in (ends, breaks):
            await end(None, context, None)
    assert (clock.now > 100.0) == waits
