"""Games as messages. Pure: domain values go in; content, components and files come out.

The words of every post are here and in panels.py, so that translations have one place to begin.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import discord
from discord import ui

from bot.money import spent
from bot.text import ALT_MAX, escape, excerpt, plain, quote, shorten
from telephone.game import HUMAN, Game, GameState, Image, Kind, Prompt, Step
from telephone.guess import Question, questions
from telephone.seat import Seat
from telephone.stage import Summary
from telephone.yardstick import told

TOO_LARGE: Final = "The picture was too large for this server, so this is a smaller copy."
LONG_CAPTION: Final = "This caption is long; the whole text is in the file."
ERASED: Final = "Deleted by who made it."
HIDDEN: Final = "Hidden after a report to this server's moderators."
VOIDED: Final = "A moderator voided this game after a report; it is not counted."
LONG_PROMPT: Final = "This prompt is long; the whole text is in the file."

COLOURS: Final = {  # Okabe and Ito's, told apart by everybody; the heading says the same in words
    GameState.QUEUED: 0x999999,
    GameState.PLAYING: 0x0072B2,
    GameState.WAITING: 0xCC79A7,
    GameState.PAUSED: 0xE69F00,
    GameState.FINISHED: 0x009E73,
    GameState.STOPPED: 0x999999,
    GameState.FAILED: 0xD55E00,
}
_EXTENSIONS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
WHAT: Final = {Kind.PICTURE: "picture", Kind.CAPTION: "caption"}
QUESTIONS: Final = {Question.HUMAN: "Which step was human?", Question.LOST: "Where was the subject lost?"}
_GIST: Final = 60


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; `alt` describes a picture to those who cannot see it."""

    name: str
    data: bytes
    alt: str | None = None

    def file(self) -> discord.File:
        """A fresh file to send; one is used up by sending it."""
        return discord.File(io.BytesIO(self.data), self.name, description=self.alt)


@dataclass(frozen=True, slots=True)
class Post:
    """One message: classic with `content`, or Components V2 with `view`, never both."""

    content: str | None = None
    view: ui.LayoutView | None = None
    files: tuple[Attachment, ...] = ()

    @property
    def words(self) -> str:
        """All that can be read on it, without the spaces at its ends."""
        items = self.view.walk_children() if self.view else ()
        displays = [item.content for item in items if isinstance(item, ui.TextDisplay)]
        return "\n".join([self.content, *displays] if self.content else displays).strip()

    @property
    def stems(self) -> tuple[str, ...]:
        """Its files' names without their endings, which a smaller copy changes."""
        return tuple(sorted(file.name.rpartition(".")[0] for file in self.files))


def custom_id(verb: str, game_id: str) -> str:
    """What a persistent button carries, so that it works after any restart."""
    return f"at1:{verb}:{game_id}"


def jump(game: Game, channel_id: int, message_id: int | None = None) -> str:
    """The address of a channel, a thread or a message of the game's server."""
    return address(game.request.guild_id, channel_id, message_id)


def address(guild_id: int, channel_id: int, message_id: int | None = None) -> str:
    """The address of a channel, a thread or a message."""
    base = f"https://discord.com/channels/{guild_id}/{channel_id}"
    return base if message_id is None else f"{base}/{message_id}"


def thread_name(game: Game) -> str:
    """`#128 dalle2 × blip`: never the prompt, which anybody may read in the channel's list."""
    return shorten(f"#{game.number} {game.pair}", 100)


def opening(game: Game) -> Post:
    """The prompt, as the thread's first message."""
    return opening_of(game.request.prompt)


def opening_of(prompt: Prompt) -> Post:
    """A prompt, as the first message of what is played from it."""
    origin = f" {escape(prompt.slug)}" if prompt.slug else ""
    text, whole = quote(prompt.text)
    content = f"**The prompt**{origin}"
    if whole:
        return Post(f"{content}\n{text}")
    return Post(f"{content}. {LONG_PROMPT}\n{text}", files=(Attachment("prompt.txt", prompt.text.encode()),))


