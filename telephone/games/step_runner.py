"""Plays and shows one step of a run, in one durable step or two: what is stored goes along with what comes next."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from telephone.domain.games import HUMAN, Game, GameState, StepKey
from telephone.engine.outages import through_outages
from telephone.engine.outcomes import Outcome, Shown, Submitted, Waits
from telephone.errors import Refused, Withheld
from telephone.games.card_queue import CardQueue
from telephone.games.cut_offs import barred
from telephone.games.publisher import GamePublisher
from telephone.games.steps import StepPlayer
from telephone.games.views import GameViews
from telephone.ports.games import Delay
from telephone.store import Store
from telephone.store.steps import Kept, Posted

GOING: Final[Collection[GameState]] = (GameState.QUEUED, GameState.PLAYING)


@dataclass(frozen=True, slots=True)
class StepRunner:
    """Runs the steps of games. Raises a TelephoneError, or Halted."""

    store: Store
    steps: StepPlayer
    views: GameViews
    publisher: GamePublisher
    cards: CardQueue

    async def ask(
        self,
        place: tuple[str, int],
        index: int,
        attempt: int,
        last: int | None,
        *,
        seat: Callable[[Game, StepKey], Awaitable[bool]],
    ) -> Outcome:
        """Asks the player of a step: Submitted. A player who may be asked twice for nothing answers at once: Shown.

        `place` is the game and its run. `last` is the message of the step before, which is stored with this one. `seat`
        opens a step to members and says whether the game waits for them: Waits.
        """
        return await self._through_outages(place, partial(self._ask, place, index, attempt, last, seat))

    async def _ask(
        self,
        place: tuple[str, int],
        index: int,
        attempt: int,
        last: int | None,
        seat: Callable[[Game, StepKey], Awaitable[bool]],
    ) -> Outcome:
        (game_id, run), key, posted = place, StepKey.at(index), posted_before(index, last)
        game = self.views.known(game_id, run) or await self.views.still_on(game_id, run)
        if last is not None:  # which a run that goes on after a crash has from its journal
            game = self.views.posted(game, StepKey.at(index - 1), last)
        if game.player(key) == HUMAN:
            await self.book(game_id, posted)
            if len(game.steps) <= index and await seat(game, key):
                return Waits()
            game = await self.views.still_on(game_id, run)
        if len(game.steps) > index:
            await self.book(game_id, posted)
            return await self._show(game, await self.steps.played(game, game.steps[index]))
        if game.place.card_id is not None:  # the side of a battle has none
            self.cards.touch(game, slow=self.publisher.per_minute(game) is not None)
        if not self.steps.repeats_freely(game, index):
            submitted = self.steps.submit(game, index, attempt, posted, delayed=partial(self.tell_delay, game))
            return Submitted(await submitted)
        await self.book(game_id, posted)
        delayed = partial(self.tell_delay, game)
        return await self._show(game, await self.steps.collect(game, index, attempt, 0, delayed=delayed))

    async def answer(self, place: tuple[str, int], index: int, attempt: int, submit_ms: int) -> Outcome:
        """Waits for the answer of a step that was submitted, stores it and shows it: Shown."""
        return await self._through_outages(place, partial(self._answer, place, index, attempt, submit_ms))

    async def _answer(self, place: tuple[str, int], index: int, attempt: int, submit_ms: int) -> Outcome:
        game_id, run = place
        game = await self.views.of_run(game_id, run)
        delayed = partial(self.tell_delay, game)
        return await self._show(game, await self.steps.collect(game, index, attempt, submit_ms, delayed=delayed))

    async def book(self, game_id: str, posted: Posted | None) -> None:
        """Stores the message of a step with which nothing else is to be stored."""
        if posted is not None:
            await self.store.steps.posted(game_id, posted)

    async def end(self, game_id: str, index: int, last: int | None) -> None:
        """Stores the last message of a run that plays no step `index`, and forgets the game."""
        self.views.forget(game_id)
        await self.book(game_id, posted_before(index, last))

    async def tell_delay(self, game: Game, delay: Delay) -> None:
        """Says on the card why the step takes longer, even where the store does not answer."""
        await self.publisher.edit_card(game, delay=delay)

    async def _through_outages(self, place: tuple[str, int], work: Callable[[], Awaitable[Outcome]]) -> Outcome:
        return await through_outages(
            work,
            waiting=partial(self._tell_outage, place),
            barred=lambda since: barred(self.views.last(*place), since),
        )

    async def _tell_outage(self, place: tuple[str, int], _: BaseException) -> None:
        if (game := self.views.last(*place)) is not None:
            await self.tell_delay(game, Delay.OUTAGE)

    async def _show(self, game: Game, kept: Kept) -> Outcome:
        """Posts a stored step, where it is to be shown."""
        key = kept.step.key
        if len(game.steps) <= key.index:
            self.views.kept(game, kept.step)
        game = await self.views.still_on(game.id, game.run, GOING)
        if kept.post is None:
            return Shown(None)
        try:
            message_id = await self.publisher.post_begun(game, key, kept.post)
        except Refused as error:  # the place's own rules: its player is not asked again
            raise Withheld(error.sentence, error.reason) from error
        self.views.posted(game, key, message_id)
        return Shown(message_id)


def posted_before(index: int, last: int | None) -> Posted | None:
    """The message of the step before `index`, as it is to be stored."""
    return None if last is None else Posted(str(StepKey.at(index - 1)), last)
