"""What a crash, a fault or another process left lying: games that are set going again, at every sweep."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from telephone import workflow_ids
from telephone.engine import Engine
from telephone.game import Game, GameState
from telephone.outcomes import BROKEN
from telephone.play import PAUSES, Play
from telephone.store import Store

_WORK: Final = {GameState.QUEUED: workflow_ids.opening, GameState.PLAYING: workflow_ids.playing}
_RUNS_MAX: Final = 100
"""How often a game may be set going before it is given up."""
_CLOSE_AFTER: Final = timedelta(minutes=20)
_CLOSE_UNTIL: Final = timedelta(days=1)
"""A finished game whose summary could not be shown is closed again every hour, for a day."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recovery:
    """Looks through all games that have not ended, or whose end was not shown."""

    store: Store
    play: Play
    engine: Engine

    async def recover(self) -> None:
        """Sets going what a crash, a fault or another process left lying. Safe at any time."""
        unfinished = await self.store.games.unfinished()
        names = {game.id: _WORK[game.state](game.id, game.run) for game in unfinished if game.state in _WORK}
        ended = await self.engine.ended(names.values())
        for game in unfinished:
            if game.state is GameState.PAUSED:
                await self._after_pause(game)
            elif game.state is GameState.WAITING:
                await self.play.look_after(game)
            elif names[game.id] in ended and _was_left(game):
                await self._again(game)
            else:
                await (self.play.begin(game) if game.state is GameState.QUEUED else self.play.play_on(game))
        for guild_id in {game.request.guild_id for game in unfinished if game.state is GameState.QUEUED}:
            await self.play.promote(guild_id)
        for game in await self.store.games.unclosed(_CLOSE_AFTER, _CLOSE_UNTIL):
            name = workflow_ids.once_every(workflow_ids.HOUR, workflow_ids.closing(game.id))
            await self.engine.enqueue(name, self.play.closing, game.id)
        await self.play.realign()

    async def _after_pause(self, game: Game) -> None:
        """Goes on with a game whose pause is over, whoever ended it; tells the others' cards that they pause."""
        if game.reason in PAUSES and not await self.store.servers.paused(game.request.guild_id):
            await self.play.go_on(game)
        else:
            await self.play.settle(game)

    async def _again(self, game: Game) -> None:
        """A new run of a game whose workflow ended and left it lying; a run that never ends well ends the game."""
        games = self.store.games
        now = await games.get(game.id)
        if (now.run, now.state) != (game.run, game.state):
            return
        if game.run >= _RUNS_MAX:
            await games.move(game.id, GameState.FAILED, only_from=[game.state], reason=BROKEN)
            await self.play.settle(await games.get(game.id))
            return
        _log.warning("a game was left lying and goes on", game=game.id, run=game.run)
        await games.next_run(game.id)
        now = await games.get(game.id)
        await (self.play.begin(now) if now.state is GameState.QUEUED else self.play.play_on(now))


def _was_left(game: Game) -> bool:
    """Whether an unfinished game whose workflow ended is lying there: one that is open waits for its turn to play."""
    return game.state is GameState.PLAYING or not (game.is_set_up or game.is_side)
