"""Spectators are asked about a revealed game: who may answer, when, and what they are told."""

from dataclasses import replace

import pytest

from telephone.domain.games import GameState, Kind, StepKey
from telephone.domain.guesses import Question, choices, questions
from telephone.errors import BadInput, NotAllowed
from telephone.games.guesses import KNOWS, NO_STEP, NOT_ASKED
from tests.bot.samples import game
from tests.limits import LIMIT
from tests.support.app import running_app
from tests.telephone.games.test_human_turns import ADA, BO, CY, OPEN, SECOND, answer, waits

HUMAN, LOST = Question.HUMAN, Question.LOST
FIRST = StepKey(1, Kind.CAPTION)
STARTER = OPEN.starter_id


@pytest.fixture
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


def revealed(human_step=SECOND, **changes):
    """A sealed game that has ended, with one member's step in a line of models."""
    shown = game(GameState.FINISHED, steps=4, **changes)
    return replace(shown, request=replace(shown.request, sealed=True, human_step=human_step))


async def test_who_took_the_step_and_who_started_the_game_know_and_everybody_else_guesses_once(running):
    begun = await running.app.games.start(replace(OPEN, i2t="critic", human_step="2c"))
    await waits(running, begun, SECOND)
    guessing = running.app.guesses
    for question in Question:
        with pytest.raises(NotAllowed, match=NOT_ASKED):
            await guessing.asked(begun.id, question, BO)
    await answer(running, begun, SECOND, ADA)
    await running.app.games.closed(begun.id, timeout=LIMIT)
    for knows in (ADA, STARTER):
        with pytest.raises(NotAllowed, match=KNOWS):
            await guessing.choose(begun.id, HUMAN, knows, FIRST)
    before = await guessing.asked(begun.id, HUMAN, BO)
    assert (before.choice, before.tally, before.drift) == (None, {}, None)
    assert (await guessing.choose(begun.id, HUMAN, BO, FIRST)).choice == FIRST
    again = await guessing.choose(begun.id, HUMAN, BO, SECOND)
    assert (again.choice, again.tally) == (FIRST, {FIRST: 1}), "the answer was told with the first"
    assert (await guessing.choose(begun.id, HUMAN, CY, SECOND)).tally == {FIRST: 1, SECOND: 1}
    with pytest.raises(BadInput, match=NO_STEP):
        await guessing.choose(begun.id, HUMAN, CY, StepKey(1, Kind.PICTURE))
    for key in (FIRST, StepKey(2, Kind.PICTURE)):
        lost = await guessing.choose(begun.id, LOST, ADA, key)
        assert (lost.choice, lost.tally, lost.embedder) == (key, {key: 1}, "letters")
        assert lost.drift is not None


def test_a_revealed_game_asks_both_and_an_open_or_unended_one_nothing():
    assert questions(revealed()) == (HUMAN, LOST)
    assert questions(revealed(human_step=None)) == (LOST,)
    assert questions(replace(revealed(), state=GameState.PLAYING)) == ()
    assert questions(game(GameState.FINISHED, steps=4)) == ()


def test_whose_step_it_was_is_not_asked_once_something_shown_tells_it():
    helped = replace(revealed(), stand_ins={SECOND: "critic"})
    assert questions(helped) == (LOST,)
    first, last = revealed().turns
    erased = replace(revealed(), turns=(first, replace(last, caption=replace(last.caption, erased=True))))
    assert questions(erased) == (LOST,)


def test_steps_of_the_kind_that_was_invited_to_are_offered_and_all_where_the_subject_was_lost():
    assert list(map(str, choices(revealed(), HUMAN))) == ["1c", "2c"]
    assert list(map(str, choices(revealed(), LOST))) == ["1p", "1c", "2p", "2c"]
