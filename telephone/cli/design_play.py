"""`telephone play --design`: plays a frozen design in the terminal, and goes on where it was left."""

import asyncio
import logging
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console

from telephone import log
from telephone.cli.designs import print_report
from telephone.cli.output import screen
from telephone.domain.designs import DesignedGame, FrozenDesign
from telephone.domain.games import NO_GUILD, Game, GameState, Image, Step
from telephone.ports.games import Progress, Summary
from telephone.ports.posting import Posting
from telephone.settings import Settings

GO_ON: Final = "Stop it with Ctrl-C whenever you like: what is played is kept, and the same command goes on."


@dataclass
class QuietPresenter:
    """Shows nothing of a game: who plays a design hears of each game when it has ended. Its message ids only count."""

    _written: int = field(default=0, init=False)

    def _counted(self) -> int:
        self._written += 1
        return self._written

    async def post_card(self, game: Game, progress: Progress, posting: Posting) -> int:
        return self._counted()

    async def open_thread(self, game: Game, posting: Posting) -> int:
        return self._counted()

    async def post_opening(self, game: Game, posting: Posting) -> int:
        return self._counted()

    async def post_step(self, game: Game, step: Step, image: Image | None, posting: Posting) -> int:
        return self._counted()

    async def post_summary(self, game: Game, summary: Summary, posting: Posting) -> int:
        return self._counted()

    async def edit_opening(self, game: Game) -> None:
        """Does nothing: nothing was shown."""

    async def edit_step(self, game: Game, step: Step, image: Image | None) -> None:
        """Does nothing: nothing was shown."""

    async def edit_summary(self, game: Game, summary: Summary) -> None:
        """Does nothing: nothing was shown."""

    async def edit_card(self, game: Game, progress: Progress, summary: Summary | None = None) -> None:
        """Does nothing: nothing was shown."""

    async def is_open(self, game: Game) -> bool:
        return True


def play_design(file: Path, folder: Path, as_json: bool) -> None:
    """Plays what is left of a design into a folder, then tells whether what was played is what was designed."""
    from telephone.tournaments.design_file import frozen

    log.configure(logging.ERROR)  # what a game waits for is said in a sentence
    asyncio.run(_play(frozen(file), file, folder, as_json))


async def _play(design: FrozenDesign, file: Path, folder: Path, as_json: bool) -> None:
    from telephone.bootstrap import open_terminal
    from telephone.tournaments.player import DesignPlayer
    from telephone.tournaments.report import report

    console = screen(stderr=as_json)
    data_dir = folder / ".telephone"
    settings = Settings.load().model_copy(update={"data_dir": data_dir, "database_url": None, "storage_url": None})
    runtime = await open_terminal(settings, QuietPresenter())
    try:
        versions = {name: embedder.version for name, embedder in runtime.measure.embedders.items()}
        games, judges = runtime.app.games, runtime.app.boards.judges
        player = DesignPlayer(games, runtime.store, runtime.players, judges, versions)
        await player.check(design)
        ours = {design.key(number, NO_GUILD) for number in range(len(design))}
        for left in await games.status(NO_GUILD):
            if left.game.id not in ours:
                await games.stop(left.game.id, by=0, is_host=True)
        console.print(f"Playing {len(design)} games. {GO_ON}", markup=False, soft_wrap=True)
        await player.play(design, lambda number, one, game: _tell(console, number, len(design), one, game))
        found = report(design, await player.scores())
    finally:
        await runtime.close()
    data = f"TELEPHONE_DATA_DIR={shlex.quote(str(data_dir))} telephone"
    console.print(
        f"Their board: {data} leaderboard --games designed --turns {design.turns}", markup=False, soft_wrap=True
    )
    console.print(f"As a file: {data} export scores --out scores.csv", markup=False, soft_wrap=True)
    console.print(
        f"The check again: telephone design check {shlex.quote(str(file))} --scores scores.csv",
        markup=False,
        soft_wrap=True,
    )
    print_report(found, as_json)


def _tell(console: Console, number: int, games: int, one: DesignedGame, game: Game) -> None:
    far = game.turns[-1].distance if game.turns else None
    end = "no distance" if far is None else f"distance {far:.2f}"
    said = end if game.state is GameState.FINISHED else f"{game.state}: {game.reason or 'it has ended'}"
    console.print(
        f"{number:>5} of {games}  {one.pair}  {one.prompt.slug}  seed {one.seed}  {said}", markup=False, soft_wrap=True
    )
