"""Members' turns: call others into a game that waits for one of them."""

from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.client import TelephoneBot
from bot.games.messages import waiting_row
from bot.interactions.checks import game_meant, server_of
from bot.interactions.commands import join, leave, matching
from bot.interactions.errors import offered
from bot.interactions.forms import add_form, remove_form
from bot.interactions.replies import Press, acknowledge
from bot.turns.buttons import FORM, TurnButton, play
from bot.turns.invite import Called, call

Somebody = discord.Member | discord.Role
SUGGESTED: Final = 100
"""How many games are searched for what was typed, from the newest on; any other is named by its number."""


@offered
async def suggest_waiting(press: Press, typed: int | str) -> list[Choice[int]]:
    """The games that wait for a member, sealed ones too: a row says no more than their cards."""
    games = await press.client.app.games.waiting(server_of(press), newest=SUGGESTED)
    return matching([Choice(name=waiting_row(game), value=game.number) for game in games], str(typed or ""))


@app_commands.describe(
    who="Who is called: a member or a role",
    also="Somebody else",
    third="Somebody else",
    fourth="Somebody else",
    game="Which game; left out, the one of this thread or the newest that waits",
)
@app_commands.autocomplete(game=suggest_waiting)
async def invite(
    press: Press,
    who: Somebody,
    *,
    also: Somebody | None = None,
    third: Somebody | None = None,
    fourth: Somebody | None = None,
    game: Range[int, 1] | None = None,
) -> None:
    """Call members into a game of yours that waits for one of them"""
    await acknowledge(press)
    people: list[Called] = [one for one in (who, also, third, fourth) if one is not None]
    games = {one.number: one for one in await press.client.app.games.waiting(server_of(press))}
    meant = games.get(game) if game is not None else None
    if game is None and press.channel_id not in {one.place.thread_id for one in games.values()}:
        meant = next(iter(games.values()), None)
    await call(press, meant or await game_meant(press, game), people)


COMMANDS: Final = (invite,)
ITEMS: Final = (TurnButton,)


async def setup(bot: TelephoneBot) -> None:
    join(bot.telephone, *COMMANDS)
    bot.add_dynamic_items(*ITEMS)
    add_form(bot, FORM, play)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.telephone, *COMMANDS)
    bot.remove_dynamic_items(*ITEMS)
    remove_form(bot, FORM)
