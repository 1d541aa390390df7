"""What is unended is begun, what its workflow left is run again, and what never ends well is given up."""

from dataclasses import dataclass, field, replace

import pytest

from telephone.engine import workflow_ids as ids
from telephone.engine.reruns import RUNS_MAX, Reruns, enqueue_unended


@dataclass(frozen=True)
class One:
    """Something that has runs."""

    id: str = "a"
    run: int = 0
    state: str = "playing"


@dataclass
class Journal:
    """An engine that knows which workflows have ended, and remembers what was enqueued."""

    over: set[str] = field(default_factory=set)
    enqueued: list[tuple[str, str]] = field(default_factory=list)

    async def ended(self, workflow_ids):
        return self.over & set(workflow_ids)

    async def enqueue(self, workflow_id, workflow, job_id):
        self.enqueued.append((workflow_id, job_id))


@dataclass
class Kept:
    """A store of one thing."""

    one: One

    async def get(self, owner_id):
        return self.one

    async def next_run(self, owner_id):
        self.one = replace(self.one, run=self.one.run + 1)


async def runs(seen: One, kept: Kept, *over: str, **more) -> tuple[list[One], list[One]]:
    """What is begun and what is given up."""
    begun, given_up = [], []

    async def begin(one):
        begun.append(one)

    async def give_up(one):
        given_up.append(one)

    await Reruns("game", Journal(set(over)), kept, begin, give_up).set_going({f"play-a-{seen.run}": seen}, **more)
    return begun, given_up


async def test_what_is_under_way_is_begun_under_its_own_id():
    assert await runs(One(), Kept(One())) == ([One()], [])


async def test_what_was_left_goes_on_in_a_new_run():
    assert await runs(One(), Kept(One()), "play-a-0") == ([One(run=1)], [])


@pytest.mark.parametrize("now", [One(run=1), One(state="finished")])
async def test_what_went_on_meanwhile_is_left_alone(now):
    assert await runs(One(), Kept(now), "play-a-0") == ([], [])


async def test_what_never_ends_well_is_given_up():
    worn = One(run=RUNS_MAX)
    assert await runs(worn, Kept(worn), f"play-a-{RUNS_MAX}") == ([], [worn])


async def test_what_rightly_waits_after_its_workflow_is_not_run_again():
    assert await runs(One(), Kept(One()), "play-a-0", is_left=lambda _: False) == ([One()], [])


async def test_a_job_is_tried_again_every_hour(monkeypatch):
    monkeypatch.setattr(ids.time, "time", lambda: 7_205.0)
    journal = Journal({"erase-b"})
    await enqueue_unended(journal, None, {"erase-a": "a", "erase-b": "b"})
    assert journal.enqueued == [("erase-a", "a"), ("erase-b-2", "b")]
