"""All requests together stay within what Discord takes of a token; answers to members never wait."""

import asyncio
from types import SimpleNamespace

import aiohttp
import pytest
from discord.http import Route
from yarl import URL

from bot.delivery.request_rate import PER_SECOND, RequestRate


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


async def test_no_second_has_more_requests_than_discord_takes_and_few_less():
    clock = Clock()
    rate, sent = RequestRate(clock=clock, sleep=clock.sleep), []

    async def send() -> None:
        await rate.turn()
        sent.append(clock.now)

    await asyncio.gather(*(send() for _ in range(300)))
    assert sent == sorted(sent)
    assert max(sum(begun <= at < begun + 1.0 for at in sent) for begun in sent) <= PER_SECOND + 2 < 50
    assert sent[-1] - sent[0] == pytest.approx(300 / PER_SECOND, rel=0.02)


async def test_after_a_pause_no_burst_makes_up_for_it():
    clock = Clock()
    rate, sent = RequestRate(clock=clock, sleep=clock.sleep), []
    await rate.turn()
    clock.now += 60.0
    for _ in range(10):
        await rate.turn()
        sent.append(clock.now - 160.0)
    assert sum(at == 0.0 for at in sent) == 2


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
    [wait] = trace.on_request_start
    url = URL(address if address.startswith("https") else Route.BASE + address)
    for _ in range(4):
        await wait(None, SimpleNamespace(), aiohttp.TraceRequestStartParams("POST", url, None))
    assert (clock.now > 100.0) == waits
