"""What a board's select and buttons do. Each carries what its message shows, and works after any restart."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import discord
from discord import ui

from bot import board_charts, boards
from bot.answers import Press, show
from bot.boards import CHOICES, SIGHT, Sight
from bot.errors import explain
from bot.sharing import require_voice, share, turn_over
from bot.ui import wording
from bot.ui.posts import Post
from telephone.cpu import off_loop
from telephone.errors import BadInput
from telephone.media.charts import Scale
from telephone.scales import for_chart
from telephone.scoring.standings import Board
from telephone.service import Service


async def show_board(press: Press, sight: Sight) -> None:
    """The board in the place of the answer that is being waited for, or of the one whose button was pressed."""
    await show(press, await board_post(press.client.service, sight))


async def share_board(press: Press, sight: Sight) -> None:
    """Posts the board in the channel for everybody, and says where."""
    require_voice(press)
    await share(press, boards.SHARED, await board_post(press.client.service, sight))


async def board_post(service: Service, sight: Sight) -> Post:
    """The message that shows what a sight asks for."""
    return await _VIEWS[sight.view](service, sight)


async def _pairs(service: Service, sight: Sight) -> Post:
    board = await service.boards.board(sight.asked)
    charts = await off_loop(board_charts.intervals, board, boards.charted(board, sight.page))
    return boards.pairs(board, sight, charts)


async def _turns(service: Service, sight: Sight) -> Post:
    asked = replace(sight.asked, by="distance")
    board, courses = await service.boards.board(asked), await service.boards.courses(asked)
    scale = await scale_of(service, board)
    return boards.turns(board, sight, courses, await off_loop(board_charts.turn_by_turn, board, courses, scale))


async def _levels(service: Service, sight: Sight) -> Post:
    asked = replace(sight.asked, by="distance", level=None)
    board, found = await service.boards.board(asked), await service.boards.levels(asked)
    scale = await scale_of(service, board)
    return boards.levels(board, sight, found, await off_loop(board_charts.level_by_level, board, found, scale))


async def scale_of(service: Service, board: Board) -> Scale | None:
    """What the curves of a board are held against; None for an empty one, or where that is not known."""
    return None if board.is_empty else for_chart(await service.scale(board.asked.guild_id, board.judge.name))


_VIEWS: Final[dict[str, Callable[[Service, Sight], Awaitable[Post]]]] = {
    "pairs": _pairs,
    "turns": _turns,
    "levels": _levels,
}


async def _answer(press: Press, sight: Sight) -> None:
    await turn_over(press)
    await show_board(press, sight)


class BoardButton(ui.DynamicItem[ui.Button[Any]], template=rf"at1:board:(?:back|on):{SIGHT}"):
    """Another page of a board."""

    def __init__(self, button: ui.Button[Any], sight: Sight) -> None:
        super().__init__(button)
        self.sight = sight

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> "BoardButton":
        button: ui.Button[Any] = ui.Button(custom_id=match[0])
        return cls(item if isinstance(item, ui.Button) else button, Sight.of(match, interaction.guild_id or 0))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            await _answer(interaction, self.sight)
        except Exception as error:
            await explain(interaction, error)


class BoardSelect(ui.DynamicItem[ui.Select[Any]], template=rf"at1:board:view:{SIGHT}"):
    """Another view of a board."""

    def __init__(self, select: ui.Select[Any], sight: Sight) -> None:
        super().__init__(select)
        self.sight = sight

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> "BoardSelect":
        select: ui.Select[Any] = ui.Select(custom_id=match[0])
        return cls(item if isinstance(item, ui.Select) else select, Sight.of(match, interaction.guild_id or 0))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            chosen = self.item.values[0] if self.item.values else ""
            if chosen not in CHOICES:
                raise BadInput(wording.OLD_BOARD)
            await _answer(interaction, self.sight.turned(chosen))
        except Exception as error:
            await explain(interaction, error)
