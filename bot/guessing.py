"""Spectators' questions on Discord: a button under a revealed game, and the select that answers it to one member."""

import re
from typing import Any, Final

import discord
from discord import ui

from bot import guesses
from bot.answers import Press, acknowledge, say
from bot.errors import explain
from telephone.game import StepKey
from telephone.guess import Question

_QUESTION: Final = rf"(?P<game>[\w-]{{1,64}}):(?P<question>{'|'.join(Question)})"


async def ask(press: Press, game_id: str, question: Question) -> None:
    """Asks a member where nobody else sees it, or tells them again what is known since they chose."""
    await acknowledge(press)
    guessed = await press.client.service.guessing.asked(game_id, question, press.user.id)
    await say(press, guesses.asked(guessed), view=guesses.steps(guessed))


async def choose(press: Press, game_id: str, question: Question, key: StepKey) -> None:
    """Keeps what a member chose and says what is known, in the place of the question."""
    await press.response.defer()
    guessed = await press.client.service.guessing.choose(game_id, question, press.user.id, key)
    await say(press, guesses.asked(guessed), view=guesses.steps(guessed))


class QuestionButton(ui.DynamicItem[ui.Button[Any]], template=rf"at1:ask:{_QUESTION}"):
    """The button of a question under a revealed game: it works after any restart."""

    def __init__(self, button: ui.Button[Any], game_id: str, question: Question) -> None:
        super().__init__(button)
        self.game_id, self.question = game_id, question

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> "QuestionButton":
        button: ui.Button[Any] = ui.Button(custom_id=match[0])
        return cls(item if isinstance(item, ui.Button) else button, match["game"], Question(match["question"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            await ask(interaction, self.game_id, self.question)
        except Exception as error:
            await explain(interaction, error)


class GuessSelect(ui.DynamicItem[ui.Select[Any]], template=rf"at1:guess:{_QUESTION}:\d"):
    """The steps among which a member chooses; it works after any restart."""

    def __init__(self, select: ui.Select[Any], game_id: str, question: Question) -> None:
        super().__init__(select)
        self.game_id, self.question = game_id, question

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> "GuessSelect":
        select: ui.Select[Any] = ui.Select(custom_id=match[0])
        return cls(item if isinstance(item, ui.Select) else select, match["game"], Question(match["question"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            key = StepKey.parse(self.item.values[0] if self.item.values else "")
            await choose(interaction, self.game_id, self.question, key)
        except Exception as error:
            await explain(interaction, error)
