"""Leaderboards of a server, single pairs, and rescoring."""

from typing import Final, Literal

from discord import app_commands
from discord.app_commands import Choice, Range

from bot.client import TelephoneBot
from bot.games.messages import model_row
from bot.interactions.checks import server_of
from bot.interactions.commands import join, leave, matching
from bot.interactions.errors import offered
from bot.interactions.replies import Press, acknowledge
from bot.leaderboards.buttons import BoardButton, BoardSelect, share_board, show_board
from bot.leaderboards.messages import Sight
from bot.leaderboards.pair_select import PairSelect, show_pair
from bot.rescoring.buttons import RescoreButton, ask_to_rescore
from telephone.domain.games import TURNS_MAX, Level, Pair
from telephone.leaderboards.board import By, Games, Prompts, Votes
from telephone.leaderboards.pair_report import PairRequest
from telephone.leaderboards.service import BoardRequest
from telephone.providers.base import ModelKind


@offered
async def suggest_embedder(press: Press, typed: str) -> list[Choice[str]]:
    """The embedders that measured games here."""
    names = await press.client.app.boards.embedders(server_of(press))
    return matching([Choice(name=name, value=name) for name in names], typed)


@app_commands.describe(
    by="What ranks them: the distance from the prompt, what members voted, or both side by side",
    level="Only prompts of this level",
    games="All, only battles and tournaments, which were fixed beforehand, or members' open games",
    prompts="The prompts of the list, or those that members typed themselves",
    embedder="What measures the distance; left out, this bot's first",
    turns="After which turn; left out, 10 or the usual length here",
    votes="All votes, or only those that nothing flags",
    share="Whether everybody in this channel sees it",
)
@app_commands.autocomplete(embedder=suggest_embedder)
async def leaderboard(
    press: Press,
    by: By = "distance",
    *,
    level: Literal["all", "easy", "medium", "hard", "impossible"] = "all",
    games: Games = "all",
    prompts: Prompts = "curated",
    embedder: str | None = None,
    turns: Range[int, 1, TURNS_MAX] | None = None,
    votes: Votes = "all",
    share: bool = False,
) -> None:
    """Rank the pairs of models: who keeps most of the meaning"""
    await acknowledge(press)
    chosen = None if level == "all" else Level(level)
    asked = BoardRequest(server_of(press), by, chosen, games, prompts, embedder, turns, votes)
    await (share_board if share else show_board)(press, Sight(asked))


@offered
async def suggest_artist(press: Press, typed: str) -> list[Choice[str]]:
    return _models(press, "t2i", typed)


@offered
async def suggest_spotter(press: Press, typed: str) -> list[Choice[str]]:
    return _models(press, "i2t", typed)


@app_commands.describe(
    t2i="Who draws the pictures",
    i2t="Who says what it sees",
    level="Only prompts of this level",
    embedder="What measures the distance; left out, this bot's first",
)
@app_commands.autocomplete(t2i=suggest_artist, i2t=suggest_spotter, embedder=suggest_embedder)
async def pair(
    press: Press,
    t2i: str,
    i2t: str,
    level: Literal["all", "easy", "medium", "hard", "impossible"] = "all",
    embedder: str | None = None,
) -> None:
    """Look at one pair: its curve, its decay, when it rests, and who lost the prompt"""
    await acknowledge(press)
    chosen = None if level == "all" else Level(level)
    await show_pair(press, PairRequest(Pair(t2i, i2t), server_of(press), embedder, chosen))


@offered
async def suggest_ready(press: Press, typed: str) -> list[Choice[str]]:
    """The embedders that can measure now."""
    ready = [choice.name for choice in press.client.app.models.choices("embedder") if choice.ready]
    return matching([Choice(name=name, value=name) for name in ready], typed)


@app_commands.describe(embedder="What to measure the old games with")
@app_commands.autocomplete(embedder=suggest_ready)
async def rescore(press: Press, embedder: str) -> None:
    """Measure old games with another embedder"""
    await acknowledge(press)
    await ask_to_rescore(press, embedder)


COMMANDS: Final = (leaderboard, pair)
ITEMS: Final = (BoardButton, BoardSelect, PairSelect, RescoreButton)


async def setup(bot: TelephoneBot) -> None:
    join(bot.telephone, *COMMANDS)
    join(bot.admin, rescore)
    bot.add_dynamic_items(*ITEMS)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.telephone, *COMMANDS)
    leave(bot.admin, rescore)
    bot.remove_dynamic_items(*ITEMS)


def _models(press: Press, kind: ModelKind, typed: str) -> list[Choice[str]]:
    choices = press.client.app.models.choices(kind)
    return matching([Choice(name=model_row(choice), value=choice.name) for choice in choices], typed)
