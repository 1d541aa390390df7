"""The limit of a route is kept to exactly: no request too many, and no answer held back."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord.http import HTTPClient

from bot.delivery.route_limits import RouteLimit, keep_route_limits

ROUTE = "POST /channels/{channel_id}/messages"


def client(most: float | None = None) -> HTTPClient:
    http = HTTPClient(asyncio.get_running_loop())
    http.max_ratelimit_timeout = most
    return http


def answer(left: int, resets_in: float, limit: int = 5) -> Any:
    told = {"Limit": limit, "Remaining": left, "Reset-After": resets_in}
    return SimpleNamespace(headers={f"X-Ratelimit-{name}": str(value) for name, value in told.items()})


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def known(limit: RouteLimit, left: int, resets_in: float) -> RouteLimit:
    """A limit of which one answer has told."""
    async with limit:
        limit.update(answer(left, resets_in))
    return limit


async def test_before_the_first_answer_one_request_goes_out() -> None:
    limit, out = RouteLimit(client()), []

    async def ask() -> None:
        async with limit:
            out.append(1)
            await asyncio.sleep(3_600)

    tasks = [asyncio.create_task(ask()) for _ in range(3)]
    await settle()
    assert len(out) == 1
    limit.update(answer(4, 60.0))
    await settle()
    assert len(out) == 3
    for task in tasks:
        task.cancel()


async def test_an_answer_frees_no_place_that_requests_on_their_way_have_taken() -> None:
    """Five are on their way in a new window; the first answer says that four are left, which those four take."""
    limit = await known(RouteLimit(client()), 0, 0.05)
    for _ in range(5):
        await asyncio.wait_for(limit.acquire(), 5)
    limit.update(answer(4, 60.0))
    sixth = asyncio.create_task(limit.acquire())
    await settle()
    assert not sixth.done()
    sixth.cancel()


async def test_the_last_answer_of_a_window_is_not_held_back_and_the_next_request_is() -> None:
    limit = await asyncio.wait_for(known(RouteLimit(client()), 0, 0.2), 5)
    waits = asyncio.create_task(limit.acquire())
    await settle()
    assert not waits.done()
    await asyncio.wait_for(waits, 5)


async def test_a_request_without_an_answer_frees_the_route() -> None:
    limit = RouteLimit(client())
    for _ in range(3):
        with pytest.raises(OSError, match="lost"):
            async with limit:
                raise OSError("lost")


async def test_a_wait_longer_than_the_client_allows_is_refused() -> None:
    limit = await known(RouteLimit(client(most=30.0)), 0, 60.0)
    with pytest.raises(discord.RateLimited) as refused:
        await limit.acquire()
    assert 0 < refused.value.retry_after <= 60.0


async def test_a_channel_keeps_its_limit_when_discord_names_the_route() -> None:
    http = client()
    keep_route_limits(http)
    before = http.get_ratelimit(f"{ROUTE}:7")
    await cast(RouteLimit, before).acquire()
    http._bucket_hashes[ROUTE] = "abc"  # as an answer in another channel told
    assert http.get_ratelimit("abc:7") is before
    assert http.get_ratelimit("abc:8") is not before
