"""Commands for admins about votes and scores: review flagged votes, export all."""

from typing import Final, Literal

import discord
from discord import app_commands
from discord.app_commands import Range

from bot.admin.options import with_choice
from bot.client import TelephoneBot
from bot.interactions.checks import server_of
from bot.interactions.commands import join, leave
from bot.interactions.replies import Press, acknowledge, say
from bot.moderation import vote_messages
from telephone.domain.battles import Decision
from telephone.domain.servers import AGE_MAX
from telephone.errors import BadInput
from telephone.exports import FORMATS
from telephone.leaderboards.board import Prompts
from telephone.store.scores import Pool

EXPORT_OPTIONS: Final = {
    "prompts": "The prompts of the list, or those that members typed themselves",
    "what": "What to get",
}
_DECISIONS: Final = {"strike": Decision.STRUCK, "clear": Decision.CLEARED, "undo": None}


@app_commands.describe(
    member="Whose votes to decide about",
    decision="Strike: no vote of theirs counts. Clear: all count, flagged or not. Undo: as before",
    least_days="How many days old an account must be for its votes not to be flagged",
)
async def votes(
    press: Press,
    member: discord.User | None = None,
    decision: Literal["strike", "clear", "undo"] | None = None,
    least_days: Range[int, 0, AGE_MAX] | None = None,
) -> None:
    """See which votes are flagged and why, and decide about a voter"""
    await acknowledge(press)
    review, guild_id = press.client.app.vote_review, server_of(press)
    if (member is None) != (decision is None):
        raise BadInput("Please give both a member and a decision, or neither to see the list.")
    found = await (review.report(guild_id) if least_days is None else review.ask_age(guild_id, least_days))
    if member is not None and decision is not None:
        found = await review.decide(guild_id, member.id, _DECISIONS[decision], by=press.user.id)
    await say(press, vote_messages.report(found))


async def export(press: Press, prompts: Prompts = "curated", *, what: str) -> None:
    """Get the votes or the scores of this server as a file, without names"""
    await acknowledge(press)
    row, pool = FORMATS[what], Pool(server_of(press), free=prompts == "free")
    found = await press.client.app.exports.export(what, pool, "all")
    await say(press, vote_messages.exported(row, found), file=vote_messages.sheet(row, found))


COMMANDS: Final = (votes, export)


async def setup(bot: TelephoneBot) -> None:
    join(bot.admin, votes, with_choice(export, "what", list(FORMATS), EXPORT_OPTIONS))


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.admin, *COMMANDS)
