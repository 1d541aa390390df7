"""Seats on both databases: one claim at a time, one sight a member, and no game that waits for a settled step."""

import asyncio
from itertools import cycle, islice

import pytest

from telephone.domain.games import Game, GameRequest, GameState, Kind, Pair, Prompt, Step, StepKey
from telephone.domain.human_turns import SeatState
from telephone.domain.refusals import LATE, SEEN, TAKEN, TURN_CLOSED
from telephone.errors import NotAllowed, NotFound
from telephone.store import Store
from tests.telephone.store.samples import GUILD

FIRST, SECOND = StepKey(1, Kind.CAPTION), StepKey(2, Kind.CAPTION)
ADA, BO, CY = 11, 12, 13
STARTER = 5


async def waiting(store: Store, *, sealed: bool = False, key: StepKey = FIRST, seconds: float = 60) -> Game:
    """A game whose step is open to members."""
    asked = GameRequest(Prompt("a fox"), Pair("stickers", "human"), 4, 7, GUILD, starter_id=STARTER, sealed=sealed)
    game = await store.games.add(asked)
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    await store.seats.open(game.id, key, "spotter-sharp", seconds)
    assert await store.seats.wait(game.id, key)
    return await store.games.get(game.id)


def said(text: str = "a fox mends a clock", key: StepKey = FIRST) -> Step:
    return Step(key, "human", seed=1, text=text, raw=text)


