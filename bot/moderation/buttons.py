"""Reporting a turn: the form a member fills in, and the buttons a moderator decides with."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.delivery.editor import UPLOAD_MAX
from bot.interactions.buttons import PersistentButton
from bot.interactions.checks import server_of
from bot.interactions.errors import explain
from bot.interactions.replies import Press, acknowledge, say
from bot.interactions.rights import is_moderator
from bot.moderation import messages
from bot.ui.posts import Attachment, extension
from telephone.concurrency import off_loop
from telephone.domain.battles import Battle
from telephone.domain.games import Game, Kind, StepKey
from telephone.errors import BadInput
from telephone.media.anonymise import alike
from telephone.media.images import fit
from telephone.moderation import REASONS, Reported

_WAIT: Final = 5.0
"""How long an answer waits for the message to be edited, in seconds, before it says that it is not."""
Verb = Callable[[Press, str, StepKey], Awaitable[None]]


class _Form(ui.Modal):
    """The base of both forms: it asks for the reason."""

    def __init__(self, title: str) -> None:
        super().__init__(title=title)
        self._reason = _choice("reason", REASONS)

    def _ask_why(self) -> None:
        self.add_item(ui.Label(text=messages.REPORT_ASKS, description=messages.REPORT_MEANS, component=self._reason))

    async def _report(self, press: Press, game_id: str, key: StepKey) -> None:
        reason = self._reason.value or ""
        moderation, server = press.client.app.moderation, server_of(press)
        await moderation.report(game_id, key, by=press.user.id, reason=reason, server=server)
        await say(press, messages.REPORTED)
        if not await moderation.follows(game_id, key, _WAIT):
            await say(press, messages.NOT_HIDDEN_YET)

    async def on_error(  # type: ignore[override]  # a modal's differs from a view's in discord.py itself
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        await explain(interaction, error)


class ReportForm(_Form):
    """The form to report a step of a game."""

    def __init__(self, game: Game, key: StepKey) -> None:
        super().__init__(messages.report_title(game, key))
        self._game_id, self._key = game.id, key
        self._ask_why()

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        await acknowledge(interaction)
        await self._report(interaction, self._game_id, self._key)


class RoundForm(_Form):
    """The form to report one side's picture or caption in a battle's turn; it names no game."""

    def __init__(self, battle: Battle, turn: int) -> None:
        super().__init__(messages.round_title(battle, turn))
        self._battle, self._turn = battle, turn
        self._part = _choice("part", messages.round_parts(battle, turn))
        self.add_item(ui.Label(text=messages.ROUND_ASKS, component=self._part))
        self._ask_why()

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        await acknowledge(interaction)
        letter, _, kind = (self._part.value or "").partition("-")
        sides = {side.choice.value: side for side in self._battle.sides_at(self._turn)}
        if letter not in sides or kind not in tuple(Kind):
            raise BadInput("Please choose one of the sides.")
        await self._report(interaction, sides[letter].game.id, StepKey(self._turn, Kind(kind)))


def _choice(name: str, words: Mapping[str, str]) -> ui.RadioGroup[Any]:
    options = [discord.RadioGroupOption(label=text, value=value) for value, text in words.items()]
    return ui.RadioGroup(custom_id=name, options=options)


async def look(press: Press, game_id: str, key: StepKey) -> None:
    """Shows a reported step to a moderator alone."""
    moderation = press.client.app.moderation
    game, step, image = await moderation.look(
        game_id, key, is_moderator=await is_moderator(press), server=server_of(press)
    )
    battle = await moderation.battle_of(game)
    words = messages.reported_words(game, step, battle)
    if image is None:
        await say(press, words)
        return
    fitted = await off_loop(fit, image, UPLOAD_MAX) if battle is None else await off_loop(alike, image)
    name = f"SPOILER_turn-{key.turn:02}.{extension(fitted)}"
    await say(press, words, file=Attachment(name, fitted.data, "The reported picture"))


async def show_again(press: Press, game_id: str, key: StepKey) -> None:
    moderation = press.client.app.moderation
    game = await moderation.show_again(
        game_id, key, by=press.user.id, is_moderator=await is_moderator(press), server=server_of(press)
    )
    await say(press, messages.shown_again(game, key, await moderation.battle_of(game)))
    if not await moderation.follows(game_id, key, _WAIT):
        await say(press, messages.NOT_SHOWN_YET)


async def void(press: Press, game_id: str, key: StepKey) -> None:
    moderation = press.client.app.moderation
    server = server_of(press)
    battle = await moderation.battle_of(await press.client.app.games.get(game_id, server=server))
    game = await moderation.void(game_id, by=press.user.id, is_moderator=await is_moderator(press), server=server)
    await say(press, messages.voided(game, battle))


VERBS: Final[dict[str, tuple[str, Verb, discord.ButtonStyle]]] = {
    "look": ("Look at {step}", look, discord.ButtonStyle.secondary),
    "show": ("Show {step} again", show_again, discord.ButtonStyle.secondary),
    "void": ("Void {game}", void, discord.ButtonStyle.danger),
}


class ReportButton(
    PersistentButton,
    template=rf"at1r:(?P<verb>{'|'.join(VERBS)}):(?P<game>[\w-]{{1,64}}):(?P<step>[1-9]\d?[pc])",
):
    """The persistent button of a moderator's decision on one step."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await acknowledge(press)
        game_id = await press.client.app.moderation.named(said["game"], server=server_of(press))
        await VERBS[said["verb"]][1](press, game_id, StepKey.parse(said["step"]))


def buttons(waiting: Sequence[Reported]) -> ui.View | None:
    """Three buttons for each reported turn, None where nothing waits."""
    view = ui.View(timeout=None)
    for row, one in enumerate(waiting[: messages.REPORTS_MAX]):
        for verb, (label, _, style) in VERBS.items():
            step, game = messages.step_name(one.game, one.key, one.battle), messages.game_name(one.game, one.battle)
            words = label.format(step=step, game=game)
            custom_id = f"at1r:{verb}:{messages.button_name(one.game, one.battle)}:{one.key}"
            view.add_item(ui.Button(label=words, custom_id=custom_id, style=style, row=row))
    view.stop()
    return view if waiting else None
