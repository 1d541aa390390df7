"""Members' turns on Discord: the buttons of invitations and claims, and the forms that answer them.

discord.py forgets its forms at a restart, so these are not remembered at all: a form's id says what it is about.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import discord
from discord import ui

from bot import invitations
from bot.answers import Press, acknowledge, say
from bot.asking import is_host
from bot.errors import explain
from bot.invitations import VERBS as NAMES
from bot.posted import UPLOAD_MAX
from bot.render import Attachment
from bot.text import escape
from telephone.cpu import off_loop
from telephone.errors import BadInput, NotAllowed
from telephone.game import Image, Kind, StepKey
from telephone.media.images import fit
from telephone.refusals import LATE
from telephone.seats import UNREADABLE, Turn
from telephone.seats import UPLOAD_MAX as DRAWING_MAX

Verb = Callable[[Press, str, StepKey], Awaitable[None]]
Use = Callable[[Press, re.Match[str], Mapping[str, Any]], Awaitable[None]]
_FORM: Final = re.compile(r"at1f:(?P<game>[\w-]{1,64}):(?P<step>[1-9]\d?[pc]):(?P<member>\d{1,20})")
OTHERS: Final = "This form is another member's; please take a turn of your own."


async def take(press: Press, game_id: str, key: StepKey) -> None:
    """Takes a turn and shows it to nobody else."""
    await acknowledge(press)
    turn = await press.client.service.seats.claim(game_id, key, press.user.id, token=press.token)
    words, view, file = invitations.claimed(await fitted(turn), press.client.drawing_link(turn))
    await say(press, words, view=view, file=file)


async def let_ai_play(press: Press, game_id: str, key: StepKey) -> None:
    await acknowledge(press)
    seats = press.client.service.seats
    seat = await seats.let_ai_play(game_id, key, by=press.user.id, is_host=is_host(press))
    await say(press, invitations.stood_in(seat))


async def write(press: Press, game_id: str, key: StepKey) -> None:
    await press.client.service.seats.check_held(game_id, key, press.user.id)
    await press.response.send_modal(invitations.caption_form(game_id, key, press.user.id))


async def upload(press: Press, game_id: str, key: StepKey) -> None:
    await press.client.service.seats.check_held(game_id, key, press.user.id)
    await press.response.send_modal(invitations.upload_form(game_id, key, press.user.id))


async def give_back(press: Press, game_id: str, key: StepKey) -> None:
    await acknowledge(press)
    await press.client.service.seats.give_back(game_id, key, press.user.id)
    await say(press, invitations.given_back(key))


VERBS: Final[dict[str, Verb]] = dict(zip(NAMES, (take, let_ai_play, write, upload, give_back), strict=True))


class TurnButton(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"at1t:(?P<verb>{'|'.join(NAMES)}):(?P<game>[\w-]{{1,64}}):(?P<step>[1-9]\d?[pc])",
):
    """Any button of a member's turn: it works after any restart."""

    def __init__(self, button: ui.Button[Any], verb: str, game_id: str, key: StepKey) -> None:
        super().__init__(button)
        self.verb, self.game_id, self.key = verb, game_id, key

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> "TurnButton":
        button: ui.Button[Any] = ui.Button(custom_id=match[0])
        own = item if isinstance(item, ui.Button) else button
        return cls(own, match["verb"], match["game"], StepKey.parse(match["step"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            await VERBS[self.verb](interaction, self.game_id, self.key)
        except Exception as error:
            await explain(interaction, error)


async def answered(press: Press) -> None:
    """Takes what a member filled into one of our forms; other forms, and other presses, are not for here."""
    await take_form(press, _FORM, _play)


async def take_form(press: Press, form: re.Pattern[str], use: Use) -> None:
    """Hands to `use` what a member filled into a form whose id is of this pattern, if it is one, and their own."""
    data: Any = press.data or {}
    match = form.fullmatch(str(data.get("custom_id", "")))
    if press.type is not discord.InteractionType.modal_submit or match is None:
        return
    try:
        await acknowledge(press)
        if int(match["member"]) != press.user.id:
            raise NotAllowed(OTHERS)
        await use(press, match, data)
    except Exception as error:
        await explain(press, error)


async def _play(press: Press, form: re.Match[str], data: Mapping[str, Any]) -> None:
    game_id, key = form["game"], StepKey.parse(form["step"])
    seats, text, file = press.client.service.seats, None, None
    try:
        if key.kind is Kind.CAPTION:
            text = filled(data, "caption")
            await seats.caption(game_id, key, press.user.id, text)
        else:
            file = await _uploaded(press, data)
            await seats.drawing(game_id, key, press.user.id, file.data)
    except NotAllowed as error:
        if error.sentence != LATE:
            raise
        await say(press, invitations.returned(escape(LATE), text), file=file)
        return
    await say(press, invitations.played(key))


def filled(data: Mapping[str, Any], field: str) -> str:
    """What a member typed into a field of a form, empty where they did not."""
    return next((str(part.get("value", "")) for part in _parts(data) if part.get("custom_id") == field), "")


async def _uploaded(press: Press, data: Mapping[str, Any]) -> Attachment:
    """The one file of a form. Raises BadInput where it is none, or too large to be read."""
    sent = data.get("resolved", {}).get("attachments", {})
    ids: list[Any] = next((part.get("values", []) for part in _parts(data) if part.get("custom_id") == "drawing"), [])
    files = [sent[str(one)] for one in ids if str(one) in sent]
    if len(files) != 1 or int(files[0].get("size", 0)) > DRAWING_MAX:
        raise BadInput(UNREADABLE)
    return Attachment(str(files[0]["filename"]), await press.client.http.get_from_cdn(files[0]["url"]))


def _parts(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The fields of a form, out of the labels around them."""
    return [row["component"] for row in data.get("components", []) if "component" in row]


async def fitted(turn: Turn) -> Turn:
    """The turn with its picture in a size that Discord takes."""
    picture: Image | None = turn.picture
    return turn if picture is None else replace(turn, picture=await off_loop(fit, picture, UPLOAD_MAX))
