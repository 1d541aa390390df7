"""A sweep looks after stored work of every kind, whatever becomes of one of them."""

import asyncio
from datetime import timedelta
from math import inf

import psycopg
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from telephone.bootstrap import Sweep


class Work:
    """Stored work of one kind, which counts how often it was looked after."""

    def __init__(self) -> None:
        self.recovered = 0

    async def recover(self) -> None:
        self.recovered += 1


class Broken(Work):
    """Work that cannot be looked after."""

    async def recover(self) -> None:
        await super().recover()
        raise ZeroDivisionError


class Ended(Work):
    """Work whose recovery is cancelled."""

    async def recover(self) -> None:
        raise asyncio.CancelledError


class Engine(Work):
    """The engine of a process; `is_first`: it sweeps for all."""

    def __init__(self, *, is_first: bool = True) -> None:
        super().__init__()
        self.is_first = is_first

    async def leads(self) -> bool:
        return self.is_first

    async def forget_old(self, keep_for: timedelta) -> int:
        return 0


def sweep_of(*kinds: Work) -> Sweep:
    return Sweep(kinds, engine=Engine(), players=None, every=inf)


async def test_only_one_process_looks_after_what_is_stored_and_each_after_its_own_engine():
    work, own = Work(), Engine(is_first=False)
    sweep = Sweep([work], engine=own, players=None, every=inf)
    await sweep.once()
    assert (work.recovered, own.recovered) == (0, 1)
    own.is_first = True
    await sweep.once()
    assert (work.recovered, own.recovered) == (1, 2)


async def test_a_fault_of_one_kind_of_work_is_logged_and_keeps_no_other_back():
    broken, after = Broken(), Work()
    sweep = sweep_of(broken, after)
    with capture_logs() as logs:
        await sweep.once()
        await sweep.once()
    assert (broken.recovered, after.recovered) == (2, 2)
    assert [(entry["event"], entry["of"]) for entry in logs] == [("sweep failed", "Broken")] * 2
    assert all(entry["exc_info"] for entry in logs)


class Down(Work):
    """Work whose store is down."""

    async def recover(self) -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, psycopg.errors.lookup("57P01")("terminating connection"))


async def test_an_outage_is_told_on_one_line_for_all_kinds_of_work():
    after = Work()
    with capture_logs() as logs:
        await sweep_of(Down(), Down(), after).once()
    assert after.recovered == 1
    assert {entry["event"] for entry in logs} == {"a sweep waits for an outage to end"}
    assert {entry["why"] for entry in logs} == {"terminating connection"}
    assert not any("exc_info" in entry or "of" in entry for entry in logs), "a line that is the same is held back"


async def test_a_sweep_that_is_cancelled_ends():
    after = Work()
    with pytest.raises(asyncio.CancelledError):
        await sweep_of(Ended(), after).once()
    assert after.recovered == 0
