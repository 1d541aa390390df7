"""Parties as messages. Pure: domain values go in; content, components and files come out.

Before the reveal no message shows what anybody drew, wrote or brought; no message ever shows who did.
"""

from datetime import datetime
from typing import Any, Final

import discord
from discord import ui

from bot.ui import wording
from bot.ui.posts import Attachment, Post, address, clock, embedder_name, layout, span
from bot.ui.text import escape, excerpt
from telephone.domain.games import PROMPT_MIN, Game, GameState, Kind, Prompt
from telephone.domain.human_turns import SeatState
from telephone.domain.messages import PartyMessage
from telephone.domain.parties import GUESTS_MIN, Award, Awards, Party, PartyState, key_of_round

PROMPT_LONGEST: Final = 1_000
VERBS: Final = ("join", "leave", "begin", "bring", "draw", "turn", "stop", "stop-yes", "keep")
_COLOURS: Final = {  # Okabe and Ito's, as those of games
    PartyState.JOINING: 0xCC79A7,
    PartyState.PROMPTS: 0xCC79A7,
    PartyState.PLAYING: 0x0072B2,
    PartyState.REVEALING: 0xE69F00,
    PartyState.FINISHED: 0x009E73,
    PartyState.STOPPED: 0x999999,
}
_DO: Final = {Kind.PICTURE: "draw", Kind.CAPTION: "describe"}
_SHOWN: Final = {Kind.PICTURE: "words to draw", Kind.CAPTION: "a picture to describe"}
_ABOUT: Final = (
    "Everybody brings a prompt, and all of them go round at once: one draws it, the next says what they see, "
    "the next draws that. At the end every album is revealed."
)
_GIST: Final = 60
_PRIMARY, _SECONDARY = discord.ButtonStyle.primary, discord.ButtonStyle.secondary
Button = ui.Button[ui.LayoutView]


def custom_id(verb: str, party_id: str) -> str:
    """The id of a persistent button of a party."""
    return f"at1p:{verb}:{party_id}"


def form_id(party_id: str, member_id: int) -> str:
    """The id of the form for a prompt: it names the party, so that the form works after a restart."""
    return f"at1pf:{party_id}:{member_id}"


def thread_name(party: Party) -> str:
    return f"Party {party.number}"


def card(party: Party, *, held_up: bool = False) -> Post:
    """The card in the channel: where members join, and how far the party is. `held_up`: by an outage of ours."""
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### Party {party.number}{_title(party)}")]
    parts.append(ui.TextDisplay("\n".join(filter(None, (_line(party), wording.HELD_UP if held_up else "")))))
    if buttons := _card_buttons(party):
        parts.append(ui.ActionRow(*buttons))
    return Post(view=layout(parts, _COLOURS[party.state]))


def call(party: Party, message: PartyMessage) -> Post:
    """What members are to do now, in the thread; edited until that part of the party is over."""
    return _prompts(party) if message.number is None else _round(party, message.number)


def heading(party: Party, album: int) -> Post:
    """The heading of an album in the thread."""
    game = next((one.game for one in party.albums if one.chair + 1 == album), None)
    early = "" if game is None or game.state is not GameState.FAILED else f"\nIt ended early. {_reason(game)}"
    number = "" if game is None else f", game #{game.number}"
    return Post(f"### Album {album} of {party.chairs}{number}{early}")


def replay(party: Party, game: Game, file: Attachment) -> Post:
    """An album as one moving picture."""
    number = next((album.chair + 1 for album in party.albums if album.game.id == game.id), 0)
    return Post(f"**Replay** of album {number}", files=(file,))


def ended(party: Party, awards: Awards) -> Post:
    """How far every caption of every album drifted, and the awards."""
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### Awards of party {party.number}")]
    parts += [ui.TextDisplay("\n".join(lines)) for lines in (_awarded(party, awards), _measured(awards)) if lines]
    return Post(view=layout(parts, _COLOURS[PartyState.FINISHED]))


def prompt_form(party_id: str, member_id: int) -> ui.Modal:
    """The form for a prompt; its id says all that its handler needs."""
    form = ui.Modal(title="What your album begins with", custom_id=form_id(party_id, member_id))
    words: ui.TextInput[Any] = ui.TextInput(
        custom_id="prompt",
        style=discord.TextStyle.paragraph,
        min_length=PROMPT_MIN,
        max_length=PROMPT_LONGEST,
        placeholder="a fox mends an old clock",
    )
    form.add_item(
        ui.Label(text="Your prompt", description="A scene that can be drawn, in a sentence.", component=words)
    )
    form.stop()
    return form


