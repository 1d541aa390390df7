"""The vocabulary of spectators' guesses about a revealed game. Every value here is frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from telephone.domain.games import Drift, Game, GameState, StepKey


class Question(StrEnum):
    """A question to spectators: which step was a member's in a game of two models, and where the subject was lost."""

    HUMAN = "human"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Guessed:
    """One question about a game and what one member chose, None before they did.

    `tally` counts the choices by step. `drift` is the game's drift by the embedder whose label is `embedder`, None
    until it is measured. Both are empty until the member has chosen, so that they lead nobody.
    """

    game: Game
    question: Question
    choice: StepKey | None = None
    tally: Mapping[StepKey, int] = field(default_factory=lambda: MappingProxyType({}))
    drift: Drift | None = None
    embedder: str = ""


def questions(game: Game) -> tuple[Question, ...]:
    """The questions that may be asked about a game: none before its reveal.

    HUMAN is asked only as long as nothing that is shown tells the answer, as a deleted step does.
    """
    if not game.request.sealed or game.state is not GameState.FINISHED:
        return ()
    told = not game.keeps_human_step or any(step.erased for step in game.steps)
    return (Question.LOST,) if told else (Question.HUMAN, Question.LOST)


def choices(game: Game, question: Question) -> tuple[StepKey, ...]:
    """The steps to choose from, in order: for HUMAN those of the kind that the member's step is of, otherwise all."""
    asked = game.request.human_step
    keys = tuple(step.key for step in game.steps)
    if question is Question.LOST or asked is None:
        return keys
    return tuple(key for key in keys if key.kind is asked.kind)
