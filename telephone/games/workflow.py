"""The durable workflow of one game.

`opening` posts card and thread and only then lets the queue promote the game. `playing` plays step after step once the
game is promoted. `closing` has the game measured and posts its summary. Where a member is to take a step, `playing`
ends, and the game waits without taking one of its server's places; `minding` sleeps until something is due about that
step, and when the step is taken the game goes on in a new run. An album goes on when its party says so: `playing` ends
at each step that a member takes, and after the last step.

Each workflow is enqueued under an id of its own and so runs once. The store is the truth: a step reads it first, so
that a repeated step finds its work done. Steps return failures to their workflow as values; a bug ends its game with an
apology, and its traceback goes to the log.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol

import structlog
from dbos import DBOS, DBOSConfiguredInstance

from telephone.domain.games import HUMAN, Game, GameState, StepKey
from telephone.domain.messages import GameMessage, GameMessageKind
from telephone.engine import workflow_ids
from telephone.engine.durable import durable_step
from telephone.engine.engine import Engine
from telephone.engine.outcomes import (
    Done,
    Failed,
    HeldUp,
    Journalled,
    Outcome,
    Shown,
    Submitted,
    Waits,
    held_up,
    journalled,
    outcome_of,
    read,
    write,
)
from telephone.engine.reruns import Run
from telephone.errors import BadOutput, CutOff, Overdrawn, Refused, StageGone
from telephone.games.card_queue import CardQueue
from telephone.games.cut_offs import has_continue
from telephone.games.human_turns import HumanTurns
from telephone.games.measure_workflow import MeasureWorkflow
from telephone.games.publisher import OPENING, GamePublisher
from telephone.games.step_runner import GOING, StepRunner
from telephone.models.pricing import ATTEMPTS
from telephone.publishing import each
from telephone.store import Store
from telephone.store.due import GameRun

PAUSED_HERE: Final = "An admin paused all games on this server; they go on after /telephone-admin resume."
PAUSED_EVERYWHERE: Final = "The operator paused all games; they go on by themselves when the pause ends."
PAUSES: Final = (PAUSED_HERE, PAUSED_EVERYWHERE)
REVEAL_EVERY: Final = 2.0
_MARGIN: Final = 0.05
"""How long after the due time `minding` wakes up, in seconds: earlier, nothing would be due yet."""
_log = structlog.get_logger()


class SidePublisher(Protocol):
    """Publishes the games that are sides of battles."""

    async def redraw(self, game: Game, key: StepKey) -> None:
        """Edits every battle that shows a finished game, after a step of the game was hidden or shown again."""

    async def realign(self, game: Game, key: StepKey) -> None:
        """Edits the battle of a side, after a step of the side was hidden or shown again."""


class NoSidePublisher:
    """For a process that shows no battles."""

    async def redraw(self, game: Game, key: StepKey) -> None:
        """There is no battle that shows the game."""

    async def realign(self, game: Game, key: StepKey) -> None:
        """There is no battle that the game is a side of."""


@dataclass(frozen=True, slots=True)
class GameDependencies:
    """The collaborators of the workflow. `reveal_s` is the pause between two messages of a reveal, in seconds."""

    store: Store
    publisher: GamePublisher
    measuring: MeasureWorkflow
    engine: Engine
    sides: SidePublisher
    human_turns: HumanTurns
    reveal_s: float
    runner: StepRunner


@DBOS.dbos_class("Play")
class GameWorkflow(DBOSConfiguredInstance):
    """Plays games. One instance a process, by a name in the journal that never changes."""

    def __init__(self, dependencies: GameDependencies) -> None:
        self._with = dependencies
        super().__init__(config_name="play")

    @property
    def cards(self) -> CardQueue:
        """The cards that are to be edited."""
        return self._with.runner.cards

    async def begin(self, game: Run) -> None:
        """Opens a game that is stored as queued, and plays it when its turn comes."""
        await self._with.engine.enqueue(workflow_ids.opening(game.id, game.run), self.opening, game.id, game.run)

    async def promote(self, guild_id: int) -> None:
        """Starts the oldest queued games of a server, as many as may run at once; shows the others their new place."""
        store = self._with.store
        if not await store.games.any_opened(guild_id) or await store.servers.paused(guild_id):
            return
        settings = await store.servers.settings(guild_id)
        promoted = await store.games.promote(guild_id, settings.parallel)
        for game_id in promoted:
            await self.play_on(await store.games.get(game_id))
        if promoted:
            for waiting in await store.games.queue(guild_id):
                self.cards.moved_up(guild_id, waiting)

    async def go_on(self, game: Game) -> None:
        """Resumes a paused game, in a new run."""
        await self._with.store.games.next_run(game.id)
        await self._with.store.games.move(game.id, GameState.QUEUED, only_from=[GameState.PAUSED])
        await self.begin(await self._with.store.games.get(game.id))

    async def mind(self, game_id: str, key: StepKey) -> None:
        """Goes on with a game whose step has been taken, or sets a timer for what is due next about it."""
        game, due = await self._with.store.games.get(game_id), (await self._with.store.seats.get(game_id, key)).due_at
        if game.is_album and game.state is GameState.WAITING:
            return
        if game.state is GameState.QUEUED:
            await self.begin(game)
        elif game.state is GameState.WAITING and due is not None:
            name = workflow_ids.minding(game_id, str(key), due)
            await self._with.engine.enqueue(name, self.minding, game_id, str(key), due.isoformat())
        elif game.state.is_final:
            await self.settle(game)

    async def look_after(self, game: Game) -> None:
        """Does what is due about the step that a game waits for; an album is left to its party. Safe at any time."""
        if not game.is_album and game.next_key is not None:
            await self._with.human_turns.look_after(game, game.next_key)
            await self.mind(game.id, game.next_key)

    async def seat_changed(self, game_id: str, key: StepKey) -> None:
        """Goes on after a member claimed, gave back or answered a step."""
        await self.mind(game_id, key)
        await self._with.human_turns.show(game_id, key)

    async def give_away(self, game: Game, key: StepKey) -> None:
        """Gives a waiting step to a model. Raises NotAllowed where a member holds it, or no model can play it."""
        await self._with.human_turns.give_away(game, key)
        await self.mind(game.id, key)

    async def settle(self, game: Game | GameRun) -> None:
        """Updates the card of a game that has ended or pauses, and promotes queued games to its place."""
        state = "voided" if game.voided else game.state.value
        await self._with.engine.enqueue(workflow_ids.settling(game.id, game.run, state), self.settling, game.id)

    async def settle_turn(self, game: GameRun, claim_id: str) -> None:
        """Updates the card and the invitation of a game that waits for a turn on which this claim has ended."""
        name = workflow_ids.settling(game.id, game.run, f"{game.state.value}-{claim_id}")
        await self._with.engine.enqueue(name, self.settling, game.id)

    async def realign(self, game_id: str | None = None) -> None:
        """Hides or shows steps again as reports and decisions say, of one game or of all.

        Retries every ten minutes, and after a day every hour, until the message follows, is gone, or a year is over.
        """
        for stale in await self._with.store.reports.stale(game_id):
            first = workflow_ids.realigning(stale.game_id, str(stale.key), stale.version)
            every = workflow_ids.TEN_MINUTES if stale.is_new else workflow_ids.HOUR
            name = workflow_ids.once_every(every, first)
            await self._with.engine.enqueue(name, self.realigning, stale.game_id, str(stale.key))

    async def show_as_it_is(self, game_id: str, key: StepKey) -> None:
        """Edits every message that shows or quotes a step, after the step was hidden, shown again or deleted."""
        game, sides = await self._with.store.games.get(game_id), self._with.sides
        if game.is_side:
            await sides.realign(game, key)
        else:
            awaited = await self._with.measuring.awaited(game)
            realign = partial(self._with.publisher.realign, game, key, awaited)
            await each(partial(sides.redraw, game, key), realign)

    async def show_prompt(self, game_id: str) -> None:
        """Edits every message that shows or quotes a game's prompt, to show the prompt that is stored now."""
        game = await self._with.store.games.get(game_id)
        await self._with.publisher.show_prompt(game, await self._with.measuring.awaited(game))

    async def play_on(self, game: Run) -> None:
        """Plays a game that was promoted, or goes on where its run was cut off."""
        await self._with.engine.enqueue(workflow_ids.playing(game.id, game.run), self.playing, game.id, game.run)

    # Workflows

    @DBOS.workflow(name="Play.opening.2", max_recovery_attempts=1_000)
    async def opening(self, game_id: str, run: int) -> None:
        value = await self._open(game_id, run)
        if held_up(value):
            await self._end_early(game_id, run, value)

    @DBOS.workflow(name="Play.playing.2", max_recovery_attempts=1_000)
    async def playing(self, game_id: str, run: int) -> None:
        last: int | None = None
        for index in range(await self._length(game_id)):
            outcome = await self._take(game_id, run, index, last)
            if not isinstance(outcome, Shown):
                await self._end_early(game_id, run, write(outcome), index, last)
                return
            last = outcome.message_id
        for what in await self._to_reveal(game_id):
            if held := held_up(await self._reveal(game_id, run, what)):
                await self._end_early(game_id, run, write(held))
                return
            await DBOS.sleep_async(self._with.reveal_s)
        await self._finish(game_id, run, last)

    @DBOS.workflow(name="Play.minding", max_recovery_attempts=1_000)
    async def minding(self, game_id: str, key: str, due: str) -> None:
        await DBOS.sleep_async(await self._seconds_until(due))
        await self._look_after(game_id)

    @DBOS.workflow(name="Play.closing.2", max_recovery_attempts=1_000)
    async def closing(self, game_id: str) -> None:
        if await self._close(game_id):
            await self._scale(game_id)

    @DBOS.workflow(name="Play.settling", max_recovery_attempts=1_000)
    async def settling(self, game_id: str) -> None:
        await self._edit_card(game_id)
        await self._edit_summary(game_id)
        await self._give_place(game_id)

    @DBOS.workflow(name="Play.realigning", max_recovery_attempts=1_000)
    async def realigning(self, game_id: str, key: str) -> None:
        await self._realign(game_id, key)

    async def _take(self, game_id: str, run: int, index: int, last: int | None) -> Outcome:
        """Plays one step, and asks again where the answer was refused or unusable; not again for a refused prompt.

        `last` is the message of the step before, which is stored with this one.
        """
        for attempt in range(ATTEMPTS):
            outcome = read(await self._ask(game_id, run, index, attempt, last))
            if isinstance(outcome, Submitted):
                outcome = read(await self._answer(game_id, run, index, attempt, outcome.ms))
            kind = outcome.kind if isinstance(outcome, Failed) else None
            if kind not in (Refused, BadOutput) or (kind is Refused and index == 0):
                break
        return outcome

    # Durable steps

    @durable_step("Play._open")
    async def _open(self, game_id: str, run: int) -> Journalled:
        """Posts card, thread and opening message, and only then lets the queue promote the game."""
        opened = write(await outcome_of(self._set_up(game_id, run)))
        if not held_up(opened):
            await self._with.store.games.opened(game_id, run)
            game = await self._with.store.games.get(game_id)
            await self.promote(game.request.guild_id)
            game = await self._with.store.games.get(game_id)
            if game.state is GameState.QUEUED:
                await self._show_place(game)
        return opened

    async def _show_place(self, game: Game) -> None:
        """Has the card of a game that stays queued say so: at once, unless that is what it was posted with.

        The thread, which that card has no button for yet, is shown by Discord beneath it.
        """
        if self._with.publisher.cards.state(game.id) is GameState.QUEUED:
            self.cards.moved_up(game.request.guild_id, game.id)
        else:
            await self._with.publisher.edit_card(game)

    async def _set_up(self, game_id: str, run: int) -> None:
        game = await self._with.runner.views.fresh(game_id, run, GOING)
        if run:
            await self._with.publisher.reopen(game)
            game = await self._with.runner.views.fresh(game_id, run, GOING)
        await self._with.publisher.open(game)

    @durable_step("Play._close")
    async def _close(self, game_id: str) -> bool:
        """Measures a finished game and posts its summary; whether the summary lacks a calibration."""
        return await self._with.measuring.close(game_id)

    @durable_step("Play._length")
    async def _length(self, game_id: str) -> int:
        return 2 * (await self._with.store.games.get(game_id)).request.turns

    @durable_step("Play._ask")
    @journalled
    async def _ask(self, game_id: str, run: int, index: int, attempt: int, last: int | None) -> Outcome:
        return await self._with.runner.ask((game_id, run), index, attempt, last, seat=self._seat)

    @durable_step("Play._answer")
    @journalled
    async def _answer(self, game_id: str, run: int, index: int, attempt: int, submit_ms: int) -> Outcome:
        return await self._with.runner.answer((game_id, run), index, attempt, submit_ms)

    async def _seat(self, game: Game, key: StepKey) -> bool:
        """Opens a step to members, unless it is played; returns whether the game waits for them now."""
        if len(game.steps) > key.index:
            return False
        if game.is_album:
            await self._with.store.games.move(game.id, GameState.WAITING, only_from=[GameState.PLAYING])
            return True
        waits = await self._with.human_turns.seat(game, key)
        await self.mind(game.id, key)
        return waits

    @durable_step("Play._show")
    @journalled
    async def _show(self, game_id: str, run: int, what: str) -> None:
        game = await self._with.runner.views.fresh(game_id, run, GOING)
        await self._with.publisher.post(game, GameMessage.parse(what))

    @durable_step("Play._to_reveal")
    async def _to_reveal(self, game_id: str) -> list[str]:
        """The messages of a sealed game's reveal, in order; none for other games."""
        game = await self._with.store.games.get(game_id)
        if game.is_album or not game.is_sealed:
            return []
        steps = (GameMessage.step(step.key) for step in game.steps)
        return [str(message) for message in (GameMessage(GameMessageKind.OPENING), *steps)]

    @durable_step("Play._reveal")
    @journalled
    async def _reveal(self, game_id: str, run: int, what: str) -> None:
        await self._with.publisher.reveal(await self._with.runner.views.fresh(game_id, run), GameMessage.parse(what))

    @durable_step("Play._seconds_until")
    async def _seconds_until(self, due: str) -> float:
        return max(0.0, (datetime.fromisoformat(due) - datetime.now(UTC)).total_seconds()) + _MARGIN

    @durable_step("Play._look_after")
    async def _look_after(self, game_id: str) -> None:
        game = await self._with.store.games.get(game_id)
        if game.state is GameState.WAITING:
            await self.look_after(game)

    @durable_step("Play._reopen")
    @journalled
    async def _reopen(self, game_id: str, run: int) -> None:
        await self._with.publisher.reopen(await self._with.runner.views.fresh(game_id, run, GOING))

    @durable_step("Play._finish")
    async def _finish(self, game_id: str, run: int, last: int | None = None) -> None:
        game = await self._with.store.games.get(game_id)
        await self._with.runner.end(game_id, 2 * game.request.turns, last)
        end = GameState.WAITING if game.is_album else GameState.FINISHED
        if game.run == run and await self._with.store.games.move(game_id, end, only_from=[GameState.PLAYING]):
            _log.info("game finished", game=game_id, turns=game.request.turns)
        game = await self._with.store.games.get(game_id)
        if game.state is GameState.FINISHED:
            await self._with.engine.enqueue(workflow_ids.closing(game_id), self.closing, game_id)
        elif game.run == run and game.state is GameState.PAUSED:
            await self._with.publisher.edit_card(game)
        await self.promote(game.request.guild_id)

    @durable_step("Play._end_early")
    async def _end_early(
        self, game_id: str, run: int, value: Journalled, index: int = 0, last: int | None = None
    ) -> None:
        """Books a failure, a lost thread, or a pause that was noticed before it was booked; stops are booked."""
        await self._with.runner.end(game_id, index, last)
        games = self._with.store.games
        game = await games.get(game_id)
        if game.run != run:
            return
        if isinstance(outcome := read(value), Failed):
            continues = outcome.kind is StageGone or (outcome.kind in (Overdrawn, CutOff) and has_continue(game))
            state = GameState.PAUSED if continues else GameState.FAILED
            await games.move(game_id, state, only_from=GOING, reason=outcome.sentence)
            _log.info("game ended early", game=game_id, state=state.value, error=outcome.name)
        elif game.state in GOING:
            everywhere = await self._with.store.servers.paused_everywhere()
            reason = PAUSED_EVERYWHERE if everywhere else PAUSED_HERE
            await games.move(game_id, GameState.PAUSED, only_from=GOING, reason=reason)
        await self.promote(game.request.guild_id)
        await self._with.publisher.edit_card(await games.get(game_id))

    @durable_step("Play._give_place")
    async def _give_place(self, game_id: str, opened: int | None = None) -> None:
        """Promotes queued games of the server: also this one where `opened` is the run that is ready to play."""
        if opened is not None:
            await self._with.store.games.opened(game_id, opened)
        await self.promote((await self._with.store.games.get(game_id)).request.guild_id)

    @durable_step("Play._tell_place")
    async def _tell_place(self, game_id: str) -> None:
        """Updates the card of a game that stays queued, unless that is what it was posted with."""
        game = await self._with.store.games.get(game_id)
        if game.state is GameState.QUEUED and self._with.publisher.cards.state(game_id) is not GameState.QUEUED:
            await self._with.publisher.edit_card(game)

    @durable_step("Play._measure")
    @journalled
    async def _measure(self, game_id: str) -> None:
        await self._with.measuring.begin(game_id)

    @durable_step("Play._await_primary")
    async def _await_primary(self, game_id: str) -> None:
        await self._with.measuring.wait(game_id)

    @durable_step("Play._summarise")
    @journalled
    async def _summarise(self, game_id: str) -> None:
        await self._with.measuring.summarise(game_id)

    @durable_step("Play._scale")
    @journalled
    async def _scale(self, game_id: str) -> Outcome:
        return await self._with.measuring.calibrate(game_id, self._with.measuring.always)

    @durable_step("Play._edit_summary")
    @journalled
    async def _edit_summary(self, game_id: str) -> None:
        game = await self._with.store.games.get(game_id)
        await self._with.publisher.edit_summary(game, await self._with.measuring.awaited(game))

    @durable_step("Play._realign")
    @journalled
    async def _realign(self, game_id: str, key: str) -> None:
        await self.show_as_it_is(game_id, StepKey.parse(key))

    @durable_step("Play._edit_card")
    async def _edit_card(self, game_id: str) -> None:
        game = await self._with.store.games.get(game_id)
        await self._with.publisher.edit_card(game)
        await self._with.human_turns.show_invitation(game, game.next_key, patient=True)

    # Runs that were begun before opening and closing took one durable step, and a step two, are played on as before.

    @DBOS.workflow(name="Play.opening", max_recovery_attempts=1_000)
    async def opening_1(self, game_id: str, run: int) -> None:
        held = held_up(await self._reopen(game_id, run)) if run else None
        for message in OPENING:
            held = held or held_up(await self._show(game_id, run, str(message)))
        if held:
            await self._end_early(game_id, run, write(held))
            return
        await self._give_place(game_id, run)
        await self._tell_place(game_id)

    @DBOS.workflow(name="Play.closing", max_recovery_attempts=1_000)
    async def closing_1(self, game_id: str) -> None:
        await self._measure(game_id)
        await self._await_primary(game_id)
        await self._summarise(game_id)
        await self._scale(game_id)

    @DBOS.workflow(name="Play.playing", max_recovery_attempts=1_000)
    async def playing_1(self, game_id: str, run: int) -> None:
        for index in range(await self._length(game_id)):
            held = await self._take_1(game_id, run, index)
            held = held or held_up(await self._show(game_id, run, str(GameMessage.step(StepKey.at(index)))))
            if held:
                await self._end_early(game_id, run, write(held))
                return
        for what in await self._to_reveal(game_id):
            if held := held_up(await self._reveal(game_id, run, what)):
                await self._end_early(game_id, run, write(held))
                return
            await DBOS.sleep_async(self._with.reveal_s)
        await self._finish(game_id, run)

    async def _take_1(self, game_id: str, run: int, index: int) -> HeldUp | None:
        """Plays one step, and asks again where the answer was refused or unusable; not again for a refused prompt."""
        for attempt in range(ATTEMPTS):
            value = await self._submit(game_id, run, index, attempt)
            if isinstance(submitted := read(value), Submitted):
                value = await self._collect(game_id, run, index, attempt, submitted.ms)
            held = held_up(value)
            kind = held.kind if isinstance(held, Failed) else None
            if kind not in (Refused, BadOutput) or (kind is Refused and index == 0):
                break
        return held

    @durable_step("Play._submit")
    @journalled
    async def _submit(self, game_id: str, run: int, index: int, attempt: int) -> Outcome:
        game = await self._with.runner.views.fresh(game_id, run)
        key = StepKey.at(index)
        if game.player(key) == HUMAN:
            if await self._seat(game, key):
                return Waits()
            game = await self._with.runner.views.fresh(game_id, run)
            if game.player(key) == HUMAN:  # otherwise the step went to a model before the game waited
                return Done()
        await self._with.publisher.edit_card(game)
        return Submitted(await self._with.runner.steps.submit(game, index, attempt))

    @durable_step("Play._collect")
    @journalled
    async def _collect(self, game_id: str, run: int, index: int, attempt: int, submit_ms: int) -> None:
        game = replace(await self._with.store.games.get(game_id), run=run)
        await self._with.runner.steps.collect(
            game, index, attempt, submit_ms, delayed=partial(self._with.runner.tell_delay, game)
        )
