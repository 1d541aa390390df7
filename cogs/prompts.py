"""Prompts: browse them, propose one, decide about proposals, remove one, have some generated."""

from typing import Final

from discord import app_commands
from discord.app_commands import Choice, Range

from bot.client import TelephoneBot
from bot.games.messages import prompt_row
from bot.interactions.checks import server_of
from bot.interactions.commands import join, matching
from bot.interactions.errors import offered
from bot.interactions.replies import Press, acknowledge, say
from bot.interactions.rights import is_moderator
from bot.prompts import messages as prompt_messages
from bot.prompts.buttons import PromptButton, show_page, show_review
from telephone.domain.games import PROMPT_MIN, Level
from telephone.prompts.service import PROPOSAL_MAX


@offered
async def suggest_own(press: Press, typed: str) -> list[Choice[str]]:
    """The prompts of this server alone."""
    own = await press.client.app.prompts.own(server_of(press))
    return matching([Choice(name=prompt_row(prompt), value=str(prompt.slug)) for prompt in own], typed)


@offered
async def suggest_waiting(press: Press, typed: int | str) -> list[Choice[int]]:
    """The proposals that wait for a decision, for moderators alone."""
    waiting = await press.client.app.prompts.waiting(server_of(press), is_moderator=await is_moderator(press))
    rows = [Choice(name=prompt_row(proposal.prompt), value=proposal.number) for proposal in waiting]
    return matching(rows, str(typed or ""))


@app_commands.describe(level="How hard they are to keep; left out, all of them")
async def browse(press: Press, level: Level | None = None) -> None:
    """See what games here can start from"""
    await acknowledge(press)
    await show_page(press, 1, level)


@app_commands.describe(
    text="A scene that can be painted, in English where you can", level="How hard it is to keep; moderators decide"
)
async def add(press: Press, text: Range[str, PROMPT_MIN, PROPOSAL_MAX], level: Level | None = None) -> None:
    """Propose a prompt; a moderator decides whether it is offered here"""
    await acknowledge(press)
    proposal = await press.client.app.prompts.propose(server_of(press), text, level, by=press.user.id)
    await say(press, prompt_messages.proposed(proposal))


@app_commands.describe(prompt="Which one first; left out, the one that has waited longest")
@app_commands.autocomplete(prompt=suggest_waiting)
async def review(press: Press, prompt: Range[int, 1] | None = None) -> None:
    """Decide about prompts that were proposed"""
    await acknowledge(press)
    await show_review(press, prompt or 0)


@app_commands.describe(prompt="Which of this server's own prompts")
@app_commands.autocomplete(prompt=suggest_own)
async def remove(press: Press, prompt: str) -> None:
    """Take one of this server's own prompts off the list"""
    await acknowledge(press)
    removed = await press.client.app.prompts.remove(server_of(press), prompt, is_moderator=await is_moderator(press))
    await say(press, prompt_messages.removed(removed))


async def generate(press: Press) -> None:
    """Have a chat model write ten prompts to decide about"""
    await acknowledge(press)
    made = await press.client.app.prompts.generate(server_of(press), is_moderator=await is_moderator(press))
    first = made.kept[0].number if made.kept else 0
    await show_review(press, first, prompt_messages.generated(made))


COMMANDS: Final = (browse, add)
MODERATORS: Final = (review, remove, generate)
ITEMS: Final = (PromptButton,)
GROUP: Final = "prompts"


async def setup(bot: TelephoneBot) -> None:
    for whole, words, commands in (
        (bot.telephone, "What games here can start from", COMMANDS),
        (bot.moderate, "What is proposed here, and what this server offers", MODERATORS),
    ):
        group = app_commands.Group(name=GROUP, description=words)
        join(group, *commands)
        whole.add_command(group)
    bot.add_dynamic_items(*ITEMS)


async def teardown(bot: TelephoneBot) -> None:
    for whole in (bot.telephone, bot.moderate):
        whole.remove_command(GROUP)
    bot.remove_dynamic_items(*ITEMS)
