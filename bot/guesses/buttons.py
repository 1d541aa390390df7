"""Spectators' guesses: a persistent button under a revealed game, and the select with which one member answers."""

import re
from typing import Final

from bot.guesses import messages
from bot.interactions.buttons import PersistentButton, PersistentSelect
from bot.interactions.checks import server_of
from bot.interactions.replies import Press, acknowledge, acknowledge_in_place, say
from telephone.domain.games import StepKey
from telephone.domain.guesses import Question

_QUESTION: Final = rf"(?P<game>[\w-]{{1,64}}):(?P<question>{'|'.join(Question)})"


async def ask(press: Press, game_id: str, question: Question) -> None:
    """Asks a member where nobody else sees it, or repeats the solution to one who has guessed."""
    await acknowledge(press)
    guessed = await press.client.app.guesses.asked(game_id, question, press.user.id, server=server_of(press))
    await say(press, messages.asked(guessed), view=messages.steps(guessed))


async def choose(press: Press, game_id: str, question: Question, key: StepKey) -> None:
    """Stores a member's guess and tells the solution in the place of the question."""
    await acknowledge_in_place(press)
    guessed = await press.client.app.guesses.choose(game_id, question, press.user.id, key, server=server_of(press))
    await say(press, messages.asked(guessed), view=messages.steps(guessed))


class QuestionButton(PersistentButton, template=rf"at1:ask:{_QUESTION}"):
    """The persistent button of a question under a revealed game."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await ask(press, said["game"], Question(said["question"]))


class GuessSelect(PersistentSelect, template=rf"at1:guess:{_QUESTION}:\d"):
    """The persistent select of the steps among which a member chooses."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await choose(press, said["game"], Question(said["question"]), StepKey.parse(self.chosen))
