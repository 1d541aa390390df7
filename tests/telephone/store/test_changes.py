"""Waits are woken by changes of this process at once, and of others by one look for all that wait."""

import asyncio

import pytest
import sqlalchemy as sa

from telephone.domain.games import GameState
from telephone.store import Store
from telephone.store.changes import Changes
from telephone.store.sights import BATTLES, GAMES, PARTIES, RESCORES, playing
from tests.limits import LIMIT
from tests.telephone.store.samples import picture, request
from tests.telephone.store.test_battles import battle_request
from tests.telephone.store.test_parties import dealt


@pytest.fixture
def never(store, monkeypatch):
    """Nobody looks: who is woken was told."""
    monkeypatch.setattr(store.changes, "_every", 10 * LIMIT)


@pytest.fixture
async def other(url):
    """The store of another process."""
    async with await Store.open(url) as store:
        yield store


async def playing_game(store):
    game = await store.games.add(request())
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    return await store.games.get(game.id)


async def woken(event):
    async with asyncio.timeout(LIMIT):
        await event.wait()
    event.clear()


async def test_a_stop_by_this_process_is_told_at_once(store, never):
    game, another = await playing_game(store), await playing_game(store)
    with (
        store.changes.watching(GAMES, game.id, playing(0)) as changed,
        store.changes.watching(GAMES, another.id, playing(0)) as unchanged,
    ):
        await store.games.move(game.id, GameState.STOPPED, only_from=[GameState.PLAYING])
        assert changed.is_set()
        assert not unchanged.is_set()


async def test_a_newer_run_is_told_at_once(store, never):
    game = await playing_game(store)
    with store.changes.watching(GAMES, game.id, playing(0)) as changed:
        await store.games.next_run(game.id)
        assert changed.is_set()


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_pause_by_this_process_wakes_whom_it_concerns(store, never, everywhere):
    game = await playing_game(store)
    with store.changes.watching(GAMES, game.id, playing(0)) as changed:
        await asyncio.sleep(0.05)
        assert not changed.is_set()
        if everywhere:
            await store.servers.pause_everywhere(True)
        else:
            await store.servers.change(game.request.guild_id, paused=True)
        await woken(changed)


async def test_what_another_process_does_is_found(store, other):
    game = await playing_game(store)
    with store.changes.watching(GAMES, game.id, playing(0)) as changed:
        await other.games.move(game.id, GameState.STOPPED, only_from=[GameState.PLAYING])
        await woken(changed)
    paused = await playing_game(store)
    with store.changes.watching(GAMES, paused.id, playing(0)) as changed:
        await other.servers.change(paused.request.guild_id, paused=True)
        await woken(changed)


async def test_what_happened_before_the_wait_was_opened_is_found(store):
    game = await playing_game(store)
    await store.games.move(game.id, GameState.STOPPED, only_from=[GameState.PLAYING])
    with store.changes.watching(GAMES, game.id, playing(0)) as changed:
        await woken(changed)


async def test_a_game_that_is_gone_wakes_its_waits(store):
    with store.changes.watching(GAMES, "gone", playing(0)) as changed:
        await woken(changed)


async def looks(store, waits: int, monkeypatch) -> int:
    """The statements of ten looks while so many wait."""
    monkeypatch.setattr(store.changes, "_every", 0.02)
    asked, games = 0, [await playing_game(store) for _ in range(waits)]
    looked, plain = asyncio.Event(), Changes._look_once
    done = 0

    async def look_once(self):
        nonlocal done
        await plain(self)
        done += 1
        if done == 10:
            looked.set()

    def count(*_):
        nonlocal asked
        asked += 1

    monkeypatch.setattr(Changes, "_look_once", look_once)
    opened = [store.changes.watching(GAMES, game.id, playing(0)) for game in games]
    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    for one in opened:
        one.__enter__()
    await woken(looked)
    sa.event.remove(sa.Engine, "before_cursor_execute", count)
    for one in opened:
        one.__exit__(None, None, None)
    await store.changes.close()
    monkeypatch.setattr(Changes, "_look_once", plain)
    return asked


async def test_a_hundred_waits_ask_as_much_as_one(store, monkeypatch):
    one = await looks(store, 1, monkeypatch)
    assert 10 <= one <= 40
    assert await looks(store, 100, monkeypatch) <= one + 3


async def test_nobody_looks_when_nobody_waits(store, monkeypatch):
    monkeypatch.setattr(store.changes, "_every", 0.01)
    game = await playing_game(store)
    with store.changes.watching(GAMES, game.id, playing(0)):
        await asyncio.sleep(0)
        looking = store.changes._looking
    async with asyncio.timeout(LIMIT):
        await looking
    with store.changes.watching(GAMES, game.id, playing(1)) as changed:
        await woken(changed)


async def test_a_look_that_fails_is_made_again(store, monkeypatch):
    monkeypatch.setattr(store.changes, "_every", 0.01)
    plain, failed = store.changes._ask, []

    async def ask(query):
        if not failed:
            failed.append(query)
            raise OSError
        return await plain(query)

    monkeypatch.setattr(store.changes, "_ask", ask)
    game = await playing_game(store)
    with store.changes.watching(GAMES, game.id, playing(5)) as changed:
        await woken(changed)
    assert failed


async def known(changed):
    """Waits for the waking by which somebody who waits learns what there is, and for those of what came before."""
    await woken(changed)
    await asyncio.sleep(0.6)
    changed.clear()


async def test_what_members_of_a_party_do_wakes_it_from_this_process_and_from_another(store, other, never):
    party = await dealt(store)
    with store.changes.watching(PARTIES, party.id) as changed:
        store.changes.hurry()
        await known(changed)
        party = await store.parties.get(party.id)
        first, second = party.albums[0].seat, party.albums[1].seat
        await store.seats.claim(first.game_id, first.key, first.member_id)
        await woken(changed)
        await known_by(store, other.seats.claim(second.game_id, second.key, second.member_id))
        await woken(changed)
        await known_by(store, other.parties.leave(party.id, party.guests[2].member_id))
        await woken(changed)
        await known_by(store, other.servers.change(party.request.guild_id, paused=True))
        await woken(changed)


async def known_by(store, change):
    """Makes a change of another process, after which this one looks in its time."""
    await change
    store.changes.hurry()


async def test_what_the_sides_of_a_battle_do_wakes_it(store, never):
    battle = await store.battles.add(battle_request(), [1, 0])
    game_id = battle.sides[0].game.id
    with store.changes.watching(BATTLES, battle.id) as changed:
        store.changes.hurry()
        await known(changed)
        await store.games.move(game_id, GameState.PLAYING, only_from=[GameState.QUEUED])
        await woken(changed)
        step = picture()
        await store.steps.ask(game_id, step.key, step.player, step.seed)
        await store.steps.keep(game_id, step)
        await woken(changed)
        await store.games.void(game_id)
        await woken(changed)


async def test_of_a_rescore_that_is_not_there_nothing_is_seen(store):
    with store.changes.watching(RESCORES, "gone", ((), False)) as changed:
        await woken(changed)
