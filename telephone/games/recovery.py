"""What a crash, a fault or another process left lying: games that are set going again, at every sweep."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from telephone.domain.games import Game, GameState
from telephone.engine import workflow_ids as engine_workflow_ids
from telephone.engine.engine import Engine
from telephone.engine.outcomes import BROKEN
from telephone.engine.reruns import Reruns
from telephone.games.workflow import PAUSES, GameWorkflow
from telephone.store import Store

_WORK: Final = {GameState.QUEUED: engine_workflow_ids.opening, GameState.PLAYING: engine_workflow_ids.playing}
_CLOSE_AFTER: Final = timedelta(minutes=20)
_CLOSE_UNTIL: Final = timedelta(days=1)
"""A finished game whose summary could not be shown is closed again every hour, for a day."""


@dataclass(frozen=True, slots=True)
class GameRecovery:
    """Looks through all games that have not ended, or whose end was not shown."""

    store: Store
    play: GameWorkflow
    engine: Engine

    async def recover(self) -> None:
        """Sets going what a crash, a fault or another process left lying. Safe at any time."""
        unfinished = await self.store.games.unfinished()
        at_work = {_WORK[game.state](game.id, game.run): game for game in unfinished if game.state in _WORK}
        reruns = Reruns("game", self.engine, self.store.games, self._begin, self._give_up)
        await reruns.set_going(at_work, _was_left)
        for game in unfinished:
            if game.state is GameState.PAUSED:
                await self._after_pause(game)
            elif game.state is GameState.WAITING:
                await self.play.look_after(game)
        for guild_id in {game.request.guild_id for game in unfinished if game.state is GameState.QUEUED}:
            await self.play.promote(guild_id)
        for game in await self.store.games.unclosed(_CLOSE_AFTER, _CLOSE_UNTIL):
            name = engine_workflow_ids.once_every(engine_workflow_ids.HOUR, engine_workflow_ids.closing(game.id))
            await self.engine.enqueue(name, self.play.closing, game.id)
        await self.play.realign()

    async def _after_pause(self, game: Game) -> None:
        """Goes on with a game whose pause is over, whoever ended it; tells the others' cards that they pause."""
        if game.reason in PAUSES and not await self.store.servers.paused(game.request.guild_id):
            await self.play.go_on(game)
        else:
            await self.play.settle(game)

    async def _begin(self, game: Game) -> None:
        await (self.play.begin(game) if game.state is GameState.QUEUED else self.play.play_on(game))

    async def _give_up(self, game: Game) -> None:
        await self.store.games.move(game.id, GameState.FAILED, only_from=[game.state], reason=BROKEN)
        await self.play.settle(await self.store.games.get(game.id))


def _was_left(game: Game) -> bool:
    """Whether an unfinished game whose workflow ended is lying there: one that is open waits for its turn to play."""
    return game.state is GameState.PLAYING or not (game.is_set_up or game.is_side)
