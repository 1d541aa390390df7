"""Faults that meet a share of the requests, as the dice fall."""

from random import Random

from aiohttp import ClientSession

from tests.standin.faults import Faults
from tests.standin_providers import StandinApis, says


def test_a_share_of_the_requests_fails_until_all_is_cleared():
    faults = Faults()
    faults.sometimes(0.2, "*", "^/channels/", status=429, dice=Random(1), retry_after=0.3)
    met = [faults.take("POST", "/channels/1/messages") for _ in range(1_000)]
    failed = [fault for fault in met if fault is not None]
    assert 150 < len(failed) < 250
    assert {(fault.status, fault.retry_after) for fault in failed} == {(429, 0.3)}
    assert not any(faults.take("GET", "/gw") for _ in range(100))
    faults.clear()
    assert not any(faults.take("POST", "/channels/1/messages") for _ in range(100))


async def test_providers_fail_a_share_of_their_calls_bill_the_others_and_know_what_was_asked():
    async with StandinApis.open() as apis, ClientSession() as http:

        async def draw(seed: int) -> int:
            body = {"model": "easel", "prompt": "a fox", "seed": seed}
            async with http.post(f"{apis.url}/v1/images/generations", json=body) as answer:
                return answer.status

        apis.sometimes(0.5, r"POST /v1/images/.*", says(500), Random(1))
        statuses = [await draw(seed) for seed in range(40)]
        assert 10 < statuses.count(500) < 30
        assert [(call.model, call.seed) for call in apis.calls.values()] == [
            ("easel", seed) for seed, status in enumerate(statuses) if status == 200
        ]
        assert list(apis.calls) == apis.billed
        undo = apis.always(r"POST /v1/images/.*", says(503))
        assert await draw(1) == 503
        undo()
        apis.behave()
        assert {await draw(1) for _ in range(20)} == {200}
