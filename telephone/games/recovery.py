"""Recovery: every sweep starts games again that a crash, a fault or another process left unfinished."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from telephone.domain.games import Game, GameState
from telephone.engine import workflow_ids
from telephone.engine.engine import Engine
from telephone.engine.outcomes import BROKEN
from telephone.engine.reruns import Reruns
from telephone.games.workflow import PAUSES, GameWorkflow
from telephone.store import Store

_WORK: Final = {GameState.QUEUED: workflow_ids.opening, GameState.PLAYING: workflow_ids.playing}
_CLOSE_AFTER: Final = timedelta(minutes=20)
_CLOSE_UNTIL: Final = timedelta(days=1)
"""A finished game whose summary could not be shown is closed again every hour, for a day."""


@dataclass(frozen=True, slots=True)
class GameRecovery:
    """Recovers games that have not ended, and games whose end was not shown."""

    store: Store
    workflow: GameWorkflow
    engine: Engine

    async def recover(self) -> None:
        """Starts games again that a crash, a fault or another process left unfinished. Safe at any time."""
        unfinished = await self.store.games.unfinished()
        at_work = {_WORK[game.state](game.id, game.run): game for game in unfinished if game.state in _WORK}
        # Its battle begins a side, once it is shown.
        sides = {name for name, game in at_work.items() if game.is_side and game.state is GameState.QUEUED}
        sides -= await self.engine.ended(sides)
        reruns = Reruns("game", self.engine, self.store.games, self._begin, self._give_up)
        await reruns.set_going({name: game for name, game in at_work.items() if name not in sides}, _was_left)
        for game in unfinished:
            if game.state is GameState.PAUSED:
                await self._after_pause(game)
            elif game.state is GameState.WAITING:
                await self.workflow.look_after(game)
        for guild_id in {game.request.guild_id for game in unfinished if game.state is GameState.QUEUED}:
            await self.workflow.promote(guild_id)
        for game in await self.store.games.unclosed(_CLOSE_AFTER, _CLOSE_UNTIL):
            name = workflow_ids.once_every(workflow_ids.HOUR, workflow_ids.closing(game.id))
            await self.engine.enqueue(name, self.workflow.closing, game.id)
        await self.workflow.realign()

    async def _after_pause(self, game: Game) -> None:
        """Resumes a game whose pause is over, whoever ended it; brings the card of any other paused game up to date."""
        if game.reason in PAUSES and not await self.store.servers.paused(game.request.guild_id):
            await self.workflow.go_on(game)
        else:
            await self.workflow.settle(game)

    async def _begin(self, game: Game) -> None:
        await (self.workflow.begin(game) if game.state is GameState.QUEUED else self.workflow.play_on(game))

    async def _give_up(self, game: Game) -> None:
        await self.store.games.move(game.id, GameState.FAILED, only_from=[game.state], reason=BROKEN)
        await self.workflow.settle(await self.store.games.get(game.id))


def _was_left(game: Game) -> bool:
    """Whether a game's ended workflow left it unfinished; a queued game that is opened only waits to be promoted."""
    return game.state is GameState.PLAYING or not game.is_opened
