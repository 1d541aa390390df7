"""Outcomes of steps as earlier versions journalled them: a workflow that was cut off is replayed from these."""

import json

import pytest

from telephone import errors
from telephone.domain.refusals import NoGame
from telephone.engine.outcomes import (
    BROKEN,
    Done,
    Failed,
    Halt,
    Halted,
    Out,
    Submitted,
    Void,
    Waits,
    held_up,
    journalled,
    outcome_of,
    read,
    write,
)
from telephone.errors import StageGone
from telephone.providers.base import Lost

GOES_ON = [
    ("{}", Done()),
    ('{"ms": 0}', Submitted(0)),
    ('{"ms": 1234}', Submitted(1234)),
    ('{"out": []}', Out(())),
    ('{"out": [0, 2]}', Out((0, 2))),
]
HELD_UP = [
    ('{"halt": true}', Halt()),
    ('{"waits": true}', Waits()),
    ('{"void": "Fewer than two sides."}', Void("Fewer than two sides.")),
    ('{"error": "StageGone", "sentence": "It is gone."}', Failed("StageGone", "It is gone.")),
    ('{"error": "CutOff", "sentence": "It is far."}', Failed("CutOff", "It is far.")),
    ('{"error": "Withheld", "sentence": "No."}', Failed("Withheld", "No.")),
    ('{"error": "ValueError", "sentence": "Sorry."}', Failed("ValueError", "Sorry.")),
]
KINDS = {
    "StageGone": StageGone,
    "Refused": errors.Refused,
    "BadOutput": errors.BadOutput,
    "Unavailable": errors.Unavailable,
    "RateLimited": errors.RateLimited,
    "TimedOut": errors.TimedOut,
    "Misconfigured": errors.Misconfigured,
    "CutOff": errors.CutOff,
}
OTHERS = ("Withheld", "Retired", "OverBudget", "NotAllowed", "BadInput", "NotFound", "TelephoneError", "KeyError")


@pytest.mark.parametrize(("journal", "outcome"), [*GOES_ON, *HELD_UP])
def test_an_outcome_is_journalled_as_it_was(journal, outcome):
    assert read(json.loads(journal)) == outcome
    assert json.dumps(write(outcome)) == journal


@pytest.mark.parametrize(("journal", "outcome"), HELD_UP)
def test_a_workflow_does_not_go_on_after_these(journal, outcome):
    assert held_up(json.loads(journal)) == outcome


@pytest.mark.parametrize("journal", [journal for journal, _ in GOES_ON])
def test_a_workflow_goes_on_after_these(journal):
    assert held_up(json.loads(journal)) is None


def test_an_unknown_outcome_is_a_fault():
    with pytest.raises(ValueError, match="no outcome of a step"):
        read({"won": 1})


def test_errors_are_told_apart_by_type():
    assert {name: Failed(name, "").kind for name in KINDS} == KINDS
    assert [Failed(name, "").kind for name in OTHERS] == [None] * len(OTHERS)


@pytest.mark.parametrize(
    ("error", "journal"),
    [
        (StageGone("It is gone.", "thread"), {"error": "StageGone", "sentence": "It is gone."}),
        (errors.Refused("No.", "violence"), {"error": "Refused", "sentence": "No."}),
        (errors.Withheld("No."), {"error": "Withheld", "sentence": "No."}),
        (errors.OverBudget("Too much."), {"error": "OverBudget", "sentence": "Too much."}),
        (NoGame("g1"), {"error": "NotFound", "sentence": NoGame("g1").sentence}),
        (Lost("Gone."), {"error": "Lost", "sentence": "Gone."}),
        (KeyError("x"), {"error": "KeyError", "sentence": BROKEN}),
        (Halted(), {"halt": True}),
    ],
)
async def test_what_a_step_raises_is_journalled(error, journal):
    @journalled
    async def step(number: int) -> None:
        raise error

    assert await step(7) == journal


async def test_what_a_step_returns_is_journalled():
    @journalled
    async def submit(ms: int) -> Submitted | None:
        return Submitted(ms) if ms else None

    assert (await submit(20), await submit(0)) == ({"ms": 20}, {})
    assert submit.__name__ == "submit"


async def test_work_that_returns_nothing_is_done():
    async def work() -> None:
        pass

    assert await outcome_of(work()) == Done()