def step(game: Game, played: Step, image: Image | None = None, smaller: bool = False) -> Post:
    """A picture with its alt text, or a caption as a quotation. `smaller` says that the picture was made to fit.

    Who took it is said, except where that is what spectators guess.
    """
    what = WHAT[played.key.kind]
    whose = "" if game.keeps_human_step else f" by {by(game, played)}"
    content = f"**Turn {played.key.turn} of {game.request.turns}, {what}**{whose}"
    if played.hidden:
        return Post(f"{content}\n{ERASED if played.erased else HIDDEN}")
    if image is not None:
        alt = shorten(f"Drawn from: {game.text_before(played.key)}", ALT_MAX)
        picture = Attachment(f"turn-{played.key.turn:02}.{extension(image)}", image.data, alt)
        return Post(f"{content}\n{TOO_LARGE}" if smaller else content, files=(picture,))
    text, whole = quote(played.text or "")
    if whole:
        return Post(f"{content}\n{text}")
    file = Attachment(f"caption-{played.key.turn:02}.txt", (played.text or "").encode())
    return Post(f"{content}. {LONG_CAPTION}\n{text}", files=(file,))


def by(game: Game, played: Step) -> str:
    """Who took a step, as its message says it: a stand-in is named as one, a member only by their own wish."""
    if played.key in game.stand_ins:
        return f"{excerpt(played.player, 80)}, stand-in for a member"
    if (member_id := game.named.get(played.key)) is not None:
        return f"<@{member_id}>"
    return who(played.player)


def who(player: str) -> str:
    """A player's name as posts show it: members stay unnamed."""
    return "a member" if player == HUMAN else excerpt(player, 80)


def otherwise(seat: Seat) -> str:
    """What happens where nobody takes a turn."""
    if seat.stand_in is None:
        return f"It stays free until {clock(seat.deadline)}."
    return f"Otherwise {excerpt(seat.stand_in, 80)} plays at {clock(seat.deadline)}."


def span(seconds: float) -> str:
    """A length of time that was set, in words: "10 min", "90 seconds"."""
    if seconds % 60:
        return "1 second" if seconds == 1 else f"{seconds:g} seconds"
    return f"{seconds / 60:g} min"


def clock(moment: datetime) -> str:
    """A time of day, as each reader's own clock shows it."""
    return f"<t:{round(moment.timestamp())}:t>"


def summary(game: Game, shown: Summary) -> Post:
    """First and last picture abreast, the drift chart, the distance, and where to go from here."""
    pictures = first_and_last(game, shown)
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### {_gist(game)}")]
    parts += [gallery(pictures)] if pictures else []
    files = pictures
    if shown.chart is not None and shown.drift is not None:
        chart = Attachment("drift.png", shown.chart, shorten(shown.chart_alt, ALT_MAX))
        parts.append(gallery((chart,)))
        files = (*pictures, chart)
    parts.append(ui.TextDisplay(_summary_line(game, shown)))
    parts.append(ui.ActionRow(*_summary_buttons(game)))
    if asked := questions(game):
        parts.append(ui.ActionRow(*(_question(game, question) for question in asked)))
    return Post(view=layout(parts, COLOURS[GameState.FINISHED]), files=files)


def replay(game: Game, file: Attachment) -> Post:
    """The moving picture of the turns played so far."""
    count = sum(turn.caption is not None for turn in game.turns)
    turns = "1 turn" if count == 1 else f"{count} turns"
    return Post(f"**Replay**, {turns} of {escape(str(game.pair))}", files=(file,))


def extension(image: Image) -> str:
    """The ending of a picture's file name."""
    return _EXTENSIONS.get(image.media_type, "png")


def turn_now(game: Game) -> int:
    """The turn that is being played, or the last one when all are."""
    return game.next_key.turn if game.next_key else game.request.turns


def embedder_name(label: str) -> str:
    """What measured a distance, fit for brackets: `MiniLM (offline)` becomes `MiniLM, offline`."""
    return escape(label.replace(" (", ", ").replace(")", "")) or "unnamed embedder"


