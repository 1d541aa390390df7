"""Messages, files and the parts they are made of, shared by all features. Pure: values go in, components come out."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import discord
from discord import ui

from bot.ui.text import ALT_MAX, LAYOUT_MAX, cut, escape, excerpt, plain, quote, units
from telephone.domain.games import HUMAN, Game, Image, Kind, Prompt, Step
from telephone.domain.human_turns import Seat

LONG_PROMPT: Final = "This prompt is long; the whole text is in the file."
_EXTENSIONS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
WHAT: Final = {Kind.PICTURE: "picture", Kind.CAPTION: "caption"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; `alt` describes a picture to those who cannot see it, as long as Discord takes.

    `of` names what a picture shows, so that one which stands on a message already is known without its bytes.
    """

    name: str
    data: bytes
    alt: str | None = None
    of: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Its name and what it shows: two files of one key are the same."""
        return self.name, self.of or hashlib.sha256(self.data).hexdigest()

    def __post_init__(self) -> None:
        if self.alt is not None:
            object.__setattr__(self, "alt", cut(self.alt, ALT_MAX))

    def file(self) -> discord.File:
        """A new discord.File, which can be sent once."""
        return discord.File(io.BytesIO(self.data), self.name, description=self.alt)


@dataclass(frozen=True, slots=True)
class Post:
    """One message: classic with `content`, or Components V2 with `view`, never both.

    Text that is too long for Discord is cut, after everything was put before and behind it.
    """

    content: str | None = None
    view: ui.LayoutView | None = None
    files: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        if self.content is not None:
            object.__setattr__(self, "content", cut(self.content))
        if self.view is not None:
            cut_layout(self.view)

    @property
    def words(self) -> str:
        """The text of the message, from content and text displays, stripped."""
        items = self.view.walk_children() if self.view else ()
        displays = [item.content for item in items if isinstance(item, ui.TextDisplay)]
        return "\n".join([self.content, *displays] if self.content else displays).strip()

    @property
    def stems(self) -> tuple[str, ...]:
        """The names of its files, sorted, without their endings, which differ in a smaller copy."""
        return tuple(sorted(file.name.rpartition(".")[0] for file in self.files))


def custom_id(verb: str, game_id: str) -> str:
    """The id of a persistent button of a game."""
    return f"at1:{verb}:{game_id}"


def jump(game: Game, channel_id: int, message_id: int | None = None) -> str:
    """The address of a channel, a thread or a message of the game's server."""
    return address(game.request.guild_id, channel_id, message_id)


def address(guild_id: int, channel_id: int, message_id: int | None = None) -> str:
    """The address of a channel, a thread or a message."""
    base = f"https://discord.com/channels/{guild_id}/{channel_id}"
    return base if message_id is None else f"{base}/{message_id}"


def opening_of(prompt: Prompt) -> Post:
    """A prompt as the first message of a thread."""
    origin = f" {escape(prompt.slug)}" if prompt.slug else ""
    text, whole = quote(prompt.text)
    content = f"**The prompt**{origin}"
    if whole:
        return Post(f"{content}\n{text}")
    return Post(f"{content}. {LONG_PROMPT}\n{text}", files=(Attachment("prompt.txt", prompt.text.encode()),))


def by(game: Game, played: Step) -> str:
    """Who played a step, as its message says it: a stand-in is called one, a member is named only if they chose so."""
    if played.key in game.stand_ins:
        return f"{excerpt(played.player, 80)}, stand-in for a member"
    if (member_id := game.named.get(played.key)) is not None:
        return f"<@{member_id}>"
    return who(played.player)


def who(player: str) -> str:
    """A player's name as posts show it: members stay unnamed."""
    return "a member" if player == HUMAN else excerpt(player, 80)


def otherwise(seat: Seat) -> str:
    """Says what happens if nobody takes a turn."""
    if seat.stand_in is None:
        return f"It stays free until {clock(seat.deadline)}."
    return f"Otherwise {excerpt(seat.stand_in, 80)} plays at {clock(seat.deadline)}."


def span(seconds: float) -> str:
    """A time limit in words: "10 min", "90 seconds"."""
    if seconds % 60:
        return "1 second" if seconds == 1 else f"{seconds:g} seconds"
    return f"{seconds / 60:g} min"


def clock(moment: datetime) -> str:
    """A time of day, as each reader's own clock shows it."""
    return f"<t:{round(moment.timestamp())}:t>"


def extension(image: Image) -> str:
    """The ending of a picture's file name."""
    return _EXTENSIONS.get(image.media_type, "png")


def turn_now(game: Game) -> int:
    """The turn that is being played, or the last one when all are."""
    return game.next_key.turn if game.next_key else game.request.turns


def embedder_name(label: str) -> str:
    """An embedder's label without brackets: `MiniLM (offline)` becomes `MiniLM, offline`."""
    return escape(label.replace(" (", ", ").replace(")", "")) or "unnamed embedder"


def duration(seconds: float) -> str:
    """A time still to wait, in words: "under a minute", "about 3 min"."""
    return "under a minute" if seconds < 45 else f"about {max(1, round(seconds / 60))} min"


def cut_layout(view: ui.LayoutView) -> None:
    """Shortens the longest texts of a message of components until all of them fit together."""
    displays = [item for item in view.walk_children() if isinstance(item, ui.TextDisplay)]
    while (over := sum(units(display.content) for display in displays) - LAYOUT_MAX) > 0:
        longest = max(displays, key=lambda display: units(display.content))
        longest.content = cut(longest.content, max(units(longest.content) - over, 1))


def layout(parts: Sequence[ui.Item[Any]], colour: int) -> ui.LayoutView:
    """A message of components, in a box with a coloured edge."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*parts, accent_colour=colour))
    return view


def gallery(pictures: Sequence[Attachment]) -> "ui.MediaGallery[ui.LayoutView]":
    """A gallery of pictures attached to the message, side by side."""
    return ui.MediaGallery(
        *(discord.MediaGalleryItem(f"attachment://{picture.name}", description=picture.alt) for picture in pictures)
    )


def one_below_the_other(charts: Sequence[Attachment]) -> "list[ui.MediaGallery[ui.LayoutView]]":
    """A gallery for each chart, since Discord crops two pictures that are side by side."""
    return [gallery((chart,)) for chart in charts]


def uncounted(game: Game) -> str:
    """Says why a finished game is on no board, empty where it counts."""
    if game.stand_ins:
        return " A model stood in for a member, so this game is not counted."
    return " A member took one turn of a model, so this game is not counted." if game.request.human_step else ""


def button(
    label: str, verb: str, game: Game, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> "ui.Button[ui.LayoutView]":
    return ui.Button(label=label, custom_id=custom_id(verb, game.id), style=style)


_GIST: Final = 60


def _gist(game: Game) -> str:
    last = game.last_caption
    start = excerpt(game.request.prompt.text, _GIST)
    end = excerpt(last.text, _GIST) if last and last.text and plain(last.text) else "no words"
    return f"#{game.number}: from “{start}” to “{end}”"
