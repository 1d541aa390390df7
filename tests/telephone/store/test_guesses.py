"""Guesses on both databases: one choice for each member and question, however they are made."""

import asyncio

import pytest

from telephone.domain.games import Kind, StepKey
from telephone.domain.guesses import Question
from telephone.errors import NotFound
from telephone.store import Store
from tests.telephone.store.samples import request

ADA, BO, CY = 11, 12, 13
FIRST, SECOND, TENTH = StepKey(1, Kind.CAPTION), StepKey(2, Kind.PICTURE), StepKey(10, Kind.PICTURE)
HUMAN, LOST = Question.HUMAN, Question.LOST


async def test_a_choice_is_kept_once_and_can_be_changed(store: Store) -> None:
    game = await store.games.add(request())
    assert await store.guesses.get(game.id, LOST, ADA) is None
    assert await store.guesses.put(game.id, LOST, ADA, FIRST) == FIRST
    assert await store.guesses.put(game.id, LOST, ADA, SECOND) == SECOND
    assert await store.guesses.get(game.id, LOST, ADA) == SECOND
    assert await store.guesses.tally(game.id, LOST) == {SECOND: 1}


async def test_a_choice_that_stays_is_not_changed(store: Store) -> None:
    game = await store.games.add(request())
    assert await store.guesses.put(game.id, HUMAN, ADA, FIRST, stays=True) == FIRST
    assert await store.guesses.put(game.id, HUMAN, ADA, SECOND, stays=True) == FIRST
    assert await store.guesses.tally(game.id, HUMAN) == {FIRST: 1}


async def test_questions_games_and_members_are_counted_apart_in_the_games_order(store: Store) -> None:
    game, other = await store.games.add(request()), await store.games.add(request())
    for member, key in ((ADA, TENTH), (BO, SECOND), (CY, SECOND)):
        await store.guesses.put(game.id, LOST, member, key)
    await store.guesses.put(game.id, HUMAN, ADA, FIRST)
    await store.guesses.put(other.id, LOST, ADA, FIRST)
    assert list((await store.guesses.tally(game.id, LOST)).items()) == [(SECOND, 2), (TENTH, 1)]
    assert await store.guesses.tally(game.id, HUMAN) == {FIRST: 1}


async def test_of_many_choices_of_one_member_at_once_one_is_kept(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        game = await one.games.add(request())
        keys = [StepKey(turn, Kind.CAPTION) for turn in range(1, 11)]
        puts = (store.guesses.put(game.id, HUMAN, ADA, key, stays=True) for store in (one, two) for key in keys)
        told = set(await asyncio.gather(*puts))
        assert await two.guesses.tally(game.id, HUMAN) == dict.fromkeys(told, 1)
        assert len(told) == 1


async def test_nothing_is_kept_of_a_game_that_is_none(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.guesses.put("no game", LOST, ADA, FIRST)
