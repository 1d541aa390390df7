"""The gate: how many at once, how many a minute, and a wait that holds all."""

import asyncio
from dataclasses import dataclass, field

import pytest

from telephone.errors import Misconfigured, RateLimited
from telephone.providers.rate_limit import LEARNT_SECONDS, LIMITS, Gate, Limit, limits
from tests.limits import LIMIT


@dataclass
class Clock:
    """A clock that moves only when a gate waits."""

    now: float = 100.0
    waited: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    held = Clock()
    monkeypatch.setattr("telephone.providers.rate_limit._now", lambda: held.now)
    monkeypatch.setattr("telephone.providers.rate_limit.asyncio.sleep", held.sleep)
    return held


async def test_no_more_are_out_at_once_than_the_limit_says():
    gate, out, most = Gate(Limit(3, 1_000)), 0, 0

    async def call():
        nonlocal out, most
        async with gate.slot():
            out += 1
            most = max(most, out)
            await asyncio.sleep(0.01)
            out -= 1

    await asyncio.gather(*(call() for _ in range(20)))
    assert most == 3


async def test_the_next_call_waits_for_the_minute_to_pass(clock):
    gate = Gate(Limit(10, 2))
    for waited in ([], [], [60.0]):
        async with gate.slot():
            assert clock.waited == waited


async def test_a_wait_that_a_provider_asks_for_holds_the_calls_that_follow(clock):
    gate = Gate(Limit(10, 1_000))
    with pytest.raises(RateLimited):
        async with gate.slot():
            raise RateLimited("slow down", 7.5)
    async with gate.slot():
        assert clock.waited == [7.5]


async def test_a_gate_of_one_provider_holds_nobody_elses_calls(clock):
    slow, quick = Gate(Limit(1, 1_000)), Gate(Limit(1, 1_000))
    with pytest.raises(RateLimited):
        async with slow.slot():
            raise RateLimited("slow down", 30)
    async with quick.slot():
        assert clock.waited == []


async def test_a_call_that_is_given_up_while_it_waits_leaves_its_place():
    gate = Gate(Limit(1, 1_000))
    async with gate.slot():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), gate.slot():
                pass
    async with asyncio.timeout(LIMIT), gate.slot():
        pass


def test_an_operator_sets_limits_and_a_wrong_one_is_named():
    assert limits("") == LIMITS
    assert limits("openai=4/30, replicate=2/5") == LIMITS | {"openai": Limit(4, 30), "replicate": Limit(2, 5)}
    for wrong in ("openai", "openai=0/30", "openai=4", "nobody=4/30", "openai=4/30/2"):
        with pytest.raises(Misconfigured, match="TELEPHONE_LIMITS"):
            limits(wrong)


async def refused(gate: Gate, error: RateLimited) -> None:
    with pytest.raises(RateLimited):
        async with gate.slot():
            raise error


async def test_after_a_refusal_one_call_at_a_time_goes_out_and_then_more_and_more():
    gate, out, most = Gate(Limit(8, 10_000)), 0, []
    await refused(gate, RateLimited("slow down", 0.01))

    async def call():
        nonlocal out
        async with gate.slot():
            out += 1
            most.append(out)
            await asyncio.sleep(0.01)
            out -= 1

    await asyncio.gather(*(call() for _ in range(40)))
    assert most[0] == 1
    assert max(most[:3]) <= 2
    assert max(most) > 3
    assert out == 0


async def test_calls_keep_to_a_limit_that_a_provider_named_until_it_is_forgotten(clock):
    gate = Gate(Limit(40, 480))
    await refused(gate, RateLimited("slow down", 5.0, 6, short_of_credit=True))
    assert gate.short_of_credit == 6
    for _ in range(5):
        async with gate.slot():
            pass
    assert clock.waited == [pytest.approx(10.0)] * 5
    clock.now += LEARNT_SECONDS
    for _ in range(5):
        async with gate.slot():
            pass
    assert len(clock.waited) == 5
    assert gate.short_of_credit is None


async def test_a_refusal_that_names_no_credit_takes_the_other_back(clock):
    gate = Gate(Limit(40, 480))
    await refused(gate, RateLimited("slow down", 5.0, 6, short_of_credit=True))
    await refused(gate, RateLimited("slow down", 1.0))
    assert gate.short_of_credit is None


async def test_a_gate_that_does_not_adapt_stays_as_it_is(clock):
    gate = Gate(Limit(10, 1_000), adapts=False)
    await refused(gate, RateLimited("slow down", 7.5, 6))
    async with gate.slot(), gate.slot():
        assert clock.waited == []


async def test_a_call_that_is_given_up_while_the_gate_is_narrow_leaves_its_place():
    gate = Gate(Limit(4, 1_000))
    await refused(gate, RateLimited("slow down", 0.0))
    async with gate.slot():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), gate.slot():
                pass
    async with asyncio.timeout(LIMIT), gate.slot():
        pass
