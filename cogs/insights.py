"""The command for the three questions: which T2I is best, which I2T, which of the two matters more."""

from typing import Final, Literal

from discord import app_commands
from discord.app_commands import Range

from bot.client import TelephoneBot
from bot.insights.messages import Look
from bot.insights.selects import InsightSelect, share_insights, show_insights
from bot.interactions.checks import server_of
from bot.interactions.commands import join, leave
from bot.interactions.replies import Press, acknowledge
from telephone.domain.games import TURNS_MAX, Level
from telephone.leaderboards.insight_results import InsightQuestion


@app_commands.describe(
    level="Only prompts of this level",
    turn="After which turn; left out, 10 or the usual length here",
    share="Whether everybody in this channel sees it",
)
async def insights(
    press: Press,
    level: Literal["all", "easy", "medium", "hard", "impossible"] = "all",
    *,
    turn: Range[int, 1, TURNS_MAX] | None = None,
    share: bool = False,
) -> None:
    """Which T2I is best, which I2T, and which of the two matters more"""
    await acknowledge(press)
    asked = InsightQuestion(server_of(press), None if level == "all" else Level(level), turn)
    await (share_insights if share else show_insights)(press, Look(asked))


COMMANDS: Final = (insights,)
ITEMS: Final = (InsightSelect,)


async def setup(bot: TelephoneBot) -> None:
    join(bot.telephone, *COMMANDS)
    bot.add_dynamic_items(*ITEMS)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.telephone, *COMMANDS)
    bot.remove_dynamic_items(*ITEMS)