async def test_of_fifty_who_press_at_once_one_has_the_turn(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        game = await waiting(one)
        stores = islice(cycle((one, two)), 50)
        claims = (store.seats.claim(game.id, FIRST, 100 + n, 60) for n, store in enumerate(stores))
        outcomes = await asyncio.gather(*claims, return_exceptions=True)
        refused = [str(each) for each in outcomes if isinstance(each, BaseException)]
        assert refused == [TAKEN] * 49
        [seat] = [each for each in outcomes if not isinstance(each, BaseException)]
        stored = await two.seats.get(game.id, FIRST)
        assert stored == seat
        assert stored.state is SeatState.CLAIMED


async def test_of_an_answer_and_a_wait_at_once_neither_leaves_the_game_lying(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        for _ in range(20):
            asked = GameRequest(Prompt("a fox"), Pair("stickers", "human"), 4, 7, GUILD)
            game = await one.games.add(asked)
            await one.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
            await one.seats.open(game.id, FIRST, None, 60)
            await one.seats.claim(game.id, FIRST, ADA, 60)
            waits, went_on = await asyncio.gather(
                one.seats.wait(game.id, FIRST), two.seats.answer(game.id, said(), ADA)
            )
            now = await one.games.get(game.id)
            assert (now.state, now.run) == ((GameState.QUEUED, 1) if waits else (GameState.PLAYING, 0))
            assert went_on == waits


async def test_an_answer_is_kept_once_and_sets_the_game_going(store: Store) -> None:
    game = await waiting(store)
    seat = await store.seats.claim(game.id, FIRST, ADA, 60)
    assert await store.seats.claim(game.id, FIRST, ADA, 600) == seat, "who holds it goes on holding it as before"
    with pytest.raises(NotAllowed, match=LATE):
        await store.seats.answer(game.id, said("not mine"), BO)
    assert await store.seats.answer(game.id, said(), ADA)
    with pytest.raises(NotAllowed, match=LATE):
        await store.seats.answer(game.id, said("twice"), ADA)
    now = await store.games.get(game.id)
    assert (now.state, now.run, now.steps[0].text, now.steps[0].player) == (
        GameState.QUEUED, 1, "a fox mends a clock", "human",
    )  # fmt: skip
    with pytest.raises(NotAllowed, match=TURN_CLOSED):
        await store.seats.claim(game.id, FIRST, BO, 60)
    assert (await store.seats.get(game.id, FIRST)).state is SeatState.ANSWERED


async def test_a_claim_that_ran_out_is_anybodys_even_before_anyone_noticed(store: Store) -> None:
    game = await waiting(store)
    await store.seats.claim(game.id, FIRST, ADA, 0)
    with pytest.raises(NotAllowed, match=LATE):
        await store.seats.answer(game.id, said(), ADA)
    assert (await store.seats.claim(game.id, FIRST, BO, 60)).claim is not None
    assert not await store.seats.lapse(game.id, FIRST), "that claim holds"
    await store.seats.release(game.id, FIRST, BO)
    await store.seats.claim(game.id, FIRST, CY, 0)
    assert await store.seats.lapse(game.id, FIRST)
    assert not await store.seats.lapse(game.id, FIRST)
    seat = await store.seats.get(game.id, FIRST)
    assert (seat.state, seat.claim) == (SeatState.OPEN, None)


async def test_only_who_holds_a_turn_gives_it_back(store: Store) -> None:
    game = await waiting(store)
    await store.seats.claim(game.id, FIRST, ADA, 60)
    assert not await store.seats.release(game.id, FIRST, BO)
    assert await store.seats.release(game.id, FIRST, ADA)
    assert not await store.seats.release(game.id, FIRST, ADA)
    assert (await store.seats.claim(game.id, FIRST, BO, 60)).claim is not None


async def test_a_model_stands_in_at_the_deadline_and_the_game_counts_for_nobody(store: Store) -> None:
    game = await waiting(store)
    assert not await store.seats.stand_in(game.id, FIRST, "spotter-sharp"), "there is time left"
    overdue = await waiting(store, seconds=0)
    with pytest.raises(NotAllowed, match=TAKEN):
        await store.seats.claim(overdue.id, FIRST, ADA, 60)
    assert await store.seats.stand_in(overdue.id, FIRST, "spotter-hazy")
    assert not await store.seats.stand_in(overdue.id, FIRST, "spotter-sharp")
    now = await store.games.get(overdue.id)
    assert (now.state, now.run, now.player(FIRST), now.player(SECOND)) == (
        GameState.QUEUED, 1, "spotter-hazy", "human",
    )  # fmt: skip
    early = await waiting(store)
    await store.seats.claim(early.id, FIRST, ADA, 60)
    assert not await store.seats.stand_in(early.id, FIRST, "spotter-sharp", early=True), "a member is at it"
    await store.seats.release(early.id, FIRST, ADA)
    assert await store.seats.stand_in(early.id, FIRST, "spotter-sharp", early=True)


async def test_of_a_claim_and_the_deadline_at_once_one_wins(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        for n in range(20):
            game = await waiting(one, seconds=0.01 * (n % 4))
            claim, stood_in = await asyncio.gather(
                one.seats.claim(game.id, FIRST, ADA, 60),
                two.seats.stand_in(game.id, FIRST, "spotter-sharp"),
                return_exceptions=True,
            )
            assert isinstance(claim, NotAllowed) or not stood_in


async def test_in_a_sealed_game_who_has_seen_one_step_may_take_no_other(store: Store) -> None:
    game = await waiting(store, sealed=True)
    with pytest.raises(NotAllowed, match=SEEN):
        await store.seats.claim(game.id, FIRST, STARTER, 60)
    await store.seats.claim(game.id, FIRST, ADA, 0)
    assert (await store.seats.claim(game.id, FIRST, ADA, 60)).claim is not None, "the same one, again"
    with pytest.raises(NotAllowed, match=TAKEN):
        await store.seats.claim(game.id, FIRST, BO, 60)
    await store.seats.answer(game.id, said(), ADA)
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    await store.seats.open(game.id, SECOND, None, 60)
    assert await store.seats.wait(game.id, SECOND)
    with pytest.raises(NotAllowed, match=SEEN):
        await store.seats.claim(game.id, SECOND, ADA, 60)
    assert (await store.seats.claim(game.id, SECOND, BO, 60)).claim is not None, (
        "who was only too late has seen nothing"
    )


async def test_the_starter_of_a_sealed_game_may_draw_its_first_picture_and_nothing_else(store: Store) -> None:
    first = StepKey(1, Kind.PICTURE)
    game = await waiting(store, sealed=True, key=first)
    assert (await store.seats.claim(game.id, first, STARTER, 60)).claim is not None
    other = await waiting(store, sealed=True, key=StepKey(2, Kind.PICTURE))
    with pytest.raises(NotAllowed, match=SEEN):
        await store.seats.claim(other.id, StepKey(2, Kind.PICTURE), STARTER, 60)


async def test_a_paused_game_keeps_an_answer_and_a_stopped_one_takes_none(store: Store) -> None:
    paused, stopped = await waiting(store), await waiting(store)
    for game, state in ((paused, GameState.PAUSED), (stopped, GameState.STOPPED)):
        await store.seats.claim(game.id, FIRST, ADA, 60)
        await store.games.move(game.id, state, only_from=[GameState.WAITING])
    assert not await store.seats.answer(paused.id, said(), ADA)
    now = await store.games.get(paused.id)
    assert (now.state, len(now.steps)) == (GameState.PAUSED, 1)
    with pytest.raises(NotAllowed, match=LATE):
        await store.seats.answer(stopped.id, said(), ADA)
    with pytest.raises(NotAllowed, match=TURN_CLOSED):
        await store.seats.claim(stopped.id, FIRST, BO, 60)


async def test_a_seat_whose_time_ran_out_in_a_pause_has_it_again(store: Store) -> None:
    game = await waiting(store, seconds=0)
    renewed = await store.seats.open(game.id, FIRST, "spotter-hazy", 60)
    assert renewed.deadline > renewed.opened_at
    assert await store.seats.open(game.id, FIRST, "spotter-sharp", 600) == renewed, "while there is time, it is left"


async def test_half_time_is_told_once(store: Store) -> None:
    game = await waiting(store, seconds=0)
    assert [await store.seats.tell_half(game.id, FIRST) for _ in range(2)] == [True, False]
    other = await waiting(store)
    assert not await store.seats.tell_half(other.id, FIRST)
    await store.seats.claim(other.id, FIRST, ADA, 0)
    assert [await store.seats.tell_claim(other.id, FIRST) for _ in range(2)] == [True, False]


async def test_what_was_never_open_is_not_there(store: Store) -> None:
    game = await waiting(store)
    for key, game_id in ((SECOND, game.id), (FIRST, "feedbeef")):
        with pytest.raises(NotFound):
            await store.seats.get(game_id, key)
    assert not await store.seats.wait(game.id, SECOND)
