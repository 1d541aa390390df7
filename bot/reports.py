"""Reporting a turn: the form a member fills in, and the buttons a moderator decides with."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import discord
from discord import ui

from bot import rulings
from bot.answers import Press, acknowledge, say
from bot.asking import is_host
from bot.errors import explain
from bot.posted import UPLOAD_MAX
from bot.render import Attachment, extension
from telephone.cpu import off_loop
from telephone.game import Game, StepKey
from telephone.media.images import fit
from telephone.moderation import REASONS, Reported

Verb = Callable[[Press, str, StepKey], Awaitable[None]]


class ReportForm(ui.Modal):
    """Why a turn should not be seen."""

    def __init__(self, game: Game, key: StepKey) -> None:
        super().__init__(title=rulings.report_title(game, key))
        self._game_id, self._key = game.id, key
        options = [discord.RadioGroupOption(label=words, value=name) for name, words in REASONS.items()]
        self._reason: ui.RadioGroup[Any] = ui.RadioGroup(custom_id="reason", options=options)
        self.add_item(ui.Label(text=rulings.REPORT_ASKS, description=rulings.REPORT_MEANS, component=self._reason))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        await acknowledge(interaction)
        moderation = interaction.client.service.moderation
        reason = self._reason.value or ""
        await moderation.report(self._game_id, self._key, by=interaction.user.id, reason=reason)
        await say(interaction, rulings.REPORTED)

    async def on_error(  # type: ignore[override]  # a modal's differs from a view's in discord.py itself
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        await explain(interaction, error)


async def look(press: Press, game_id: str, key: StepKey) -> None:
    """Shows a moderator, and nobody else, what was reported."""
    game, step, image = await press.client.service.moderation.look(game_id, key, is_moderator=is_host(press))
    if image is None:
        await say(press, rulings.reported_words(game, step))
        return
    fitted = await off_loop(fit, image, UPLOAD_MAX)
    name = f"SPOILER_turn-{key.turn:02}.{extension(fitted)}"
    await say(press, rulings.reported_words(game, step), file=Attachment(name, fitted.data, "The reported picture"))


async def show_again(press: Press, game_id: str, key: StepKey) -> None:
    moderation = press.client.service.moderation
    game = await moderation.show_again(game_id, key, by=press.user.id, is_moderator=is_host(press))
    await say(press, rulings.shown_again(game, key))


async def void(press: Press, game_id: str, key: StepKey) -> None:
    game = await press.client.service.moderation.void(game_id, by=press.user.id, is_moderator=is_host(press))
    await say(press, rulings.voided(game))


VERBS: Final[dict[str, tuple[str, Verb, discord.ButtonStyle]]] = {
    "look": ("Look at {step}", look, discord.ButtonStyle.secondary),
    "show": ("Show {step} again", show_again, discord.ButtonStyle.secondary),
    "void": ("Void game {game}", void, discord.ButtonStyle.danger),
}


class ReportButton(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"at1r:(?P<verb>{'|'.join(VERBS)}):(?P<game>[\w-]{{1,64}}):(?P<step>[1-9]\d?[pc])",
):
    """A moderator's decision on one turn: it works after any restart."""

    def __init__(self, button: ui.Button[Any], verb: str, game_id: str, key: StepKey) -> None:
        super().__init__(button)
        self.verb, self.game_id, self.key = verb, game_id, key

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> "ReportButton":
        button: ui.Button[Any] = ui.Button(custom_id=match[0])
        own = item if isinstance(item, ui.Button) else button
        return cls(own, match["verb"], match["game"], StepKey.parse(match["step"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            await acknowledge(interaction)
            await VERBS[self.verb][1](interaction, self.game_id, self.key)
        except Exception as error:
            await explain(interaction, error)


def buttons(waiting: Sequence[Reported]) -> ui.View | None:
    """Three buttons for each reported turn, None where nothing waits."""
    view = ui.View(timeout=None)
    for row, one in enumerate(waiting[: rulings.REPORTS_MAX]):
        for verb, (label, _, style) in VERBS.items():
            words = label.format(step=rulings.step_name(one.game, one.key), game=f"#{one.game.number}")
            custom_id = f"at1r:{verb}:{one.game.id}:{one.key}"
            view.add_item(ui.Button(label=words, custom_id=custom_id, style=style, row=row))
    view.stop()
    return view if waiting else None
