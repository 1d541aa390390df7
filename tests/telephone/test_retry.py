"""Trying again, in the one place where it is done."""

import asyncio
import time

import pytest

from telephone.errors import BadOutput, CutOff, Outage, RateLimited, TimedOut, Unavailable, Unsent, Waking
from telephone.retry import Line, with_patience


class Moody:
    """Raises its faults in turn, then answers."""

    def __init__(self, *faults):
        self.faults = list(faults)
        self.calls = 0

    async def __call__(self):
        self.calls += 1
        if self.faults:
            raise self.faults.pop(0)
        return "answer"


async def test_passing_faults_are_tried_again():
    moody = Moody(Unavailable("busy"), RateLimited("slow", retry_after=0.01))
    assert await with_patience(moody, deadline=5, who="blip", first_wait=0.01) == "answer"
    assert moody.calls == 3


async def test_other_errors_are_raised_at_once():
    moody = Moody(BadOutput("no picture"))
    with pytest.raises(BadOutput):
        await with_patience(moody, deadline=5, who="blip")
    assert moody.calls == 1


async def test_a_rate_limit_is_waited_out_as_long_as_it_was_told():
    began = time.monotonic()
    await with_patience(Moody(RateLimited("slow", retry_after=0.3)), deadline=5, who="blip", first_wait=0.001)
    assert time.monotonic() - began >= 0.3


async def test_a_wait_beyond_the_deadline_is_not_begun(monkeypatch):
    begun = []

    async def sleep(seconds):
        begun.append(seconds)

    monkeypatch.setattr("telephone.retry.asyncio.sleep", sleep)
    moody = Moody(RateLimited("slow", retry_after=60))
    with pytest.raises(TimedOut, match="blip did not answer"):
        await with_patience(moody, deadline=50, who="blip")
    assert (moody.calls, begun) == (1, [])


async def test_a_call_that_never_answers_ends_at_the_deadline():
    with pytest.raises(TimedOut, match="blip"):
        await with_patience(lambda: asyncio.sleep(60), deadline=0.1, who="blip")


async def test_the_deadline_of_a_model_that_wakes_counts_from_when_it_runs():
    told = []

    async def waking():
        told.append(1)

    moody = Moody(*[Waking("starting")] * 5)
    began = time.monotonic()
    assert await with_patience(moody, deadline=0.4, who="blip", first_wait=0.1, waking=waking) == "answer"
    assert time.monotonic() - began > 0.4
    assert told == [1]


async def test_a_model_that_does_not_wake_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr("telephone.retry.WAKING_MAX", 0.2)
    with pytest.raises(TimedOut, match="blip"):
        await with_patience(Moody(*[Waking("starting")] * 1_000), deadline=0.2, who="blip", first_wait=0.02)


def line_of(told: list[str], within: float) -> Line:
    async def tell() -> None:
        told.append("told")

    return Line(tell, within, lambda since: CutOff(f"cut off since {since:%H:%M}"))


async def test_a_call_that_cannot_be_made_is_made_again_beyond_the_deadline_and_not_for_ever(monkeypatch):
    told, moody = [], Moody(*[Unsent("no line")] * 10_000)
    monkeypatch.setattr("telephone.retry._LONGEST_WAIT", 0.02)
    with pytest.raises(CutOff, match="since"):
        await with_patience(moody, deadline=0.1, who="blip", first_wait=0.001, line=line_of(told, 0.3))
    assert told == ["told"]
    assert moody.calls > 3


async def test_a_line_that_comes_back_leaves_a_call_its_deadline():
    moody = Moody(Unsent("no line"), Unavailable("busy"))
    assert await with_patience(moody, deadline=5, who="blip", first_wait=0.001, line=line_of([], 60)) == "answer"


async def test_an_outage_of_our_own_is_left_to_those_who_wait_for_whole_steps():
    moody = Moody(Outage("the pictures are down"))
    with pytest.raises(Outage):
        await with_patience(moody, deadline=5, who="This place")
    assert moody.calls == 1


async def test_an_answer_that_is_none_is_not_asked_for_again_although_the_fault_may_pass():
    class Full(BadOutput, Unavailable):
        pass

    moody = Moody(Full("full"))
    with pytest.raises(Full):
        await with_patience(moody, deadline=5, who="blip")
    assert moody.calls == 1
