"""Acknowledged interactions are kept until they are answered, and those of a process that ended are found."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from telephone import interactions
from telephone.domain.games import GameRequest, Pair, Prompt
from telephone.domain.interactions import Acknowledged, key_of
from telephone.interactions import Interactions
from telephone.store import Store
from telephone.store.tables.columns import now
from tests.limits import LIMIT
from tests.telephone.store.lives import ANN, asked


class Workers:
    """Processes on one database, by name; those in `ended` have ended."""

    def __init__(self, worker: str, *ended: str) -> None:
        self.worker, self.ended = worker, set(ended)

    async def dead(self, workers):
        return set(workers) & self.ended


@asynccontextmanager
async def opened(folder: Path, worker: str = "me", *ended: str) -> AsyncIterator[Interactions]:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        yield Interactions(store, Workers(worker, *ended))


async def waiting(kept: Interactions) -> list[int]:
    return [one.id for one in await kept.store.acknowledged.all()]


async def test_what_is_answered_goes_with_the_next_one_that_is_stored(tmp_path):
    async with opened(tmp_path) as kept:
        await kept.keep(asked(1, ANN, worker="me"))
        kept.answered(1)
        assert await waiting(kept) == [1]
        await kept.keep(asked(2, ANN, worker="me"))
        assert await waiting(kept) == [2]
        kept.answered(2)
        await kept.tidy()
        assert await waiting(kept) == []


async def test_an_interaction_that_comes_twice_is_stored_once(tmp_path):
    async with opened(tmp_path) as kept:
        for _ in range(2):
            await kept.keep(asked(1, ANN, worker="me"))
        assert await waiting(kept) == [1]


async def test_a_token_is_tried_once_more_and_deleted_after_fifteen_minutes(tmp_path, monkeypatch):
    monkeypatch.setattr(interactions, "AGED_FOR", timedelta())
    async with opened(tmp_path, "me", "dead") as kept:
        await kept.store.acknowledged.add(asked(1, ANN, worker="dead", age=901))
        await kept.store.acknowledged.add(asked(2, ANN, worker="alive", age=899))
        assert [one.id for one in await kept.left_behind()] == [1]
        kept.give_back(1)
        await kept.tidy()
        assert await waiting(kept) == [2]


async def test_what_a_clock_that_jumped_an_hour_ahead_makes_old_is_answered_all_the_same(tmp_path, monkeypatch):
    """On Postgres it takes some seconds until a worker is known to be dead, and until then its rows have to stay."""
    async with opened(tmp_path, "me") as kept:
        await kept.store.acknowledged.add(asked(1, ANN, worker="killed"))
        monkeypatch.setattr(interactions, "now", lambda: now() + timedelta(hours=1))
        assert await kept.left_behind() == []
        await kept.tidy()
        kept.workers.ended.add("killed")
        assert [one.id for one in await kept.left_behind()] == [1]


async def test_a_row_that_stays_old_is_deleted(tmp_path, monkeypatch):
    async with opened(tmp_path, "me") as kept:
        await kept.store.acknowledged.add(asked(1, ANN, worker="killed", age=14 * 60 + 30))
        await kept.tidy()
        later = time.monotonic() + 61
        monkeypatch.setattr(interactions, "time", SimpleNamespace(monotonic=lambda: later))
        await kept.tidy()
        assert await waiting(kept) == [1], "its token still works"
        monkeypatch.setattr(interactions, "now", lambda: now() + timedelta(seconds=31))
        await kept.tidy()
        assert await waiting(kept) == [], "at fifteen minutes, and not a while after"


async def test_only_what_no_living_process_is_at_was_left_behind(tmp_path):
    async with opened(tmp_path, "me", "dead") as kept:
        await kept.keep(asked(1, ANN, worker="me"))
        await kept.store.acknowledged.add(asked(2, ANN, worker="dead"))
        await kept.store.acknowledged.add(asked(3, ANN, worker="alive"))
        assert [one.id for one in await kept.left_behind()] == [2]
        assert await kept.left_behind() == []
        kept.give_back(2)
        assert [one.id for one in await kept.left_behind()] == [2]


async def test_two_processes_do_not_answer_the_same(tmp_path):
    async with opened(tmp_path, "one", "dead") as one, opened(tmp_path, "two", "dead") as two:
        await one.store.acknowledged.add(asked(1, ANN, worker="dead"))
        found = await asyncio.gather(one.left_behind(), two.left_behind())
        assert sorted(len(each) for each in found) == [0, 1]


async def test_a_store_that_is_slow_or_gone_holds_no_acknowledgement_up(tmp_path, monkeypatch):
    async with opened(tmp_path) as kept:
        held = asyncio.Event()

        class Slow:
            async def add(self, one: Acknowledged, answered=()):
                await held.wait()
                raise OSError("the disk is full")

        assert await kept.keep(asked(2, ANN, worker="me"))
        monkeypatch.setattr(interactions, "HEAD_START", 0.01)
        monkeypatch.setattr(kept.store, "acknowledged", Slow())
        assert not await kept.keep(asked(1, ANN, worker="me")), "no row, and no word of one"
        held.set()
        assert not await kept.keep(asked(3, ANN, worker="me"))


async def test_a_start_that_comes_twice_is_one_game(tmp_path):
    request = GameRequest(Prompt("a fox"), Pair("stickers", "spotter-sharp"), 1, guild_id=5)
    async with opened(tmp_path) as kept:
        first = await kept.store.games.add(request, game_id=key_of(7))
        again = await kept.store.games.add(request, game_id=key_of(7))
        assert (first.id, first.number) == (again.id, again.number) == ("0000000000000007", 1)


@pytest.mark.parametrize("shown", [repr, str])
def test_a_token_is_shown_nowhere(shown):
    assert "hush" not in shown(asked(1, ANN))


class SlowInserts:
    """A store whose rows arrive when they are let in."""

    def __init__(self, store: Store) -> None:
        self.store, self.may = store, asyncio.Event()

    async def add(self, interaction: Acknowledged, answered=()) -> None:
        await self.may.wait()
        await self.store.acknowledged.add(interaction, answered)

    def __getattr__(self, name: str):
        return getattr(self.store.acknowledged, name)


async def test_a_row_that_arrives_after_its_answer_does_not_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(interactions, "HEAD_START", 0.01)
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        slow = SlowInserts(store)
        kept = Interactions(SimpleNamespace(acknowledged=slow), Workers("me"))
        await kept.keep(asked(1, ANN, worker="me"))
        kept.answered(1)
        await kept.tidy()
        slow.may.set()
        async with asyncio.timeout(LIMIT):
            while await waiting(kept) != [1]:
                await asyncio.sleep(0.01)
        assert await kept.left_behind() == [], "it was answered"
        async with asyncio.timeout(LIMIT):
            while await waiting(kept):
                await kept.tidy()
                await asyncio.sleep(0.01)
