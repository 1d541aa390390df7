"""What is said of money, and that a free game says nothing."""

from dataclasses import replace

import pytest

from bot.games import card as game_card
from bot.games import messages as game_messages
from bot.games.messages import started
from bot.ui.money import money, up_to
from telephone.domain.games import Costs, Game, GameState
from telephone.ports.games import Progress
from tests.bot.games.test_messages import text_of
from tests.bot.samples import game, summary


def dear(state: GameState = GameState.PLAYING, *, each: float = 0.02, costs: Costs | None = None) -> Game:
    """Three steps played, each of them paid for."""
    shown = game(state, steps=3, reason="It was stopped.")
    turns = tuple(
        replace(
            turn,
            picture=turn.picture and replace(turn.picture, cost_usd=each),
            caption=turn.caption and replace(turn.caption, cost_usd=each),
        )
        for turn in shown.turns
    )
    return replace(shown, turns=turns, costs=costs or Costs(reserved=0.2061))


def card(shown: Game) -> str:
    return text_of(game_card.card(shown, Progress(3, 120), summary()))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (GameState.QUEUED, "painter × critic, 2 turns, up to $0.21. Starts in about 2 min."),
        (GameState.PLAYING, "critic is looking at the picture. About 2 min left. $0.06 spent so far."),
        (GameState.PAUSED, "It was stopped. $0.06 spent so far."),
        (GameState.FINISHED, "painter × critic. Distance 0.42 (MiniLM, offline). $0.06 spent."),
        (GameState.STOPPED, "It was stopped. Not counted; $0.06 spent."),
        (GameState.FAILED, "It was stopped. Not counted; $0.06 spent."),
    ],
)
def test_the_card_says_what_a_game_may_cost_then_what_it_has_cost(state, words):
    assert card(dear(state)).splitlines()[-1] == words


@pytest.mark.parametrize("state", list(GameState))
def test_a_free_game_shows_no_money_at_all(state):
    shown = game(state, steps=3)
    said = [card(shown), text_of(game_messages.summary(shown, summary())), started(shown, 1)]
    assert all("$" not in text and "spent" not in text and "nothing" not in text for text in said)


def test_a_game_that_was_stopped_before_it_cost_anything_says_so():
    assert "Not counted; nothing spent." in card(dear(GameState.STOPPED, each=0.0))


def test_scoring_and_answers_that_were_not_played_are_part_of_the_cost():
    shown = dear(GameState.FINISHED, costs=Costs(0.5, scoring=0.01, unused=0.02))
    assert text_of(game_messages.summary(shown, summary())).endswith(" $0.09 spent.")


def test_what_may_have_been_billed_twice_is_not_hidden():
    shown = dear(GameState.FINISHED, costs=Costs(0.5, unused=0.02, doubted=0.02))
    assert card(shown).endswith(" $0.08 spent. After an interruption $0.02 more may have been billed.")


@pytest.mark.parametrize(("state", "place"), [(GameState.QUEUED, 1), (GameState.QUEUED, 4), (GameState.PLAYING, 0)])
def test_the_acknowledgement_of_a_start_says_the_most_it_can_cost(state, place):
    assert started(dear(state), place).endswith(". It can cost up to $0.21." if place == 0 else "up to $0.21.")


def test_the_most_is_never_said_too_low():
    assert [up_to(usd) for usd in (0.2, 0.2001, 0.0001, 0.1 + 0.2, 1234.5)] == [
        "up to $0.20",
        "up to $0.21",
        "up to $0.01",
        "up to $0.30",
        "up to $1,234.50",
    ]
    assert [money(usd) for usd in (0, 0.001, 0.006, 2)] == ["nothing", "less than $0.01", "$0.01", "$2.00"]


def test_a_card_that_is_slow_for_want_of_credit_says_so_while_it_is_played():
    slow = Progress(3, 120, per_minute=6)
    line = "Slow: a model's provider takes 6 calls a minute until the operator adds credit there."
    assert line in text_of(game_card.card(dear(GameState.PLAYING), slow, summary()))
    for state in (GameState.FINISHED, GameState.STOPPED, GameState.FAILED, GameState.PAUSED):
        assert "Slow" not in text_of(game_card.card(dear(state), slow, summary()))


def test_what_may_have_been_billed_besides_is_said_of_a_game_that_failed_too():
    failed = dear(GameState.FAILED, costs=Costs(reserved=0.2, unused=0.02, doubted=0.04))
    assert card(failed).endswith("Not counted; $0.08 spent. After an interruption $0.04 more may have been billed.")
