"""Members' turns on Discord: the buttons of invitations and claims, and the forms that answer them."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bot.delivery.editor import UPLOAD_MAX
from bot.interactions.buttons import PersistentButton
from bot.interactions.checks import is_host, server_of
from bot.interactions.forms import filled
from bot.interactions.replies import Press, acknowledge, say
from bot.turns import messages
from bot.turns.messages import VERBS as NAMES
from bot.turns.uploads import uploaded_file
from bot.ui.text import escape
from telephone.concurrency import off_loop
from telephone.domain.games import Image, Kind, StepKey
from telephone.domain.refusals import LATE, TurnLate
from telephone.games.turn_service import ClaimedTurn
from telephone.media.images import fit

Verb = Callable[[Press, str, StepKey], Awaitable[None]]
FORM: Final = re.compile(r"at1f:(?P<game>[\w-]{1,64}):(?P<step>[1-9]\d?[pc]):(?P<member>\d{1,20})")


async def take(press: Press, game_id: str, key: StepKey) -> None:
    """Claims a turn and shows it to this member alone."""
    await acknowledge(press)
    turns, server = press.client.app.turns, server_of(press)
    turn = await turns.claim(game_id, key, press.user.id, token=press.token, server=server)
    words, view, file = messages.claimed(await fitted(turn), press.client.drawing_link(turn))
    await say(press, words, view=view, file=file)


async def let_ai_play(press: Press, game_id: str, key: StepKey) -> None:
    await acknowledge(press)
    turns = press.client.app.turns
    seat = await turns.let_ai_play(game_id, key, by=press.user.id, is_host=is_host(press), server=server_of(press))
    await say(press, messages.stood_in(seat))


async def write(press: Press, game_id: str, key: StepKey) -> None:
    await press.client.app.turns.check_held(game_id, key, press.user.id, server=server_of(press))
    await press.response.send_modal(messages.caption_form(game_id, key, press.user.id))


async def upload(press: Press, game_id: str, key: StepKey) -> None:
    await press.client.app.turns.check_held(game_id, key, press.user.id, server=server_of(press))
    await press.response.send_modal(messages.upload_form(game_id, key, press.user.id))


async def give_back(press: Press, game_id: str, key: StepKey) -> None:
    await acknowledge(press)
    await press.client.app.turns.give_back(game_id, key, press.user.id, server=server_of(press))
    await say(press, messages.given_back(key))


VERBS: Final[dict[str, Verb]] = dict(zip(NAMES, (take, let_ai_play, write, upload, give_back), strict=True))


class TurnButton(
    PersistentButton,
    template=rf"at1t:(?P<verb>{'|'.join(NAMES)}):(?P<game>[\w-]{{1,64}}):(?P<step>[1-9]\d?[pc])",
):
    """Any persistent button of a member's turn."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await VERBS[said["verb"]](press, said["game"], StepKey.parse(said["step"]))


async def play(press: Press, form: re.Match[str], data: Mapping[str, Any]) -> None:
    """Plays a turn with what its member sent with the form; an answer that came too late is given back."""
    game_id, key = form["game"], StepKey.parse(form["step"])
    turns, server, text, file = press.client.app.turns, server_of(press), None, None
    await turns.check_here(game_id, server)
    try:
        if key.kind is Kind.CAPTION:
            text = filled(data, "caption")
            await turns.caption(game_id, key, press.user.id, text, server=server)
        else:
            file = await uploaded_file(data, "drawing", press.client.http.get_from_cdn)
            await turns.drawing(game_id, key, press.user.id, file.data, server=server)
    except TurnLate:
        await say(press, messages.returned(escape(LATE), text), file=file)
        return
    await say(press, messages.played(key))


async def fitted(turn: ClaimedTurn) -> ClaimedTurn:
    """The turn with its picture in a size that Discord accepts."""
    picture: Image | None = turn.picture
    return turn if picture is None else replace(turn, picture=await off_loop(fit, picture, UPLOAD_MAX))
