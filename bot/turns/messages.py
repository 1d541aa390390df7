"""Invitations to take a turn, and answers to the member who takes it. Pure: values go in, messages come out."""

from collections.abc import Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.ui.posts import Attachment, Post, clock, extension, layout, otherwise, span
from bot.ui.text import excerpt, quote
from telephone.domain.games import Game, GameState, Image, Kind, StepKey
from telephone.domain.human_turns import Seat, SeatState
from telephone.games.turn_service import CAPTION_MAX, CAPTION_MIN, ClaimedTurn

VERBS: Final = ("take", "ai", "write", "upload", "back")
_COLOURS: Final = {
    SeatState.OPEN: 0xCC79A7,
    SeatState.CLAIMED: 0xE69F00,
    SeatState.ANSWERED: 0x009E73,
    SeatState.STOOD_IN: 0x999999,
}
_RESTS: Final = {
    GameState.PAUSED: ("the game pauses", "The turn can be taken again when the game goes on."),
    GameState.STOPPED: ("not taken", "The game was stopped before anybody took this turn."),
    GameState.FAILED: ("not taken", "The game ended before anybody took this turn."),
}
"""Title and line of an invitation whose game does not go on."""
_DO: Final = {Kind.PICTURE: "draw a picture", Kind.CAPTION: "write a caption"}
_SEES: Final = {Kind.PICTURE: "reads one caption", Kind.CAPTION: "sees one picture"}


def turn_id(verb: str, game_id: str, key: StepKey) -> str:
    """The id of a persistent button of a member's turn."""
    return f"at1t:{verb}:{game_id}:{key}"


def form_id(game_id: str, key: StepKey, member_id: int) -> str:
    """The id of a form: it names the turn, so that the form works after a restart."""
    return f"at1f:{game_id}:{key}:{member_id}"


def invitation(game: Game, seat: Seat) -> Post:
    """The message in the thread about one member's turn, edited from its opening to its end."""
    free = not seat.state.is_settled
    if free and game.state in _RESTS:
        title, line, colour = *_RESTS[game.state], _COLOURS[SeatState.STOOD_IN]
    else:
        title, line, colour = _title(seat), _line(game, seat), _COLOURS[seat.state]
    which = "A member's turn" if game.keeps_human_step else f"Turn {seat.key.turn}"
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### {which}: {title}"), ui.TextDisplay(line)]
    if seat.state is SeatState.OPEN and game.state not in _RESTS:
        parts.append(ui.ActionRow(*_buttons(game, seat)))
    return Post(view=layout(parts, colour))


def claimed(turn: ClaimedTurn, link: str | None = None) -> tuple[str, ui.View, Attachment | None]:
    """The answer to the member who took a turn: the text to draw or the picture to describe, and buttons to answer.

    A turn that is reserved for one member has no button to give it back, since nobody else may take it. The picture's
    name and alt text tell nothing of its origin. `link` opens the drawing page.
    """
    claim, key = turn.seat.claim, turn.seat.key
    until = f"until {clock(claim.expires_at)}" if claim is not None else "now"
    view = ui.View(timeout=None)
    for verb, label, style in _answers(key.kind):
        view.add_item(ui.Button(label=label, custom_id=turn_id(verb, turn.game.id, key), style=style))
    if link is not None and key.kind is Kind.PICTURE:
        view.add_item(ui.Button(label="Draw in browser", url=link))
    if turn.seat.member_id is None:
        back = turn_id("back", turn.game.id, key)
        view.add_item(ui.Button(label="Give back", custom_id=back, style=discord.ButtonStyle.secondary))
    view.stop()
    if turn.picture is not None:
        words = f"Only you see this; say in a sentence what you see. The turn is yours {until}."
        return words, view, picture_to_describe(turn.picture)
    text, _ = quote(turn.words or "", 1_500)
    return f"Only you see this; draw it. The turn is yours {until}.\n{text}", view, None


def picture_to_describe(image: Image) -> Attachment:
    """A picture whose file name and alt text tell nothing of it."""
    return Attachment(f"picture.{extension(image)}", image.data, "Picture to describe")


def caption_form(game_id: str, key: StepKey, member_id: int) -> ui.Modal:
    """The form for a caption; its id says all that its handler needs."""
    form = ui.Modal(title=f"Turn {key.turn}: your caption", custom_id=form_id(game_id, key, member_id))
    words: ui.TextInput[Any] = ui.TextInput(
        custom_id="caption",
        style=discord.TextStyle.paragraph,
        min_length=CAPTION_MIN,
        max_length=CAPTION_MAX,
        placeholder="Say it in a sentence, in your own words",
    )
    about = f"{CAPTION_MIN} to {CAPTION_MAX} characters; the next picture is drawn from them."
    form.add_item(ui.Label(text="What do you see?", description=about, component=words))
    form.stop()
    return form


