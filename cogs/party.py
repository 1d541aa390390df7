"""Parties: every member brings a prompt, and all prompts are played at once."""

from typing import Final, Literal

from discord import app_commands
from discord.app_commands import Choice, Range

from bot.client import TelephoneBot
from bot.games.messages import model_row
from bot.interactions.checks import age_restricted, require_game_channel, server_of
from bot.interactions.commands import join, leave, matching
from bot.interactions.errors import offered
from bot.interactions.forms import add_form, remove_form
from bot.interactions.replies import Press, acknowledge
from bot.parties.buttons import FORM, PartyButton, brought, show_start, told_start
from telephone.domain.games import HUMAN
from telephone.domain.interactions import key_of
from telephone.domain.parties import GUESTS_MAX, GUESTS_MIN
from telephone.parties.service import PLAYERS, PartyAsked


@offered
async def suggest_stand_in(press: Press, typed: str) -> list[Choice[str]]:
    """Models of both kinds, those that can play now first."""
    app = press.client.app
    choices = [choice for kind in ("t2i", "i2t") for choice in app.models.choices(kind) if choice.name != HUMAN]
    ready = sorted(choices, key=lambda choice: not choice.ready)
    return matching([Choice(name=model_row(choice), value=choice.name) for choice in ready], typed)


@app_commands.describe(
    players="How many members can join; it can begin with three",
    rounds="How many turns each member takes, at most as many as there are members",
    stand_in="A model that plays for who leaves; left out, the best that can play now",
)
@app_commands.autocomplete(stand_in=suggest_stand_in)
async def party(
    press: Press,
    players: Range[int, GUESTS_MIN, GUESTS_MAX] = PLAYERS,
    rounds: Literal[2, 4, 6, 8, 10, 12] | None = None,
    stand_in: str | None = None,
) -> None:
    """Have a party: everybody brings a prompt, and all draw and describe at once"""
    await acknowledge(press)
    asked = PartyAsked(
        players=players,
        rounds=rounds,
        stand_in=stand_in,
        guild_id=server_of(press),
        channel_id=require_game_channel(press),
        starter_id=press.user.id,
        age_restricted=age_restricted(press),
        key=key_of(press.id),
    )
    await show_start(press, await press.client.app.parties.start(asked))


COMMANDS: Final = (party,)
ITEMS: Final = (PartyButton,)


async def setup(bot: TelephoneBot) -> None:
    join(bot.telephone, *COMMANDS)
    bot.add_dynamic_items(*ITEMS)
    bot.starts.append(told_start)
    add_form(bot, FORM, brought)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.telephone, *COMMANDS)
    bot.remove_dynamic_items(*ITEMS)
    bot.starts.remove(told_start)
    remove_form(bot, FORM)
