"""Parties in both databases: many who press at once, leavers, and what is done once however often it is asked for."""

import asyncio

import pytest

from telephone.domain.budgets import Caps
from telephone.domain.games import GameState, Kind, Prompt, Step, StepKey
from telephone.domain.human_turns import SeatState
from telephone.domain.parties import Party, PartyRequest, PartyState
from telephone.domain.refusals import FULL, LATE, PARTY_CLOSED, RESERVED, STRANGER
from telephone.errors import NotAllowed, NotFound, OverBudget
from telephone.store import Order, Store
from tests.telephone.store.samples import GUILD

HOST, BO, CY, DI = 1, 2, 3, 4
FREE = Order(0.0, Caps())
SPARE = [Prompt(f"spare prompt {n}") for n in range(12)]
FIRST = StepKey(1, Kind.PICTURE)


def request(players: int = 4, **changes) -> PartyRequest:
    return PartyRequest(players, "stickers", "spotter-sharp", guild_id=GUILD, starter_id=HOST, **changes)


async def dealt(store: Store, *, seconds: float = 600) -> Party:
    """A party of four whose first round is open."""
    party = await store.parties.add(request(seconds=seconds))
    for member in (BO, CY, DI):
        await store.parties.join(party.id, member)
    assert await store.parties.call(party.id, "Too few.")
    await store.party_posts.done(party.id, "thread", 99)
    await store.parties.bring(party.id, BO, Prompt("what Bo brought"))
    assert await store.parties.deal(party.id, SPARE, FREE, "Too few.")
    assert await store.parties.open_round(party.id, 1)
    return await store.parties.get(party.id)


async def test_of_many_who_join_at_once_as_many_are_in_as_there_are_places(store: Store):
    party = await store.parties.add(request(players=5))
    tries = await asyncio.gather(
        *(store.parties.join(party.id, member) for member in range(10, 30)), return_exceptions=True
    )
    refused = [one for one in tries if isinstance(one, NotAllowed)]
    assert (len(refused), {one.sentence for one in refused}) == (16, {FULL})
    assert len((await store.parties.get(party.id)).guests) == 5


async def test_albums_are_made_once_and_wait_for_one_member_each(store: Store):
    party = await dealt(store)
    assert not await store.parties.call(party.id, "Too few.")
    assert not await store.parties.deal(party.id, SPARE, FREE, "Too few.")
    assert not await store.parties.open_round(party.id, 1)
    assert (party.state, party.round, party.chairs, party.rounds) == (PartyState.PLAYING, 1, 4, 4)
    assert [album.game.number for album in party.albums] == [1, 2, 3, 4]
    assert {album.game.state for album in party.albums} == {GameState.WAITING}
    assert {album.game.place.thread_id for album in party.albums} == {99}
    assert {album.seat.member_id for album in party.albums} == {HOST, BO, CY, DI}
    assert "what Bo brought" in {album.game.request.prompt.text for album in party.albums}
    assert all(guest.prompt is None for guest in party.guests), "it is the album's now, and nowhere else"
    with pytest.raises(NotAllowed, match=PARTY_CLOSED):
        await store.parties.join(party.id, 77)


async def test_an_answered_album_waits_for_its_party(store: Store):
    party = await dealt(store)
    album = party.album_of(BO)
    with pytest.raises(NotAllowed, match=RESERVED):
        await store.seats.claim(album.game.id, FIRST, CY)
    seat = await store.seats.claim(album.game.id, FIRST, BO)
    assert seat.claim.expires_at == seat.deadline
    assert not await store.seats.answer(album.game.id, Step(FIRST, "human", 0, image="ab" * 32), BO)
    now = await store.parties.get(party.id)
    assert (now.done, now.album_of(BO).game.state) == (1, GameState.WAITING)


async def test_who_leaves_has_a_model_in_their_seat_at_once_and_in_every_round(store: Store):
    party = await dealt(store)
    await store.seats.claim(party.album_of(DI).game.id, FIRST, DI)
    await store.parties.leave(party.id, DI)
    with pytest.raises(NotAllowed, match=STRANGER):
        await store.parties.leave(party.id, DI)
    now = await store.parties.get(party.id)
    album = now.album_of(DI)
    assert (album.seat.state, album.seat.stand_in, album.game.state) == (
        SeatState.STOOD_IN,
        "stickers",
        GameState.QUEUED,
    )
    assert await store.parties.go_on(party.id) == [album.game.id]
    with pytest.raises(NotAllowed, match=LATE):
        await store.seats.answer(album.game.id, Step(FIRST, "human", 0, image="ab" * 32), DI)
    assert await store.parties.open_round(party.id, 2)
    second = (await store.parties.get(party.id)).album_of(DI)
    assert (second.seat.state, second.seat.stand_in) == (SeatState.STOOD_IN, "spotter-sharp")


async def test_who_is_late_has_left_and_is_stood_in_for_once(store: Store):
    party = await dealt(store, seconds=0.01)
    await asyncio.sleep(0.05)
    found = await asyncio.gather(*(store.parties.stand_in_overdue(party.id) for _ in range(4)))
    assert sorted(found) == [False, False, False, True]
    assert (await store.parties.get(party.id)).going == ()


async def test_albums_that_do_not_fit_todays_budget_are_not_made(store: Store):
    party = await store.parties.add(request())
    for member in (BO, CY):
        await store.parties.join(party.id, member)
    await store.parties.call(party.id, "Too few.")
    with pytest.raises(OverBudget):
        await store.parties.deal(party.id, SPARE, Order(1.0, Caps(2.0, 2.0, 2.0)), "Too few.")
    now = await store.parties.get(party.id)
    assert (now.state, now.albums) == (PartyState.PROMPTS, ())


async def test_a_party_that_is_not_there_is_not_found(store: Store):
    for asked in (store.parties.get("none"), store.parties.join("none", 1), store.parties.leave("none", 1)):
        with pytest.raises(NotFound):
            await asked
