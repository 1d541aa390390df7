"""Questions to spectators about a revealed game, and their solutions. Pure: values go in, messages come out."""

from collections.abc import Mapping
from typing import Final

import discord
from discord import ui

from bot.games.messages import QUESTIONS
from bot.ui.posts import WHAT, by, custom_id, embedder_name
from bot.ui.text import lines_that_fit, shorten
from bot.ui.wording import ANSWER_MAX
from telephone.domain.games import Game, StepKey
from telephone.domain.guesses import Guessed, Question, choices

_OPTIONS_MAX: Final = 25
_ASKED: Final = {
    Question.HUMAN: "One of these steps was a member's, the others a model's. Which one? You choose once: "
    "the answer comes with it.",
    Question.LOST: "With which step was the subject of the prompt lost? You can change it as often as you like.",
}


def select_id(game_id: str, question: Question, part: int) -> str:
    """The id of a persistent select; a message may not have the same id twice."""
    return f"{custom_id('guess', game_id)}:{question}:{part}"


def asked(guessed: Guessed) -> str:
    """A question, or its solution once the member has guessed."""
    if guessed.choice is None:
        return _ASKED[guessed.question]
    told = _whose if guessed.question is Question.HUMAN else _lost
    counts = [f"- {_name(key)}: {count}" for key, count in guessed.tally.items()]
    lines = [told(guessed, guessed.choice), "Chosen so far:", *counts]
    return lines_that_fit(lines, ANSWER_MAX, "and {n} more")


def steps(guessed: Guessed) -> ui.View | None:
    """The selects of a question's steps, each with as many as Discord allows; None once the member has guessed."""
    if guessed.question is Question.HUMAN and guessed.choice is not None:
        return None
    keys = choices(guessed.game, guessed.question)
    view = ui.View(timeout=None)
    for part, start in enumerate(range(0, len(keys), _OPTIONS_MAX)):
        some = keys[start : start + _OPTIONS_MAX]
        options = [_option(guessed.game, key, chosen=key == guessed.choice) for key in some]
        which = f" Turns {some[0].turn} to {some[-1].turn}" if len(keys) > _OPTIONS_MAX else ""
        select_at = select_id(guessed.game.id, guessed.question, part)
        placeholder = f"{QUESTIONS[guessed.question]}{which}"
        view.add_item(ui.Select(custom_id=select_at, placeholder=placeholder, options=options))
    view.stop()
    return view


def _option(game: Game, key: StepKey, *, chosen: bool) -> discord.SelectOption:
    words = game.steps[key.index].text
    about = shorten(words, 100) if words else None
    return discord.SelectOption(label=_name(key).capitalize(), value=str(key), description=about, default=chosen)


def _whose(guessed: Guessed, choice: StepKey) -> str:
    game, key = guessed.game, guessed.game.request.human_step
    assert key is not None, "it is asked of no other game"
    answer = f"{_name(key)}, is by {by(game, game.steps[key.index])}"
    found, all_of_them = guessed.tally.get(key, 0), sum(guessed.tally.values())
    said = f"Right: {answer}." if choice == key else f"Not {_name(choice)}: {answer}."
    return f"{said} {found} of {all_of_them} found it."


def _lost(guessed: Guessed, choice: StepKey) -> str:
    return f"You chose {_name(choice)}. {_most(guessed.tally)} {_jump(guessed)}"


def _most(tally: Mapping[StepKey, int]) -> str:
    most = max(tally.values(), default=0)
    named = " and ".join(_name(key) for key, count in tally.items() if count == most)
    return f"Most often chosen: {named} ({most} of {sum(tally.values())})."


def _jump(guessed: Guessed) -> str:
    if guessed.drift is None:
        return "The distance was not measured, so no jump is known."
    drift, embedder = guessed.drift, embedder_name(guessed.embedder)
    if drift.jump is not None:
        return f"Biggest jump by distance: turn {drift.jump[0]}, {drift.jump[1]:+.2f} ({embedder})."
    if drift.biggest_jump is not None:
        return f"By distance, no turn after the first went farther from the prompt ({embedder})."
    if drift.is_known and len(drift.distances) == 1:
        return "A game of one turn has no jump."
    return f"{embedder} cannot read these words, so no jump is known."


def _name(key: StepKey) -> str:
    return f"turn {key.turn}, {WHAT[key.kind]}"
