"""Recovery: every sweep starts games again that a crash, a fault or another process left unfinished."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from telephone.domain.games import Game, GameState
from telephone.engine import workflow_ids
from telephone.engine.engine import Engine
from telephone.engine.outcomes import BROKEN
from telephone.engine.reruns import Reruns, Run
from telephone.games.workflow import PAUSES, GameWorkflow
from telephone.store import Store
from telephone.store.due import CARDS_EVERY, GameRun

_WORK: Final = {GameState.QUEUED: workflow_ids.opening, GameState.PLAYING: workflow_ids.playing}
_CLOSE_AFTER: Final = timedelta(minutes=20)
_CLOSE_UNTIL: Final = timedelta(days=1)
"""A finished game whose summary could not be shown is closed again every hour, for a day."""


@dataclass(slots=True)
class GameRecovery:
    """Recovers games that have not ended, and games whose end was not shown.

    Of games that only wait or are paused, it reads what is due: `settled` are the paused games as it found them last.
    """

    store: Store
    workflow: GameWorkflow
    engine: Engine
    settled: tuple[Any, ...] = ()
    reopened: int | None = None
    """When it looked last for turns that are open again, in units of CARDS_EVERY."""

    async def recover(self) -> None:
        """Starts games again that a crash, a fault or another process left unfinished. Safe at any time."""
        due = self.store.due
        at_work = {_WORK[game.state](game.id, game.run): game for game in await due.played()}
        # Its battle begins a side, once it is shown.
        sides = {name for name, game in at_work.items() if game.is_side and game.state is GameState.QUEUED}
        sides -= await self.engine.ended(sides)
        reruns = Reruns("game", self.engine, self.store.games, self._begin, self._give_up)
        await reruns.set_going({name: game for name, game in at_work.items() if name not in sides}, _was_left)
        for game_id in await due.resumable(PAUSES):
            await self.workflow.go_on(await self.store.games.get(game_id))
        await self._settle_paused()
        await self._settle_reopened()
        for game_id in await due.turns():
            await self.workflow.look_after(await self.store.games.get(game_id))
        for guild_id in await due.promotable():
            await self.workflow.promote(guild_id)
        for game in await self.store.games.unclosed(_CLOSE_AFTER, _CLOSE_UNTIL):
            name = workflow_ids.once_every(workflow_ids.HOUR, workflow_ids.closing(game.id))
            await self.engine.enqueue(name, self.workflow.closing, game.id)
        await self.workflow.realign()

    async def _settle_paused(self) -> None:
        """Brings the cards of paused games up to date, where others are paused than at the last sweep."""
        mark = (*await self.store.due.paused_mark(), int(time.monotonic() // CARDS_EVERY))
        if mark == self.settled:
            return
        for game in await self.store.due.paused():
            await self.workflow.settle(game)
        self.settled = mark

    async def _settle_reopened(self) -> None:
        """Brings the invitations to turns up to date that are open again, once after each claim.

        While somebody holds a turn its invitation has no button; where a kill or an outage of Discord keeps it from
        getting one again, nobody could take the turn.
        """
        if (mark := int(time.monotonic() // CARDS_EVERY)) == self.reopened:
            return
        for game, claim_id in await self.store.due.reopened():
            await self.workflow.settle_turn(game, claim_id)
        self.reopened = mark

    async def _begin(self, game: Run) -> None:
        await (self.workflow.begin(game) if game.state is GameState.QUEUED else self.workflow.play_on(game))

    async def _give_up(self, game: Game) -> None:
        await self.store.games.move(game.id, GameState.FAILED, only_from=[game.state], reason=BROKEN)
        await self.workflow.settle(await self.store.games.get(game.id))


def _was_left(game: Game | GameRun) -> bool:
    """Whether a game's ended workflow left it unfinished; a queued game that is opened only waits to be promoted."""
    return game.state is GameState.PLAYING or not game.is_opened