def upload_form(game_id: str, key: StepKey, member_id: int) -> ui.Modal:
    """The form for a drawing."""
    form = ui.Modal(title=f"Turn {key.turn}: your picture", custom_id=form_id(game_id, key, member_id))
    upload: ui.FileUpload[Any] = ui.FileUpload(custom_id="drawing", min_values=1, max_values=1)
    form.add_item(
        ui.Label(
            text="Your drawing", description="One PNG, JPEG or WebP, up to 10 MiB and 25 megapixels.", component=upload
        )
    )
    form.stop()
    return form


def half_over(game: Game, seat: Seat) -> str:
    """The reminder to the member who holds a turn."""
    where = f" of game #{game.number}" + (f" in <#{game.place.thread_id}>" if game.place.thread_id else "")
    until = f"; you have until {clock(seat.claim.expires_at)}" if seat.claim is not None else ""
    return f"Half of your time for turn {seat.key.turn}{where} is over{until}."


def played(key: StepKey) -> str:
    return f"Thank you, your {_NAMES[key.kind]} is in; the game goes on."


def returned(sentence: str, text: str | None) -> str:
    """The refusal of an answer that came too late, with its text given back to the author."""
    return sentence if text is None else f"{sentence}\n{quote(text, 1_500)[0]}"


def called(game: Game, key: StepKey, mentions: Sequence[str]) -> str:
    """The message that calls members into a game by mentions."""
    which = "a turn" if game.keeps_human_step else f"turn {key.turn}"
    waits = f"{which} of game #{game.number} waits for one of you to {_DO[key.kind]}"
    return f"{', '.join(mentions)}: {waits}. Its invitation is above."


def called_here(link: str) -> str:
    return f"They are called: {link}"


def given_back(key: StepKey) -> str:
    return f"You gave turn {key.turn} back; anybody who has seen nothing else of this game may take it now."


def stood_in(seat: Seat) -> str:
    return f"{excerpt(seat.stand_in or 'A model', 80)} plays turn {seat.key.turn} now."


_NAMES: Final = {Kind.PICTURE: "picture", Kind.CAPTION: "caption"}


def _title(seat: Seat) -> str:
    name = _NAMES[seat.key.kind]
    titles = {
        SeatState.OPEN: _DO[seat.key.kind],
        SeatState.CLAIMED: f"a member is at the {name}",
        SeatState.ANSWERED: f"the {name} is there",
        SeatState.STOOD_IN: f"a stand-in makes the {name}",
    }
    return titles[seat.state]


def _line(game: Game, seat: Seat) -> str:
    stand_in = excerpt(seat.stand_in or "", 80)
    match seat.state:
        case SeatState.OPEN:
            half = "Half of the time is over. " if seat.half_told else ""
            given = f"{half}First to press gets {span(seat.claim_seconds)} and {_SEES[seat.key.kind]}."
            return f"{given} {otherwise(seat)}{_whose(game)}"
        case SeatState.CLAIMED:
            until = f" They have until {clock(seat.claim.expires_at)}." if seat.claim else ""
            return f"Someone has taken this turn.{until} If they give it back, it is free again here."
        case SeatState.ANSWERED:
            return "A member took this turn." + (" All of it is shown at the end." if game.is_sealed else "")
        case SeatState.STOOD_IN:
            return f"Nobody took this turn, so {stand_in or 'a model'} plays it; the game does not count for members."


def _whose(game: Game) -> str:
    return " Sealed: who has seen one turn of this game may take no other." if game.is_sealed else ""


def _answers(kind: Kind) -> list[tuple[str, str, discord.ButtonStyle]]:
    answers = {Kind.CAPTION: ("write", "Write caption"), Kind.PICTURE: ("upload", "Upload")}
    return [(*answers[kind], discord.ButtonStyle.primary)]


def _buttons(game: Game, seat: Seat) -> "list[ui.Button[ui.LayoutView]]":
    take = turn_id("take", game.id, seat.key)
    buttons: list[ui.Button[ui.LayoutView]] = [
        ui.Button(label="Take this turn", custom_id=take, style=discord.ButtonStyle.primary)
    ]
    if seat.stand_in is not None:
        ai = turn_id("ai", game.id, seat.key)
        buttons.append(ui.Button(label="Let AI play", custom_id=ai, style=discord.ButtonStyle.secondary))
    return buttons
