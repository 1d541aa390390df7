"""Battles: one prompt, two to four pairs side by side, and a vote on which degraded least."""

from typing import Final

from discord import app_commands
from discord.app_commands import Choice, Range

from bot.battles.buttons import BattleButton, show_start, told_start
from bot.client import TelephoneBot
from bot.games.messages import game_row
from bot.interactions.checks import age_restricted, require_game_channel, server_of
from bot.interactions.commands import ROWS, join, leave, matching
from bot.interactions.errors import offered
from bot.interactions.replies import Press, acknowledge
from bot.ui.wording import CHOICE_MAX
from cogs.play import PROMPT_LONGEST, suggest_prompt
from telephone.battles.admission import BattleAsked
from telephone.battles.versus import VersusAsked
from telephone.domain.battles import SIDES_MAX, SIDES_MIN
from telephone.domain.games import PROMPT_MIN, TURNS_MAX, Game, Level
from telephone.domain.interactions import key_of

HOURS_MAX: Final = 168


@offered
async def suggest_pair(press: Press, typed: str) -> list[Choice[str]]:
    """Pairs that can play now and contain every typed word."""
    words = typed.casefold().replace("×", " ").split()
    names = [str(pair) for pair in press.client.app.battles.pairs()]
    found = [name for name in names if len(name) <= CHOICE_MAX and all(word in name.casefold() for word in words)]
    return [Choice(name=name, value=name) for name in found[:ROWS]]


@offered
async def suggest_finished(press: Press, typed: int | str) -> list[Choice[int]]:
    """Finished games; where one is chosen already, those that can be set against it."""
    games = await press.client.app.games.finished(server_of(press))
    chosen = {press.namespace.game_a, press.namespace.game_b} - {typed}
    for other in [game for game in games if game.number in chosen]:
        games = [one for one in games if _can_meet(one, other)]
    return matching([Choice(name=game_row(game), value=game.number) for game in games], str(typed or ""))


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
        channel_id=require_game_channel(press),
        starter_id=press.user.id,
        age_restricted=age_restricted(press),
        key=key_of(press.id),
        longest_prompt=PROMPT_LONGEST,
        vote_seconds=vote_hours * 3_600,
    )
    await show_start(press, await press.client.app.battles.start(asked))


@app_commands.describe(
    game_a="A finished game",
    game_b="Another one on the same prompt, of another pair",
    vote_hours="How long votes may be cast; you can close it sooner",
)
@app_commands.autocomplete(game_a=suggest_finished, game_b=suggest_finished)
async def versus(
    press: Press,
    game_a: Range[int, 1],
    game_b: Range[int, 1],
    vote_hours: Range[int, 1, HOURS_MAX] = 24,
) -> None:
    """Set two finished games on one prompt against each other, their names hidden; free of cost"""
    await acknowledge(press)
    asked = VersusAsked(
        game_a=game_a,
        game_b=game_b,
        guild_id=server_of(press),
        channel_id=require_game_channel(press),
        starter_id=press.user.id,
        age_restricted=age_restricted(press),
        key=key_of(press.id),
        vote_seconds=vote_hours * 3_600,
    )
    await show_start(press, await press.client.app.battles.versus(asked))


COMMANDS: Final = (battle, versus)
ITEMS: Final = (BattleButton,)


def _can_meet(one: Game, other: Game) -> bool:
    a, b = one.request, other.request
    return (a.prompt.text, a.turns) == (b.prompt.text, b.turns) and a.pair != b.pair


async def setup(bot: TelephoneBot) -> None:
    join(bot.telephone, *COMMANDS)
    bot.add_dynamic_items(*ITEMS)
    bot.starts.append(told_start)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.telephone, *COMMANDS)
    bot.remove_dynamic_items(*ITEMS)
    bot.starts.remove(told_start)