def started(party: Party) -> str:
    """The answer to the start of a party: what is to be done for it to begin."""
    if party.state.is_final:
        return f"Party {party.number}: {excerpt(party.reason or 'it has ended.', 500)}"
    return f"Party {party.number} is open, and you are in; it needs {GUESTS_MIN} members. Who presses Join is in too."


def joined(party: Party) -> str:
    return f"You are in; {_count(party)}. When the party begins, its thread on this card says what to do."


def left(party: Party) -> str:
    if party.state in (PartyState.JOINING, PartyState.PROMPTS):
        return f"You are out of party {party.number}."
    return f"You left party {party.number}; a model takes your turns. The reveal is in the thread."


def called(party: Party) -> str:
    return f"Party {party.number} begins with {len(party.guests)} members; its thread is about to open."


def brought(prompt: Prompt) -> str:
    """The receipt for a prompt, shown to its author alone."""
    return f"Your album begins with this; you can change it until everybody's is in:\n> {excerpt(prompt.text, 1_500)}"


def stop_question(party: Party) -> str:
    return f"Stop party {party.number}? What was played so far is not shown, and nothing of it counts."


def stopped(party: Party) -> str:
    return f"Party {party.number} is stopped."


def kept(party: Party) -> str:
    return f"Party {party.number} goes on."


def standing(party: Party) -> str:
    """A party's line in `/telephone status`."""
    where = f" in <#{party.thread_id}>" if party.thread_id is not None else ""
    return f"- Party {party.number}{where}{_title(party)}"


def _title(party: Party) -> str:
    titles = {
        PartyState.JOINING: ": who joins in?",
        PartyState.PROMPTS: ": prompts are collected",
        PartyState.PLAYING: f": round {max(party.round, 1)} of {party.rounds}",
        PartyState.REVEALING: ": the reveal",
        PartyState.FINISHED: " is over",
        PartyState.STOPPED: " ended early",
    }
    return titles[party.state]


def _line(party: Party) -> str:
    match party.state:
        case PartyState.JOINING:
            begins = f"{_count(party)}; it begins {_when(party.due_at)}, or when all are there."
            return f"{_ABOUT}\n{begins} {_rounds(party)} {_stand_ins(party)}"
        case PartyState.PROMPTS:
            return f"{party.brought} of {len(party.guests)} prompts are in. What to do is said in the thread."
        case PartyState.PLAYING:
            kind = key_of_round(max(party.round, 1)).kind
            given = f"Everybody has one thing to {_DO[kind]}, and {span(party.request.seconds)} for it."
            return f"{given} Sealed until the end."
        case PartyState.REVEALING:
            return f"All turns are taken; {_albums(party)} are shown one after the other, in the thread."
        case PartyState.FINISHED:
            return (
                f"{_albums(party).capitalize()} are in the thread, each with its replay and its drift, and the awards."
            )
        case PartyState.STOPPED:
            return excerpt(party.reason or "It was stopped.", 500)


def _prompts(party: Party) -> Post:
    if party.state is not PartyState.PROMPTS:
        return _call(
            "### The prompts are in", _over(party, f"{party.chairs or len(party.guests)} albums go round."), ()
        )
    who = (
        "The member who draws it sees it, and nobody else"
        if _passes_on(party)
        else "You draw it yourself first; nobody else sees it"
    )
    line = (
        f"Type what your album begins with, or have one of the list given to you. {who} before the reveal.\n"
        f"{party.brought} of {len(party.guests)} are in; who has brought none {_when(party.due_at)} is given one."
    )
    return _call(
        "### Bring a prompt",
        line,
        (("Bring a prompt", "bring"), ("Give me one", "draw"), ("Leave", "leave")),
        party,
    )


def _round(party: Party, round_: int) -> Post:
    kind = key_of_round(round_).kind
    title = f"### Round {round_} of {party.rounds}: {_DO[kind]}"
    if party.state is not PartyState.PLAYING or party.round != round_ or party.done == len(party.albums):
        return _call(title, _over(party, f"All turns of this round are taken.{_by_models(party)}"), ())
    line = (
        f"There are {_SHOWN[kind]} for each of you; press the button, and only you see yours.\n"
        f"{party.done} of {len(party.albums)} are done.{_by_models(party)} {_late(party)}"
    )
    return _call(title, line, (("Show me mine", "turn"), ("Leave", "leave")), party)


def _call(title: str, line: str, buttons: tuple[tuple[str, str], ...], party: Party | None = None) -> Post:
    parts: list[ui.Item[Any]] = [ui.TextDisplay(title), ui.TextDisplay(line)]
    if party is not None and buttons:
        styles = (_PRIMARY, *(_SECONDARY,) * (len(buttons) - 1))
        made = [_button(label, verb, party, style) for (label, verb), style in zip(buttons, styles, strict=True)]
        parts.append(ui.ActionRow(*made))
    return Post(view=layout(parts, 0xCC79A7 if party is not None else 0x999999))


