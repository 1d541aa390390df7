"""The persistent buttons under lists of prompts and under proposals."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import discord
from discord import ui

from bot.interactions.buttons import PersistentButton
from bot.interactions.checks import server_of
from bot.interactions.replies import Press, acknowledge_in_place, say
from bot.interactions.rights import is_moderator
from bot.prompts import messages
from telephone.domain.games import Level
from telephone.errors import BadInput
from telephone.prompts.service import Page, ProposalReview

Verb = Callable[[Press, int, Level | None], Awaitable[None]]
_STYLE: Final = discord.ButtonStyle


async def show_page(press: Press, number: int, level: Level | None) -> None:
    """Shows a page of the prompts that games here can start from, with buttons for the pages beside it."""
    page = await press.client.app.prompts.browse(server_of(press), level, number)
    await say(press, messages.page(page), view=_turning(page))


async def show_review(press: Press, at: int = 0, note: str = "") -> None:
    """Shows the next proposal from number `at` on, under `note`, the decision just made."""
    review = await press.client.app.prompts.review(server_of(press), is_moderator=await is_moderator(press), at=at)
    words, file = messages.review(review, note)
    await say(press, words, view=_deciding(review), file=file)


async def accept(press: Press, number: int, level: Level | None) -> None:
    async def decide() -> str:
        prompts = press.client.app.prompts
        kept = await prompts.accept(server_of(press), number, level, is_moderator=await is_moderator(press))
        return messages.accepted(kept)

    await _decided(press, number, decide())


async def decline(press: Press, number: int, level: Level | None) -> None:
    async def decide() -> str:
        prompts = press.client.app.prompts
        return messages.declined(
            await prompts.decline(server_of(press), number, is_moderator=await is_moderator(press))
        )

    await _decided(press, number, decide())


async def skip(press: Press, number: int, level: Level | None) -> None:
    await show_review(press, number + 1)


async def _decided(press: Press, number: int, decision: Awaitable[str]) -> None:
    """Shows the next proposal, also where another moderator was faster."""
    try:
        note = await decision
    except BadInput as late:
        note = late.sentence
    await show_review(press, number + 1, note)


VERBS: Final[dict[str, Verb]] = {"prompts": show_page, "accept": accept, "decline": decline, "skip": skip}


class PromptButton(
    PersistentButton,
    template=rf"at1:(?P<verb>{'|'.join(VERBS)}):(?P<number>\d{{1,9}})(?::(?P<level>{'|'.join(Level)}))?",
):
    """Turns to a page, or carries a moderator's decision about the proposal of that number."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await acknowledge_in_place(press)
        level = Level(said["level"]) if said["level"] else None
        await VERBS[said["verb"]](press, int(said["number"]), level)


def _turning(page: Page) -> ui.View | None:
    """Buttons for the page before and the page after; None where there is only one page."""
    if page.pages == 1:
        return None
    view = ui.View(timeout=None)
    for label, number in (("Previous", page.number - 1), ("Next", page.number + 1)):
        disabled = not 1 <= number <= page.pages
        view.add_item(ui.Button(label=label, custom_id=_id("prompts", number, page.level), disabled=disabled))
    view.stop()
    return view


def _deciding(review: ProposalReview) -> ui.View | None:
    """The buttons of a decision: one for each level, the proposed one highlighted; None where no proposal waits."""
    if review.proposal is None:
        return None
    view, number = ui.View(timeout=None), review.proposal.number
    for level in Level:
        style = _STYLE.success if level is review.proposal.level else _STYLE.secondary
        view.add_item(ui.Button(label=level.capitalize(), custom_id=_id("accept", number, level), style=style, row=0))
    view.add_item(ui.Button(label="Decline", custom_id=_id("decline", number), style=_STYLE.danger, row=1))
    if review.others:
        view.add_item(ui.Button(label="Skip", custom_id=_id("skip", number), row=1))
    view.stop()
    return view


def _id(verb: str, number: int, level: Level | None = None) -> str:
    return f"at1:{verb}:{number}:{level}" if level else f"at1:{verb}:{number}"
