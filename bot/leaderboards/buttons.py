"""The persistent select and buttons of a board; their ids say what their message shows."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from bot.interactions.buttons import PersistentButton, PersistentSelect
from bot.interactions.checks import server_of
from bot.interactions.replies import Press, show
from bot.interactions.sharing import require_voice, share, turn_over
from bot.leaderboards import charts as leaderboard_charts
from bot.leaderboards import messages
from bot.leaderboards.messages import CHOICES, SIGHT, Sight
from bot.ui import wording
from bot.ui.posts import Post
from telephone.app import App
from telephone.concurrency import off_loop
from telephone.errors import BadInput
from telephone.leaderboards.board import Board
from telephone.media.charts import ChartScale
from telephone.media.charts.game_chart import for_chart


async def show_board(press: Press, sight: Sight) -> None:
    """Shows the board in the place of the deferred answer, or of the answer whose button was pressed."""
    await show(press, await board_post(press.client.app, sight))


async def share_board(press: Press, sight: Sight) -> None:
    """Posts the board in the channel for everybody, and tells the member where."""
    require_voice(press)
    await share(press, messages.SHARED, await board_post(press.client.app, sight))


async def board_post(app: App, sight: Sight) -> Post:
    """The message of a sight."""
    return await _VIEWS[sight.view](app, sight)


async def _pairs(app: App, sight: Sight) -> Post:
    board = await app.boards.board(sight.asked)
    charts = await off_loop(leaderboard_charts.intervals, board, messages.charted(board, sight.page))
    return messages.pairs(board, sight, charts)


async def _turns(app: App, sight: Sight) -> Post:
    asked = replace(sight.asked, by="distance")
    board, courses = await app.boards.board(asked), await app.boards.courses(asked)
    scale = await scale_of(app, board)
    return messages.turns(board, sight, courses, await off_loop(leaderboard_charts.turn_by_turn, board, courses, scale))


async def _levels(app: App, sight: Sight) -> Post:
    asked = replace(sight.asked, by="distance", level=None)
    board, found = await app.boards.board(asked), await app.boards.levels(asked)
    scale = await scale_of(app, board)
    return messages.levels(board, sight, found, await off_loop(leaderboard_charts.level_by_level, board, found, scale))


async def scale_of(app: App, board: Board) -> ChartScale | None:
    """The floor and ceiling to draw beside a board's curves; None for an empty board, or without a calibration."""
    return None if board.is_empty else for_chart(await app.pairs.calibration(board.asked.guild_id, board.judge.name))


_VIEWS: Final[dict[str, Callable[[App, Sight], Awaitable[Post]]]] = {
    "pairs": _pairs,
    "turns": _turns,
    "levels": _levels,
}


async def _answer(press: Press, sight: Sight) -> None:
    await turn_over(press)
    await show_board(press, sight)


class BoardButton(PersistentButton, template=rf"at1:board:(?:back|on):{SIGHT}"):
    """Turns to another page of a board."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await _answer(press, Sight.of(said, server_of(press)))


class BoardSelect(PersistentSelect, template=rf"at1:board:view:{SIGHT}"):
    """Turns to another view of a board."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        if self.chosen not in CHOICES:
            raise BadInput(wording.OLD_BOARD)
        await _answer(press, Sight.of(said, server_of(press)).turned(self.chosen))
