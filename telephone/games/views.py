"""The games that this process plays, kept in memory between their steps and checked by one query before each."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from cachetools import LRUCache

from telephone.domain.games import Game, GameState, Step, StepKey
from telephone.engine.outcomes import Halted
from telephone.store import Glance, Store

VIEWS_MAX: Final = 2_000
"""How many games are kept; one more costs a query for its steps."""


class GameViews:
    """Reads games for the workflow that plays them: whole once a run, and again only where they have changed.

    A game in which members take steps is read anew each time: what members wish and do changes how it is shown.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: LRUCache[str, tuple[Glance, Game]] = LRUCache(VIEWS_MAX)

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
        if known is not None and known[0] == seen:
            return known[1]
        game = await self._store.games.get(game_id)
        if not game.request.human_steps:
            self._kept[game_id] = (seen, game)
        return game

    async def _glance(self, game_id: str, run: int, states: Collection[GameState]) -> Glance:
        seen = await self._store.games.glance(game_id)
        if seen.run != run or seen.state not in states or seen.paused:
            self._kept.pop(game_id, None)
            raise Halted
        return seen

    def kept(self, game: Game, step: Step) -> Game:
        """The game with a step that has just been stored."""
        known, after = self._kept.get(game.id), game.with_step(step)
        if known is not None:
            self._kept[game.id] = (replace(known[0], played=known[0].played + 1), after)
        return after

    def posted(self, game: Game, key: StepKey, message_id: int) -> Game:
        """The game with the message of a step, to which the next one replies."""
        step = replace(game.steps[key.index], message_id=message_id)
        known, after = self._kept.get(game.id), game.with_step(step)
        if known is not None:
            self._kept[game.id] = (known[0], after)
        return after

    def known(self, game_id: str, run: int) -> Game | None:
        """The game as this run of it left it here a moment ago, None where it is not kept."""
        known = self._kept.get(game_id)
        return known[1] if known is not None and known[0].run == run else None

    def forget(self, game_id: str) -> None:
        """Forgets a game whose run has ended."""
        self._kept.pop(game_id, None)
