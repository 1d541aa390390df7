"""The presenter of games in a terminal: one line a turn above a progress bar."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from telephone.concurrency import off_loop
from telephone.domain.games import Game, Image, Kind, Step
from telephone.exports.artifacts import picture_name
from telephone.ports.games import Delay, Progress, Summary
from telephone.ports.posting import Posting

_DELAYED: Final[Mapping[Delay, str]] = {
    Delay.WAKING: "{} is waking up",
    Delay.UNSENT: "{} cannot be reached just now",
    Delay.OUTAGE: "waiting to write",
}
_UNWRITTEN: Final = (
    "Nothing can be written in {} just now. Make room on its disk and see that you may write there: the game keeps "
    "what was played, waits, and goes on by itself."
)


@dataclass
class TerminalPresenter:
    """Shows games that are created after it was, not an older game that was interrupted in the same folder.

    Every picture is in `folder` as soon as it is drawn, and the first one is announced. Once in an outage it says what
    keeps the game waiting: its store lies in `folder` too. The numbers it returns as message ids only count the
    messages.
    """

    console: Console
    folder: Path
    _since: datetime = field(default_factory=lambda: datetime.now(UTC))
    _written: int = 0
    _bar: Bar = field(init=False)
    _task: TaskID | None = None
    _unwritten: bool = False

    def __post_init__(self) -> None:
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f} of {task.total:.0f} steps"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )

    def close(self) -> None:
        """Removes the progress bar."""
        if self._task is not None:
            self._bar.stop()
            self._task = None

    def _shows(self, game: Game) -> bool:
        return game.created_at >= self._since

    def _counted(self) -> int:
        self._written += 1
        return self._written

    async def post_card(self, game: Game, progress: Progress, posting: Posting) -> int:
        return self._counted()

    async def open_thread(self, game: Game, posting: Posting) -> int:
        return self._counted()

    async def post_opening(self, game: Game, posting: Posting) -> int:
        if self._shows(game):
            self.console.print(f"[bold]{escape(game.request.prompt.text)}[/bold]")
            self._bar.start()
            self._task = self._bar.add_task("", total=2 * game.request.turns)
        return self._counted()

    async def post_step(self, game: Game, step: Step, image: Image | None, posting: Posting) -> int:
        if image is not None and self._shows(game):
            await self._keep(step.key.turn, image)
        if step.key.kind is Kind.CAPTION and self._shows(game):
            line = Table.grid(padding=(0, 1))
            line.add_row(f"{step.key.turn:>3}", escape(step.text or ""))
            self._bar.console.print(line, highlight=False)
        return self._counted()

    async def _keep(self, turn: int, image: Image) -> None:
        place = self.folder / picture_name(turn, image)
        with suppress(OSError):  # at the end the folder is written whole, and what is in the way is said there
            await off_loop(place.write_bytes, image.data)
            if turn == 1:
                self._bar.console.print(f"The first picture lies in {place}", markup=False, soft_wrap=True)

    async def post_summary(self, game: Game, summary: Summary, posting: Posting) -> int:
        if self._shows(game):
            self.close()
        return self._counted()

    async def edit_opening(self, game: Game) -> None:
        pass

    async def edit_step(self, game: Game, step: Step, image: Image | None) -> None:
        stands = "hidden after a report" if step.hidden else "shown again"
        self._bar.console.print(f"{step.key.turn:>3}  ({stands}: {step.key})", highlight=False)

    async def edit_summary(self, game: Game, summary: Summary) -> None:
        """Does nothing: text on a terminal cannot be taken back. The folder is written without what is hidden."""

    async def edit_card(self, game: Game, progress: Progress, summary: Summary | None = None) -> None:
        if self._task is None or game.state.is_final or not self._shows(game):
            return
        if progress.delay is Delay.OUTAGE and not self._unwritten:
            self._bar.console.print(_UNWRITTEN.format(self.folder), markup=False, soft_wrap=True)
        self._unwritten = progress.delay is Delay.OUTAGE
        upcoming = game.next_key
        if upcoming is not None:
            drawing = upcoming.kind is Kind.PICTURE
            doing = f"{game.pair.t2i} is drawing" if drawing else f"{game.pair.i2t} is looking"
            doing = _DELAYED[progress.delay].format(game.player(upcoming)) if progress.delay else doing
            self._bar.update(self._task, completed=len(game.steps), description=f"Turn {upcoming.turn}: {doing}")

    async def is_open(self, game: Game) -> bool:
        return True