def _over(party: Party, line: str) -> str:
    return "The party ended before." if party.state is PartyState.STOPPED else line


def _passes_on(party: Party) -> bool:
    """Whether every prompt is drawn by another member than its author."""
    return (party.request.rounds or len(party.guests)) < len(party.guests) or len(party.guests) % 2 == 1


def _by_models(party: Party) -> str:
    count = sum(album.seat is not None and album.seat.state is SeatState.STOOD_IN for album in party.albums)
    return f" A model plays {count} of them." if count else ""


def _late(party: Party) -> str:
    ends = next((album.seat.deadline for album in party.albums if album.seat is not None), None)
    stand_in = party.request.t2i if key_of_round(max(party.round, 1)).kind is Kind.PICTURE else party.request.i2t
    return f"Who is not done {_when(ends)} has left, and {escape(stand_in)} plays for them."


def _when(moment: datetime | None) -> str:
    return "soon" if moment is None else f"by {clock(moment)}"


def _count(party: Party) -> str:
    count, most = len(party.guests), party.request.players
    return f"{count} of {most} places {'is' if count == 1 else 'are'} taken"


def _rounds(party: Party) -> str:
    rounds = party.request.rounds
    return (
        "As many rounds as members."
        if rounds is None
        else f"Up to {rounds} rounds, {span(party.request.seconds)} each."
    )


def _stand_ins(party: Party) -> str:
    return f"For who leaves, {escape(party.request.t2i)} draws and {escape(party.request.i2t)} describes."


def _albums(party: Party) -> str:
    return f"{len(party.albums)} albums"


def _reason(game: Game) -> str:
    return excerpt(game.reason, 300) if game.reason else ""


def _awarded(party: Party, awards: Awards) -> list[str]:
    if awards.furthest is None or awards.faithful is None:
        if any(None in far for far in awards.distances.values()):
            return ["Too few albums end in words that can be measured, so nothing is awarded this time."]
        return ["The albums could not all be measured with the same scale, so nothing is awarded this time."]
    if awards.all_tie:
        return [f"All albums went equally far, {awards.furthest.distance:.2f}: everybody wins."]
    return [
        _award("Furthest from home", party, awards.furthest),
        _award("Most faithful", party, awards.faithful),
    ]


def _award(title: str, party: Party, award: Award) -> str:
    if len(award.albums) > 1:
        shared = " and ".join(filter(None, (", ".join(map(str, award.albums[:-1])), str(award.albums[-1]))))
        return f"**{title}**: a tie of albums {shared}, each at {award.distance:.2f}."
    [number] = award.albums
    return f"**{title}**: album {number}, at {award.distance:.2f}. {_gist(party, number)}".rstrip()


def _gist(party: Party, number: int) -> str:
    game = next((album.game.shown for album in party.albums if album.chair + 1 == number), None)
    last = game.last_caption if game is not None else None
    if game is None or last is None or not last.text:
        return ""
    return f"From “{excerpt(game.request.prompt.text, _GIST)}” to “{excerpt(last.text, _GIST)}”."


def _measured(awards: Awards) -> list[str]:
    if not awards.distances:
        return []
    how = f"A party counts on no board. How far each caption was from its prompt ({_scale(awards)}):"
    rows = [f"- Album {album}: {', '.join(map(_figure, far))}" for album, far in awards.distances.items()]
    lacks = any(None in far for far in awards.distances.values())
    return [how, *rows, *([f"–: {embedder_name(awards.embedder)} cannot read these words."] if lacks else [])]


def _figure(distance: float | None) -> str:
    return "–" if distance is None else f"{distance:.2f}"


def _scale(awards: Awards) -> str:
    return f"{embedder_name(awards.embedder)}; cosine distance"


def _card_buttons(party: Party) -> list[Button]:
    buttons: list[Button] = []
    if party.state is PartyState.JOINING:
        buttons += [_button("Join", "join", party, _PRIMARY), _button("Leave", "leave", party)]
        if len(party.guests) >= GUESTS_MIN:
            buttons.append(_button("Begin now", "begin", party))
    if party.thread_id is not None:
        buttons.append(ui.Button(label="Open thread", url=address(party.request.guild_id, party.thread_id)))
    if not party.state.is_final:
        buttons.append(_button("Stop", "stop", party))
    return buttons


def _button(label: str, verb: str, party: Party, style: discord.ButtonStyle = _SECONDARY) -> Button:
    return ui.Button(label=label, custom_id=custom_id(verb, party.id), style=style)
