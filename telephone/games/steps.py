"""Plays one step: asks its player, waits, checks the answer and stores it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeAlias, TypeVar
from uuid import uuid4

import structlog
from cachetools import LRUCache, TTLCache

from telephone import metrics
from telephone.concurrency import off_loop
from telephone.domain.calls import LONG, Answer, Ask, Ticket
from telephone.domain.games import Game, GameState, Image, Kind, Step, StepKey, step_seed
from telephone.engine.outages import through_outages
from telephone.engine.outcomes import Halted
from telephone.engine.waiting import watched
from telephone.errors import (
    BadOutput,
    CutOff,
    Misconfigured,
    NotFound,
    Overdrawn,
    TelephoneError,
    TimedOut,
    Unavailable,
)
from telephone.games.cut_offs import CHECK, barred, line_of, player_of
from telephone.games.views import GameViews
from telephone.media.images import Pictures
from telephone.models.players import Players, again, caption_of, picture_of
from telephone.ports.games import Delay
from telephone.ports.posting import nonce
from telephone.providers.base import Interrupted
from telephone.retry import Line
from telephone.safety import Guard
from telephone.store import Store
from telephone.store.sights import GAMES, playing
from telephone.store.steps import Kept, Posted

T = TypeVar("T")
Delayed: TypeAlias = Callable[[Delay], Awaitable[None]]
_log = structlog.get_logger()
_SUBMIT_GRACE: Final = 1.0
"""How long a call that is being submitted may go on after its game was stopped, in seconds: its ticket can be called
off, and one that never came cannot."""
_CENT: Final = 0.01
_TICKETS_MAX: Final = 5_000
_TICKETS_FOR: Final = 60.0
"""How many tickets are handed on in memory, and for how long, in seconds."""


_ANSWERS_BYTES: Final = 64 * 2**20
"""The most bytes of answers that are kept in memory for games that paused before they could be stored."""


def _tickets() -> TTLCache[tuple[str, int, int, int], Ticket]:
    return TTLCache(_TICKETS_MAX, _TICKETS_FOR)


def _answers() -> LRUCache[tuple[str, int], tuple[str | None, Answer | None]]:
    return LRUCache(_ANSWERS_BYTES, getsizeof=lambda left: 1 if left[1] is None else 1 + len(left[1].data or b""))


@dataclass(frozen=True, slots=True)
class StepPlayer:
    """Plays steps. Each call reads the store first, so that a repeated call finds its work done."""

    store: Store
    pictures: Pictures
    players: Players
    guard: Guard
    views: GameViews
    tickets: TTLCache[tuple[str, int, int, int], Ticket] = field(default_factory=_tickets)
    """Tickets of this process's submits, handed to the collect that follows; the store has them too."""
    answers: LRUCache[tuple[str, int], tuple[str | None, Answer | None]] = field(default_factory=_answers)
    """Answers that could not be checked or kept before their game paused, by game and step, with their references."""

    async def still_on(self, game_id: str, run: int, states: Collection[GameState] = (GameState.PLAYING,)) -> Game:
        """The game, if this run of it may go on. Raises Halted after a newer run, in other states, during a pause."""
        return await self.views.still_on(game_id, run, states)

    def repeats_freely(self, game: Game, index: int) -> bool:
        """Whether a step may be asked for twice, since its player is on this machine and costs nothing."""
        return self.players.registry.table(game.player(StepKey.at(index))).provider == "offline"

    async def submit(
        self, game: Game, index: int, attempt: int, posted: Posted | None = None, *, delayed: Delayed | None = None
    ) -> int:
        """Asks the player of a step; returns how long that took in ms, 0 for a step already asked for or played.

        A refused submit also drops the stored intent, since the provider cannot have begun anything. The message
        `posted` before is stored with the intent. `delayed` is awaited where it takes longer, with the reason. Raises a
        TelephoneError, or Halted.
        """
        with self._watching(game) as changed:
            return await self._submit(game, index, attempt, changed, posted=posted, delayed=delayed)

    async def _submit(
        self,
        game: Game,
        index: int,
        attempt: int,
        changed: asyncio.Event,
        *,
        posted: Posted | None = None,
        delayed: Delayed | None = None,
    ) -> int:
        key = StepKey.at(index)
        player = game.player(key)
        seed = step_seed(game.request.seed, key)
        stake = self.players.registry.table(player).price_usd
        ask_in_run = partial(
            self.store.steps.ask_in_run, game.id, game.run, key, player, seed=seed, stake=stake, posted=posted
        )
        while (asked := await ask_in_run()) is None:
            await self.still_on(game.id, game.run)
        if asked.step is not None or asked.ticket is not None:
            return 0
        if asked.overdrawn:
            raise _overdrawn(stake)
        began = time.monotonic()
        marker = nonce(game.id, f"{key}/{attempt}")  # of every run: a later one takes over what this one asked for
        since = None if asked.first else asked.asked_at
        try:
            if missing := self.guard.why_not(self.players.registry.table(player)):
                raise Misconfigured("The safety check does not work just now; please tell the operator.", missing)
            ask = await self._unless_halted(game, changed, self._ask(game, key, attempt, delayed))
        except (Halted, TelephoneError):
            if asked.first:  # nobody was asked, so nothing is at stake
                await through_outages(lambda: self.store.steps.drop_ticket(game.id, key))
            raise
        times = asked.times
        if times > 1:  # an ended process may have made the call before
            metrics.DOUBTS.labels(player).inc()

        async def lost() -> None:
            nonlocal times
            times += 1
            metrics.DOUBTS.labels(player).inc()
            if stake and not await self.store.steps.ask_again(game.id, key, stake):
                raise _overdrawn(stake)

        try:
            submitted = self.players.submit(player, ask, marker, since, lost=lost, line=_line(game, player, delayed))
            ticket = await self._unless_halted(game, changed, submitted, grace=_SUBMIT_GRACE)
        except Overdrawn:  # what was asked stays on the books, and is looked for before it is asked again
            raise
        except (Halted, TelephoneError) as error:
            if isinstance(error, Halted) and await self._goes_on(game):
                raise  # likewise
            spent = error.cost_usd if isinstance(error, TelephoneError) else None
            bill = _bill(error, Ticket(maybe_billed_twice=times > 1), spent=spent)
            await self._doubt(game, key, attempt, times - 2)  # the bill tells of two
            await self._write_off(game, key, attempt, bill)
            raise
        # In its place, not from the beginning of the step: what was paid for is in this process alone.
        await through_outages(lambda: self.store.steps.keep_ticket(game.id, key, ticket))
        self.tickets[game.id, game.run, index, attempt] = ticket
        return _ms_since(began)

    async def collect(
        self,
        game: Game,
        index: int,
        attempt: int,
        submit_ms: int,
        *,
        delayed: Delayed | None = None,
    ) -> Kept:
        """Waits for a submitted step and stores it, and that its message is begun. Raises a TelephoneError, or Halted.

        `delayed` is awaited where it takes longer, with the reason.

        A player that `repeats_freely` need not have been asked. A refused or unusable answer drops the ticket, so that
        the step can be asked for again. What the provider broke off is asked for again here, with the same seed, a few
        times. Where the game was stopped meanwhile, the submitted call is cancelled and its cost booked.
        """
        pauses, player = iter(self.players.again_pauses), game.player(StepKey.at(index))
        with self._watching(game) as changed:
            while True:
                try:
                    return await self._collect(game, index, attempt, submit_ms, changed, delayed=delayed)
                except Interrupted as error:
                    if (pause := next(pauses, None)) is None:
                        if isinstance(error, Unavailable):
                            raise
                        raise BadOutput(error.sentence, error.detail) from error
                    await self._unless_halted(game, changed, again(player, error, pause))
                    submit_ms = await self._submit(game, index, attempt, changed, delayed=delayed)

    async def _collect(
        self,
        game: Game,
        index: int,
        attempt: int,
        submit_ms: int,
        changed: asyncio.Event,
        *,
        delayed: Delayed | None,
    ) -> Kept:
        key = StepKey.at(index)
        player = game.player(key)
        ticket = self.tickets.pop((game.id, game.run, index, attempt), None)
        if ticket is None and not self.repeats_freely(game, index):
            asked = await self.store.steps.ask(game.id, key, player, step_seed(game.request.seed, key))
            if asked.step is not None:
                return await self.played(game, asked.step)
            ticket = asked.ticket or await self._ticket_anew(game, index, attempt, changed, first=asked.first)
        ticket = ticket or Ticket()
        answer: Answer | None = None
        began = time.monotonic()
        try:
            await self.still_on(game.id, game.run)
            ask = await self._unless_halted(game, changed, self._ask(game, key, attempt, delayed))
            waking = partial(delayed, Delay.WAKING) if delayed else None
            answer = self._left(game, index, ticket)
            if answer is None:
                collected = self.players.collect(player, ask, ticket, waking, _line(game, player, delayed))
                answer = await self._unless_halted(game, changed, collected)
            came = answer
            checked = self._patiently(
                lambda: self._checked(game, ask, ticket, came, key=key, delayed=delayed), game, delayed
            )
            step, image = await self._unless_halted(game, changed, checked)
        except (NotFound, CutOff):
            self._leave(game, index, ticket, answer)
            raise
        except (Halted, TelephoneError) as error:
            if isinstance(error, Halted) and await self._goes_on(game):
                self._leave(game, index, ticket, answer)
                raise
            spent = error.cost_usd if isinstance(error, TelephoneError) else None
            if isinstance(error, Halted):
                with suppress(TelephoneError):
                    spent = await self.players.cancel(player, ticket)
            broken_off = ticket.reference if isinstance(error, Interrupted) else None
            await self._write_off(game, key, attempt, _bill(error, ticket, answer, spent), broken_off)
            raise
        step = replace(step, latency_ms=submit_ms + _ms_since(began))
        if answer.maybe_billed_twice:
            doubled = replace(ticket, maybe_billed_twice=True)
            await through_outages(lambda: self.store.steps.keep_ticket(game.id, key, doubled))
        what = str(key) if game.shows_steps else None
        kept = await through_outages(lambda: self.store.steps.keep_and_begin(game.id, step, image, what))
        metrics.STEPS.labels(player, key.kind.name.lower()).inc()
        metrics.STEP_SECONDS.labels(player).observe(step.latency_ms / 1_000)
        metrics.SPENT.labels(player).inc(step.cost_usd)
        _log.info("step played", game=game.id, step=str(key), player=player, ms=step.latency_ms, usd=step.cost_usd)
        return kept

    async def _goes_on(self, game: Game) -> bool:
        """Whether a game whose run was halted may go on in a later run, which then finds what was asked for."""
        with suppress(NotFound):
            return not (await through_outages(lambda: self.store.games.glance(game.id))).state.is_final
        return False

    def _leave(self, game: Game, index: int, ticket: Ticket, answer: Answer | None) -> None:
        """Leaves what was submitted on the books, and its answer where it came, for when the game goes on."""
        if answer is not None and ticket.reference is not None:
            self.answers[game.id, index] = ticket.reference, answer

    def _left(self, game: Game, index: int, ticket: Ticket) -> Answer | None:
        """The answer of this ticket, where a pause came between it and its place in the store."""
        reference, answer = self.answers.pop((game.id, index), (None, None))
        return answer if reference is not None and reference == ticket.reference else None

    async def played(self, game: Game, step: Step) -> Kept:
        """A step that is stored already, and how far its message is."""
        return Kept(step, await self.store.posts.begin(game.id, str(step.key)) if game.shows_steps else None)

    async def _ticket_anew(
        self, game: Game, index: int, attempt: int, changed: asyncio.Event, *, first: bool
    ) -> Ticket:
        """Submits a step whose ticket was dropped before a crash; `first`: its intent had been dropped too."""
        key = StepKey.at(index)
        await self.still_on(game.id, game.run)
        if first:
            await self.store.steps.drop_ticket(game.id, key)
        await self._submit(game, index, attempt, changed)
        asked = await self.store.steps.ask(game.id, key, game.player(key), step_seed(game.request.seed, key))
        return asked.ticket or Ticket()

    async def _doubt(self, game: Game, key: StepKey, attempt: int, calls: int) -> None:
        """Books that so many more calls for a step may have been billed than what is written off of it says."""
        usd = calls * self.players.registry.table(game.player(key)).price_usd
        if usd > 0:
            what = f"{key}/{game.run}/{attempt}/{uuid4().hex[:8]}"
            await through_outages(lambda: self.store.budgets.doubt(game.id, what, usd))

    async def _write_off(
        self, game: Game, key: StepKey, attempt: int, bill: Answer | None, reference: str | None = None
    ) -> None:
        """Books the cost of a call whose answer is not played, if it may have been billed, and drops its ticket.

        The `reference` tells the calls of one attempt apart, where there are several.
        """
        if bill is not None and (usd := self._cost(game.player(key), bill)) > 0:
            what = f"{key}/{game.run}/{attempt}" + (f"/{reference}" if reference else "")
            doubled = bill.maybe_billed_twice
            await through_outages(lambda: self.store.budgets.charge(game.id, what, "unused", usd, doubled=doubled))
        await through_outages(lambda: self.store.steps.drop_ticket(game.id, key))

    def _cost(self, player: str, answer: Answer) -> float:
        """The cost in US dollars: as the provider reported it, else the price in the model's table."""
        return self.players.registry.table(player).price_usd if answer.cost_usd is None else answer.cost_usd

    async def _ask(self, game: Game, key: StepKey, attempt: int, delayed: Delayed | None) -> Ask:
        seed = step_seed(game.request.seed + attempt, key)
        if key.kind is Kind.PICTURE:
            return Ask(seed=seed, text=game.text_before(key))
        picture = game.turns[key.turn - 1].picture
        if picture is None or picture.image is None:
            raise ValueError(f"step {key} of game {game.id} has no picture to describe")
        sha256 = picture.image
        return Ask(seed=seed, image=await self._patiently(lambda: self.pictures.get(sha256), game, delayed))

    async def _checked(
        self, game: Game, ask: Ask, ticket: Ticket, answer: Answer, *, key: StepKey, delayed: Delayed | None
    ) -> tuple[Step, Image | None]:
        """The step and its picture, once the guard has passed it: before that, nothing of it is stored or logged."""
        player = game.player(key)
        table = self.players.registry.table(player)
        checking = None if delayed is None else line_of(game, CHECK, partial(delayed, Delay.UNCHECKED))
        nsfw = game.request.nsfw and (await self.store.servers.settings(game.request.guild_id)).nsfw != "block"
        step = Step(
            key=key,
            player=player,
            seed=ask.seed,
            reference=ticket.reference,
            parameters=answer.parameters,
            cost_usd=self._cost(player, answer),
            cost_estimated=answer.cost_usd is None,
        )
        if key.kind is Kind.CAPTION:
            long = len(answer.text or "") > LONG
            caption = await off_loop(caption_of, answer, player) if long else caption_of(answer, player)
            await self.guard.caption(caption, ask, table, nsfw=nsfw, line=checking)
            return replace(step, text=caption.text, raw=caption.raw), None
        image = await off_loop(picture_of, answer, player)
        await self.guard.picture(image, ask, table, nsfw=nsfw, line=checking)
        return replace(step, image=await self._patiently(lambda: self.pictures.put(image), game, delayed)), image

    @staticmethod
    async def _patiently(call: Callable[[], Awaitable[T]], game: Game, delayed: Delayed | None) -> T:
        """Makes a call until the outage is over, and says by `delayed` that it waits. Raises CutOff in the end."""

        async def waiting(_: BaseException) -> None:
            if delayed is not None:
                await delayed(Delay.OUTAGE)

        return await through_outages(call, waiting=waiting, barred=partial(barred, game))

    @contextmanager
    def _watching(self, game: Game) -> Iterator[asyncio.Event]:
        """An event that is set when this run of the game may have to end; to be opened before it is looked at."""
        with self.store.changes.watching(GAMES, game.id, playing(game.run)) as changed:
            yield changed

    async def _unless_halted(self, game: Game, changed: asyncio.Event, work: Awaitable[T], *, grace: float = 0.0) -> T:
        look = partial(through_outages, partial(self.still_on, game.id, game.run))  # what is under way goes on
        return await watched(work, look, changed, grace=grace)


def _line(game: Game, player: str, delayed: Delayed | None) -> Line | None:
    return None if delayed is None else line_of(game, player_of(game, player), partial(delayed, Delay.UNSENT))


def _bill(error: Exception, ticket: Ticket, answer: Answer | None = None, spent: float | None = None) -> Answer | None:
    """The answer by which a failed call is billed; None where it cannot have been billed. `spent` is its known cost.

    A call that was cancelled or not answered in time counts at its price, where its provider did not report its cost.
    One that cost nothing still has what the call before it may have cost.
    """
    if answer is None:
        free = spent == 0 or (spent is None and not isinstance(error, Halted | BadOutput | TimedOut))
        if free:
            return Answer() if ticket.maybe_billed_twice else None
        answer = Answer(cost_usd=spent)
    return replace(answer, maybe_billed_twice=answer.maybe_billed_twice or ticket.maybe_billed_twice)


def _overdrawn(usd: float) -> Overdrawn:
    cost = f"${usd:.2f}" if usd >= _CENT else f"${usd:.4f}"
    return Overdrawn(
        "A call broke off and was possibly billed twice, so what was set aside for this game does not cover the next "
        f"one, which may cost {cost}; Continue sets more aside, within today's budget."
    )


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1_000)