def duration(seconds: float) -> str:
    """A time still to wait, in words: "under a minute", "about 3 min"."""
    return "under a minute" if seconds < 45 else f"about {max(1, round(seconds / 60))} min"


def layout(parts: Sequence[ui.Item[Any]], colour: int) -> ui.LayoutView:
    """A message of components, in a box with a coloured edge."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*parts, accent_colour=colour))
    return view


def gallery(pictures: Sequence[Attachment]) -> "ui.MediaGallery[ui.LayoutView]":
    """Pictures that come with the message, abreast."""
    return ui.MediaGallery(
        *(discord.MediaGalleryItem(f"attachment://{picture.name}", description=picture.alt) for picture in pictures)
    )


def one_below_the_other(charts: Sequence[Attachment]) -> "list[ui.MediaGallery[ui.LayoutView]]":
    """A gallery for each chart: of two that stand abreast Discord cuts off the sides."""
    return [gallery((chart,)) for chart in charts]


def uncounted(game: Game) -> str:
    """Why a finished game is on no board, empty where it may be."""
    if game.stand_ins:
        return " A model stood in for a member, so this game is not counted."
    return " A member took one turn of a model, so this game is not counted." if game.request.human_step else ""


def _summary_buttons(game: Game) -> list["ui.Button[ui.LayoutView]"]:
    buttons: list[ui.Button[ui.LayoutView]] = []
    first = game.steps[0].message_id if game.steps else None
    if first is not None and game.place.thread_id is not None:
        buttons.append(ui.Button(label="First turn", url=jump(game, game.place.thread_id, first)))
    buttons.append(button("GIF", "replay", game))
    return buttons if game.is_album else [*buttons, button("Play again", "again", game)]


def _question(game: Game, question: Question) -> "ui.Button[ui.LayoutView]":
    return ui.Button(label=QUESTIONS[question], custom_id=question_id(game.id, question))


def question_id(game_id: str, question: Question) -> str:
    """What the button of a question carries, so that it works after any restart."""
    return f"{custom_id('ask', game_id)}:{question}"


def button(
    label: str, verb: str, game: Game, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> "ui.Button[ui.LayoutView]":
    return ui.Button(label=label, custom_id=custom_id(verb, game.id), style=style)


def first_and_last(game: Game, shown: Summary) -> tuple[Attachment, ...]:
    drawn = [turn.picture for turn in game.turns if turn.picture is not None]
    both = (("first", "First", shown.first, drawn[:1]), ("last", "Last", shown.last, drawn[-1:]))
    return tuple(
        Attachment(
            f"{name}.{extension(image)}",
            image.data,
            shorten(f"{word} picture. Drawn from: {game.text_before(steps[0].key)}" if steps else word, ALT_MAX),
        )
        for name, word, image, steps in both
        if image is not None
    )


def _gist(game: Game) -> str:
    last = game.last_caption
    start = excerpt(game.request.prompt.text, _GIST)
    end = excerpt(last.text, _GIST) if last and last.text and plain(last.text) else "no words"
    return f"#{game.number}: from “{start}” to “{end}”"


def _summary_line(game: Game, shown: Summary) -> str:
    if game.voided:
        return VOIDED
    if shown.drift is None:
        awaited = f" {_awaited(shown)}".rstrip()
        said = "The distance comes later" if awaited else "The distance could not be measured"
        return f"{said}; the game itself is complete.{awaited}{spent(game)}"
    turn, rise = shown.drift.biggest_jump
    how = f"{embedder_name(shown.embedder)}; cosine, prompt to last caption"
    far = f"Distance {shown.drift.final_distance:.2f} ({how})."
    meaning = f" {told(shown.drift.final_distance, shown.bearings)}".rstrip()
    awaited = f" {_awaited(shown)}".rstrip()
    return f"{far}{meaning} Biggest jump: turn {turn}, {rise:+.2f}.{uncounted(game)}{awaited}{spent(game)}"


def _awaited(shown: Summary) -> str:
    return f"{embedder_name(shown.awaited)} is still measuring; its distance will stand here." if shown.awaited else ""
