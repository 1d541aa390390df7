"""The games that this process plays, kept in memory between their steps and checked by one query before each."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final

from cachetools import LRUCache

from telephone.domain.games import Game, GameState, Step, StepKey
from telephone.engine.outcomes import Halted
from telephone.errors import NotFound
from telephone.store import Glance, Store

A_MOMENT: Final = 2.0
"""How long a game is taken to be as it was found, in seconds."""
VIEWS_MAX: Final = 2_000
"""How many games are kept; one more costs a query for its steps."""


@dataclass(frozen=True, slots=True)
class _View:
    """A game, the glance at it for which it holds, and when that was, in seconds on the clock."""

    seen: Glance
    game: Game
    at: float


class GameViews:
    """Reads games for the workflow that plays them: whole once a run, and again only where they have changed.

    A game in which members take steps is read anew each time: what members wish and do changes how it is shown.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._kept: LRUCache[str, _View] = LRUCache(VIEWS_MAX)

    async def fresh(self, game_id: str, run: int, states: Collection[GameState] = (GameState.PLAYING,)) -> Game:
        """The game as it is stored, if this run of it may go on. Raises Halted as `still_on` does."""
        await self._glance(game_id, run, states)
        return await self._store.games.get(game_id)

    async def still_on(self, game_id: str, run: int, states: Collection[GameState] = (GameState.PLAYING,)) -> Game:
        """The game, if this run of it may go on; its messages are those it had when the run began, and its steps'.

        Raises Halted after a newer run, in other states, during a pause.
        """
        seen = await self._glance(game_id, run, states)
        known = self._kept.get(game_id)
        game = known.game if known is not None and known.seen == seen else await self._store.games.get(game_id)
        if not game.request.human_steps:
            self._kept[game_id] = _View(seen, game, self._clock())
        return game

    async def _glance(self, game_id: str, run: int, states: Collection[GameState]) -> Glance:
        try:
            seen = await self._store.games.glance(game_id)
            if seen.run != run or seen.state not in states or seen.paused:
                raise Halted
        except (Halted, NotFound):
            self.forget(game_id)
            raise
        return seen

    def kept(self, game: Game, step: Step) -> None:
        """Takes down a step that has just been stored: of what is kept now, which may be newer than `game`."""
        known = self._kept.get(game.id)
        if known is not None and known.seen.run == game.run and len(known.game.steps) == step.key.index:
            seen = replace(known.seen, played=known.seen.played + 1)
            self._kept[game.id] = replace(known, seen=seen, game=known.game.with_step(step))

    def posted(self, game: Game, key: StepKey, message_id: int) -> Game:
        """The game with the message of a step, to which the next one replies."""
        known = self._kept.get(game.id)
        if known is not None and known.seen.run == game.run and len(known.game.steps) > key.index:
            self._kept[game.id] = replace(known, game=_with_message(known.game, key, message_id))
        return _with_message(game, key, message_id)

    def known(self, game_id: str, run: int) -> Game | None:
        """The game as this run of it was found here a moment ago; None where it is not kept, or that is longer ago."""
        known = self._kept.get(game_id)
        if known is None or known.seen.run != run or self._clock() - known.at > A_MOMENT:
            return None
        return known.game

    async def of_run(self, game_id: str, run: int) -> Game:
        """The game, whether or not it may go on: as it was found a moment ago, or has not changed since it was found.

        Raises NotFound.
        """
        if (game := self.known(game_id, run)) is not None:
            return game
        kept = self._kept.get(game_id)
        if kept is not None and kept.seen.run == run and kept.seen == await self._store.games.glance(game_id):
            return kept.game
        return replace(await self._store.games.get(game_id), run=run)

    def last(self, game_id: str, run: int) -> Game | None:
        """The game as this run of it was found here last, however long ago; None where it is not kept."""
        known = self._kept.get(game_id)
        return None if known is None or known.seen.run != run else known.game

    def forget(self, game_id: str) -> None:
        """Forgets a game whose run has ended."""
        self._kept.pop(game_id, None)


def _with_message(game: Game, key: StepKey, message_id: int) -> Game:
    return game.with_step(replace(game.steps[key.index], message_id=message_id))
