"""The drift of one pair, from a command or from the select under a board; the select works after any restart."""

import re
from typing import Any

import discord
from discord import ui

from bot import pairs
from bot.answers import Press, acknowledge, show
from bot.errors import explain
from telephone.cpu import off_loop
from telephone.pairs import PairRequest


async def show_pair(press: Press, asked: PairRequest) -> None:
    """All that is known of a pair, in the place of what is being waited for."""
    found = await press.client.service.pairs.drift(asked)
    await show(press, pairs.pair(found, await off_loop(pairs.curve, found)))


class PairSelect(ui.DynamicItem[ui.Select[Any]], template=rf"at1:pair:{pairs.ASKED}"):
    """Opens a pair of a board, for whoever chose it alone."""

    def __init__(self, select: ui.Select[Any], match: re.Match[str]) -> None:
        super().__init__(select)
        self.said = match

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> "PairSelect":
        select: ui.Select[Any] = ui.Select(custom_id=match[0])
        return cls(item if isinstance(item, ui.Select) else select, match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            asked = pairs.asked(self.said, self.item.values[0] if self.item.values else "", interaction.guild_id or 0)
            await acknowledge(interaction)
            await show_pair(interaction, asked)
        except Exception as error:
            await explain(interaction, error)
