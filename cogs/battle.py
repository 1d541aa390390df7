"""Battles: one prompt, two to four pairs side by side, and a vote on which degraded least."""

from typing import Final

from discord import app_commands
from discord.app_commands import Choice, Range

from bot.answers import Press, acknowledge
from bot.asking import age_restricted, require_stage, server_of
from bot.client import TelephoneBot
from bot.commands import ROWS, join, leave
from bot.errors import offered
from bot.panels import CHOICE_MAX
from bot.voting import show_start
from cogs.play import PROMPT_LONGEST, suggest_prompt
from telephone.entry import BattleAsked
from telephone.game import PROMPT_MIN, TURNS_MAX, Level
from telephone.sides import SIDES_MAX, SIDES_MIN

HOURS_MAX: Final = 168


@offered
async def suggest_pair(press: Press, typed: str) -> list[Choice[str]]:
    """Pairs that can play now; every word that is typed has to be in one."""
    words = typed.casefold().replace("×", " ").split()
    names = [str(pair) for pair in press.client.service.battles.pairs()]
    found = [name for name in names if len(name) <= CHOICE_MAX and all(word in name.casefold() for word in words)]
    return [Choice(name=name, value=name) for name in found[:ROWS]]


@app_commands.describe(
    prompt="What all sides begin with: your own words, or one of the list; left out, one is picked",
    level="How hard the picked prompt is to keep; only without a prompt",
    pairs="How many pairs play side by side",
    pair_a="A pair; left out, one is chosen. Which side a pair gets is drawn by lot",
    pair_b="Another pair",
    pair_c="A third pair",
    pair_d="A fourth pair",
    turns="How many pictures and captions each side has",
    vote_hours="How long votes may be cast; you can close it sooner",
)
@app_commands.autocomplete(
    prompt=suggest_prompt, pair_a=suggest_pair, pair_b=suggest_pair, pair_c=suggest_pair, pair_d=suggest_pair
)
async def battle(
    press: Press,
    prompt: Range[str, PROMPT_MIN, PROMPT_LONGEST] | None = None,
    *,
    level: Level | None = None,
    pairs: Range[int, SIDES_MIN, SIDES_MAX] | None = None,
    pair_a: str | None = None,
    pair_b: str | None = None,
    pair_c: str | None = None,
    pair_d: str | None = None,
    turns: Range[int, 1, TURNS_MAX] | None = None,
    vote_hours: Range[int, 1, HOURS_MAX] = 24,
) -> None:
    """Let pairs play side by side, their names hidden, and vote which degraded least"""
    await acknowledge(press)
    asked = BattleAsked(
        prompt=prompt,
        level=level,
        pairs=[pair for pair in (pair_a, pair_b, pair_c, pair_d) if pair],
        sides=pairs,
        turns=turns,
        guild_id=server_of(press),
        channel_id=require_stage(press),
        starter_id=press.user.id,
        age_restricted=age_restricted(press),
        longest_prompt=PROMPT_LONGEST,
        vote_seconds=vote_hours * 3_600,
    )
    await show_start(press, await press.client.service.battles.start(asked))


COMMANDS: Final = (battle,)


async def setup(bot: TelephoneBot) -> None:
    join(bot.telephone, *COMMANDS)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.telephone, *COMMANDS)
