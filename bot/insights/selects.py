"""The persistent selects under insights; their ids say what their message shows."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from bot.insights import charts, messages
from bot.insights.messages import LOOK, Look
from bot.interactions.buttons import PersistentSelect
from bot.interactions.checks import server_of
from bot.interactions.replies import Press, show
from bot.interactions.sharing import require_voice, share, turn_over
from bot.leaderboards import charts as leaderboard_charts
from bot.leaderboards.buttons import scale_of
from bot.ui import wording
from bot.ui.posts import Post
from telephone.app import App
from telephone.concurrency import off_loop
from telephone.domain.games import Level
from telephone.errors import BadInput


async def show_insights(press: Press, look: Look) -> None:
    """Shows the answers in the place of the deferred answer, or of the message whose select was used."""
    await show(press, await insights_post(press.client.app, look))


async def share_insights(press: Press, look: Look) -> None:
    """Posts the answers in the channel for everybody, and tells the member where."""
    require_voice(press)
    await share(press, messages.SHARED, await insights_post(press.client.app, look))


async def insights_post(app: App, look: Look) -> Post:
    """The message of a look."""
    return await _VIEWS[look.view](app, look)


async def _answers(app: App, look: Look) -> Post:
    answer = await app.insights.answer(look.asked)
    return messages.answers(answer, look, await off_loop(charts.models, answer))


async def _turns(app: App, look: Look) -> Post:
    course = await app.insights.course(look.asked)
    return messages.turns(course, look, await off_loop(charts.turn_by_turn, course))


async def _levels(app: App, look: Look) -> Post:
    whole = await app.insights.answer(replace(look.asked, level=None))
    each = [await app.insights.answer(replace(whole.asked, level=level)) for level in Level]
    board, courses = await app.boards.board(whole.asked.board), await app.boards.levels(whole.asked.board)
    scale = await scale_of(app, board)
    return messages.levels(whole, each, look, await off_loop(leaderboard_charts.level_by_level, board, courses, scale))


async def _prompts(app: App, look: Look) -> Post:
    found = await app.insights.difficulties(look.asked)
    return messages.prompts(found, look, await off_loop(charts.by_prompt, found))


_VIEWS: Final[dict[str, Callable[[App, Look], Awaitable[Post]]]] = {
    "answers": _answers,
    "turns": _turns,
    "levels": _levels,
    "prompts": _prompts,
}


class InsightSelect(PersistentSelect, template=rf"at1:ask:(?P<verb>view|level):{LOOK}"):
    """Turns to another view or level; under a shared answer, in a new one for the member alone."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        look = Look.of(said, server_of(press)).turned(said["verb"], self.chosen)
        if look is None:
            raise BadInput(wording.OLD_INSIGHTS)
        await turn_over(press)
        await show_insights(press, look)
