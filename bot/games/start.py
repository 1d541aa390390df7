"""Starts a game, or offers another model where one of its two is retired."""

from dataclasses import replace
from typing import Any

import discord
from discord import ui

from bot.games.buttons import show_start
from bot.interactions.errors import explain
from bot.interactions.replies import Press, acknowledge, say
from bot.ui.text import LABEL_MAX, escape, shorten
from telephone.app import App
from telephone.domain.interactions import key_of
from telephone.errors import Retired
from telephone.games.admission import StartRequest

_OFFER_S = 600.0
"""How long an offer can be taken, in seconds; the interaction's token expires after 15 minutes."""


async def begin(press: Press, asked: StartRequest) -> None:
    """Starts a game and says where it is. A retired model's replacement is offered, never taken silently."""
    try:
        game = await press.client.app.games.start(asked)
    except Retired as retired:
        instead = _instead(press.client.app, asked, retired)
        if instead is None or retired.replacement is None:
            raise
        await say(press, escape(retired.sentence), view=Offer(instead, retired.replacement))
        return
    await show_start(press, game)


class Offer(ui.View):
    """One button that starts the same game with another model."""

    def __init__(self, instead: StartRequest, name: str) -> None:
        super().__init__(timeout=_OFFER_S)
        self._instead = instead
        button: ui.Button[Any] = ui.Button(
            label=shorten(f"Play with {name}", LABEL_MAX), style=discord.ButtonStyle.primary
        )
        button.callback = self._play  # type: ignore[assignment,method-assign]
        self.add_item(button)

    async def _play(self, press: Press) -> None:
        try:
            await acknowledge(press)
            self.stop()
            await begin(press, replace(self._instead, key=key_of(press.id)))
        except Exception as error:
            await explain(press, error)


def _instead(app: App, asked: StartRequest, retired: Retired) -> StartRequest | None:
    """The request with the replacement in the retired model's place; None where that cannot play either."""
    if retired.replacement in {choice.name for choice in app.models.choices("t2i") if choice.ready}:
        return replace(asked, t2i=retired.replacement)
    if retired.replacement in {choice.name for choice in app.models.choices("i2t") if choice.ready}:
        return replace(asked, i2t=retired.replacement)
    return None
