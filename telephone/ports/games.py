"""The protocol of what shows games: a terminal, or a thread on Discord.

The workflow of a game calls these in order. Every post carries a `Posting`: the same call may be made
again after a crash, and must then find what it posted the first time instead of posting twice.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from telephone.domain.calibration import UNKNOWN, Bearings
from telephone.domain.games import Drift, Game, Image, Step
from telephone.domain.human_turns import Seat
from telephone.ports.posting import Posting


class Delay(Enum):
    """Why a step takes longer: its player has to be started, no line leads to them or to the safety check, or our own
    store is down."""

    WAKING = "waking"
    UNSENT = "unsent"
    UNCHECKED = "unchecked"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True)
class Progress:
    """What the card shows besides the game itself.

    `place` counts from 1 for a queued game; `left_s` is an estimate in seconds, None where unknown. `seat` is the
    step that a game waits for a member to take. `per_minute` is how many calls a minute the provider of a player allows
    for want of credit, None where none is that slow. `delay` says why the step takes longer, `begins`
    that a queued game is played as soon as its thread is open.
    """

    place: int = 0
    left_s: float | None = None
    seat: Seat | None = None
    per_minute: int | None = None
    delay: Delay | None = None
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What the summary of a finished game shows.

    `first` and `last` are its pictures, None where one is hidden after a report. `chart` is a PNG, `chart_alt` its alt
    text, None where no distance is known; `drift` is None where nothing was measured. `embedder` is
    the label of the embedder that measured it, `awaited` that of one that is still measuring, "" without one.
    """

    first: Image | None
    last: Image | None
    drift: Drift | None = None
    chart: bytes | None = None
    embedder: str = ""
    bearings: Bearings = UNKNOWN
    chart_alt: str = ""
    awaited: str = ""


class GamePresenter(Protocol):
    """Shows games. Raises StageGone, or Unavailable where trying again may help."""

    async def post_card(self, game: Game, progress: Progress, posting: Posting) -> int:
        """Posts the card in the channel; returns its id."""
        ...

    async def open_thread(self, game: Game, posting: Posting) -> int:
        """Opens the thread on the card; returns its id."""
        ...

    async def post_opening(self, game: Game, posting: Posting) -> int:
        """Posts the prompt as the thread's first message; returns its id."""
        ...

    async def post_step(self, game: Game, step: Step, image: Image | None, posting: Posting) -> int:
        """Posts a picture or a caption as a reply to the message before it; returns its id."""
        ...

    async def post_summary(self, game: Game, summary: Summary, posting: Posting) -> int:
        """Posts first and last picture, the drift chart and the distance; returns the message's id."""
        ...

    async def edit_opening(self, game: Game) -> None:
        """Edits the thread's first message to show the prompt as it is now, and deletes messages that show another."""
        ...

    async def edit_step(self, game: Game, step: Step, image: Image | None) -> None:
        """Edits a step's message: a neutral sentence and no file while the step is hidden, else the step itself."""
        ...

    async def edit_summary(self, game: Game, summary: Summary) -> None:
        """Brings the summary up to date, after a step was hidden or shown again."""
        ...

    async def edit_card(self, game: Game, progress: Progress, summary: Summary | None = None) -> None:
        """Brings the card up to date; may skip an edit that follows another too soon, never a final one."""
        ...

    async def is_open(self, game: Game) -> bool:
        """Whether the game's thread and channel still exist and can be posted to."""
        ...
