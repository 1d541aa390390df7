"""The durable workflow of a battle over its games.

`leading` posts card and thread, posts each round when every side has played it, and opens the voting; `waiting` sleeps
until the voting ends; `closing` measures the games and shows names, votes and distances. telephone.games.workflow plays
the games; these workflows only look at their progress. Each workflow is enqueued under an id of its own and so runs
once; the store is the truth, as for a game.
"""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from cachetools import LRUCache
from dbos import DBOS, DBOSConfiguredInstance

from telephone.battles.publisher import BattlePublisher
from telephone.domain.battles import SIDES_MIN, Battle, BattleState
from telephone.domain.games import GameState
from telephone.domain.messages import BattleMessage, BattleMessageKind
from telephone.engine import workflow_ids
from telephone.engine.durable import durable_step
from telephone.engine.engine import Engine
from telephone.engine.outcomes import (
    BROKEN,
    Done,
    Failed,
    Halted,
    HeldUp,
    Journalled,
    Out,
    Outcome,
    Void,
    held_up,
    journalled,
    outcome_of,
    read,
    write,
)
from telephone.engine.reruns import Reruns, Run
from telephone.engine.waiting import look_when
from telephone.errors import Overdrawn, StageGone
from telephone.games.measure_workflow import MeasureWorkflow
from telephone.games.workflow import PAUSES, GameWorkflow
from telephone.store import Store
from telephone.store.due import CARDS_EVERY
from telephone.store.sights import BATTLES

DROPPED: Final = "It could not be played on."
"""Why a side is out, in as many words as may be shown before the battle closes: more would name its models."""
TOO_FEW: Final = "Fewer than two sides could be played on, so there is nothing to compare."
TAKEN_OUT: Final = "A moderator took a side out after a report, and the votes cast before were on another choice."
STOPPED: Final = "Its host stopped it."
LEFT: Final = "The bot was removed from the server."
_GOING: Final = (BattleState.PLAYING, BattleState.PAUSED, BattleState.VOTING)
_UNFINISHED: Final = (GameState.QUEUED, GameState.PLAYING, GameState.PAUSED)
_COUNT_EVERY: Final = 5.0
"""The shortest time between two edits of a card's count of votes, in seconds."""
_LOOKS: Final = 2
"""In how many sweeps the same is shown: an edit soon after another is skipped when it is delivered."""
_CALL: Final = (BattleMessage(BattleMessageKind.BALLOT), BattleMessage(BattleMessageKind.CALL))
"""The messages that open the voting."""
_CALL_WITHIN: Final = timedelta(minutes=1)
"""How long after the voting opened a sweep takes over posting the ballot."""
_CLOSE_AFTER: Final = timedelta(minutes=20)
_CLOSE_UNTIL: Final = timedelta(days=1)
"""A battle whose end could not be shown is closed again every hour, for a day."""
_KNOWN: Final = 500
"""How many battles are kept as they were last found, so that their cards can be edited while the store is down."""
_log = structlog.get_logger()


async def _tell_outage(workflow: "BattleWorkflow", battle_id: str, held_up: bool) -> None:
    """Says on a battle's card that an outage holds it up, or that it goes on."""
    await workflow.tell_outage(battle_id, held_up=held_up)


@dataclass(frozen=True, slots=True)
class BattleDependencies:
    """The collaborators of the workflow."""

    store: Store
    games: GameWorkflow
    publisher: BattlePublisher
    measuring: MeasureWorkflow
    engine: Engine


@DBOS.dbos_class("Battling")
class BattleWorkflow(DBOSConfiguredInstance):
    """Runs battles. One instance a process, by a name in the journal that never changes."""

    def __init__(self, dependencies: BattleDependencies) -> None:
        self._with = dependencies
        self._counted: dict[str, float] = {}
        self._swept: dict[str, tuple[tuple[Any, ...], int]] = {}
        """What sweeps saw of each battle that is open for votes, and in how many of them it was the same."""
        """What the last sweep saw of each battle that takes votes."""
        self._known: LRUCache[str, Battle] = LRUCache(_KNOWN)
        super().__init__(config_name="battle")

    async def begin(self, battle: Run) -> None:
        """Shows a stored battle and runs it until the voting opens."""
        await self._with.engine.enqueue(workflow_ids.battle(battle.id, battle.run), self.leading, battle.id, battle.run)

    async def go_on(self, battle: Battle) -> None:
        """Resumes a paused battle, in a new run."""
        battles = self._with.store.battles
        await battles.next_run(battle.id)
        await battles.move(battle.id, BattleState.PLAYING, only_from=[BattleState.PAUSED])
        await self.begin(await battles.get(battle.id))

    async def void(self, battle_id: str, reason: str, only_from: Collection[BattleState] = _GOING) -> None:
        """Ends a battle without a result, and its unfinished games."""
        await void_battle(self._with.store, battle_id, reason, only_from)
        await self.end(battle_id)

    async def close(self, battle_id: str) -> None:
        """Ends the voting if its time is over."""
        await close_voting(self._with.store, battle_id, early=False)
        await self.end(battle_id)

    async def show_count(self, battle_id: str) -> None:
        """Updates the card's count of votes, at most every _COUNT_EVERY seconds; the next sweep shows later votes."""
        moment = time.monotonic()
        if moment - self._counted.get(battle_id, -_COUNT_EVERY) >= _COUNT_EVERY:
            self._counted[battle_id] = moment
            await self._with.publisher.edit_card(await self._with.store.battles.get(battle_id))

    async def tell_outage(self, battle_id: str, *, held_up: bool) -> None:
        """Says on a battle's card that an outage holds it up, as far as it is known here, or that it goes on."""
        if held_up and (known := self._known.get(battle_id)) is not None:
            await self._with.publisher.tell_outage(known)
        elif not held_up:
            await self._with.publisher.edit_card_of(battle_id)

    async def recover(self) -> None:
        """Starts battles again that a crash, a fault or another process left unfinished. Safe at any time."""
        store = self._with.store
        played = await store.due.battles()
        reruns = Reruns("battle", self._with.engine, store.battles, self.begin, self._give_up)
        await reruns.set_going({workflow_ids.battle(one.id, one.run): one for one in played})
        votings, period = await store.due.votings(), int(time.monotonic() // CARDS_EVERY)
        swept: dict[str, tuple[tuple[Any, ...], int]] = {}
        for one in votings:
            seen = (*one.seen, period)
            looks = self._swept[one.id][1] if self._swept.get(one.id, ((), 0))[0] == seen else 0
            known = not one.is_over and looks >= _LOOKS
            if known or await self._look_after_votes(await store.battles.get(one.id)):
                swept[one.id] = seen, looks + 1
        self._swept = swept
        self._counted = {one.id: self._counted[one.id] for one in votings if one.id in self._counted}
        for battle in await store.battles.unshown(_CLOSE_AFTER, _CLOSE_UNTIL):
            name = workflow_ids.once_every(workflow_ids.HOUR, workflow_ids.battle_end(battle.id))
            await self._with.engine.enqueue(name, self.closing, battle.id)

    async def _look_after_votes(self, battle: Battle) -> bool:
        """Closes a vote whose time is over; otherwise posts a missing ballot and updates the count on the card.

        Returns whether nothing is left to do until something changes.
        """
        shown = False
        if len(battle.in_play) < max(SIDES_MIN, len(battle.standing)):
            await self.void(battle.id, TAKEN_OUT)
        elif battle.closes_at is not None and battle.closes_at <= datetime.now(UTC):
            await self.close(battle.id)
        else:
            await self._with.engine.enqueue(workflow_ids.battle_wait(battle.id), self.waiting, battle.id)
            late = battle.opened_at is not None and datetime.now(UTC) - battle.opened_at > _CALL_WITHIN
            shown = set(map(str, _CALL)) <= battle.messages.keys()
            if late and not shown:
                name = workflow_ids.once_every(workflow_ids.MINUTE, workflow_ids.battle_ballot(battle.id))
                await self._with.engine.enqueue(name, self.calling, battle.id, battle.run)
            await self._with.publisher.edit_card(battle)
        return shown

    async def _give_up(self, battle: Battle) -> None:
        await self.void(battle.id, BROKEN)

    async def end(self, battle_id: str) -> None:
        """Measures a battle that is stored as ended and shows its end; does nothing for any other."""
        if (await self._with.store.battles.get(battle_id)).state.is_final:
            await self._with.engine.enqueue(workflow_ids.battle_end(battle_id), self.closing, battle_id)

    # Workflows

    @DBOS.workflow(name="Battling.leading", max_recovery_attempts=1_000)
    async def leading(self, battle_id: str, run: int) -> None:
        held = held_up(await self._reopen(battle_id, run)) if run else None
        for kind in (BattleMessageKind.CARD, BattleMessageKind.THREAD, BattleMessageKind.OPENING):
            held = held or held_up(await self._show(battle_id, run, str(BattleMessage(kind))))
        held = held or held_up(await self._send_in(battle_id, run))
        turns = 0 if held else await self._length(battle_id)
        for turn in range(1, turns + 1):
            held = held or await self._gather(battle_id, run, turn)
            held = held or held_up(await self._show(battle_id, run, str(BattleMessage.round(turn))))
        held = held or await self._gather(battle_id, run, turns)
        held = held or held_up(await self._open_voting(battle_id, run))
        if held:
            await self._end_early(battle_id, run, write(held))
            return
        for message in _CALL:
            await self._show(battle_id, run, str(message))

    @DBOS.workflow(name="Battling.calling", max_recovery_attempts=1_000)
    async def calling(self, battle_id: str, run: int) -> None:
        for message in _CALL:
            await self._show(battle_id, run, str(message))

    @DBOS.workflow(name="Battling.waiting", max_recovery_attempts=1_000)
    async def waiting(self, battle_id: str) -> None:
        await DBOS.sleep_async(await self._seconds_left(battle_id))
        await self._close(battle_id)

    @DBOS.workflow(name="Battling.closing", max_recovery_attempts=1_000)
    async def closing(self, battle_id: str) -> None:
        await self._call_off(battle_id)
        await self._measure(battle_id)
        for kind in (BattleMessageKind.VERDICT, BattleMessageKind.RESULT):
            await self._show_end(battle_id, str(BattleMessage(kind)))

    async def _gather(self, battle_id: str, run: int, turn: int) -> HeldUp | None:
        """Waits until all sides have played a turn, and posts which sides dropped out."""
        value = await self._await_round(battle_id, run, turn)
        held, outcome = held_up(value), read(value)
        for place in outcome.places if isinstance(outcome, Out) else ():
            held = held or held_up(await self._show(battle_id, run, str(BattleMessage.out(place))))
        return held

    # Durable steps

    @durable_step("Battling._length")
    async def _length(self, battle_id: str) -> int:
        """How many rounds there are to post: none for finished games, which were posted when they were played."""
        request = (await self._with.store.battles.get(battle_id)).request
        return request.turns if request.designed else 0

    @durable_step("Battling._reopen")
    @journalled
    async def _reopen(self, battle_id: str, run: int) -> None:
        await self._with.publisher.reopen(await self._still_on(battle_id, run))

    @durable_step("Battling._send_in", _tell_outage)
    @journalled
    async def _send_in(self, battle_id: str, run: int) -> None:
        """Starts the games now that the battle is shown, and resumes those that paused with it."""
        for side in (await self._still_on(battle_id, run)).in_play:
            if side.game.state is GameState.QUEUED:
                await self._with.games.begin(side.game)
            elif side.game.state is GameState.PAUSED and side.game.reason not in PAUSES:
                await self._with.games.go_on(side.game)

    @durable_step("Battling._show", _tell_outage)
    @journalled
    async def _show(self, battle_id: str, run: int, what: str) -> None:
        message = BattleMessage.parse(what)
        state = BattleState.VOTING if message in _CALL else BattleState.PLAYING
        await self._with.publisher.post(await self._still_on(battle_id, run, state), message)
        if message.kind is BattleMessageKind.ROUND:
            await self._with.publisher.edit_card(await self._with.store.battles.get(battle_id))

    @durable_step("Battling._await_round", _tell_outage)
    @journalled
    async def _await_round(self, battle_id: str, run: int, turn: int) -> Outcome:
        """Waits until every side has played a turn or is out; `Out` has the places of the sides that are out by then.

        A side that failed is dropped at the first turn that it lacks: dropped earlier, it would tell how fast it was.
        """
        shown: tuple[str | None, bool] | None = None

        async def look() -> Battle:
            nonlocal shown
            battle = await self._still_on(battle_id, run)
            for side in battle.in_play:
                if side.game.state is GameState.PAUSED and side.game.reason not in PAUSES:
                    raise Overdrawn(str(side.game.reason))
            if not _is_played(battle, turn) and (battle.waits, battle.queued) != shown:
                shown = battle.waits, battle.queued
                await self._with.publisher.edit_card(battle)
            return battle

        with self._with.store.changes.watching(BATTLES, battle_id) as changed:
            battle = await look_when(changed, look, lambda now: _is_played(now, turn))
        if len(battle.in_play) < SIDES_MIN:
            return Void(TOO_FEW)
        return Out(tuple(await self._drop(battle, turn)))

    @durable_step("Battling._open_voting", _tell_outage)
    @journalled
    async def _open_voting(self, battle_id: str, run: int) -> Outcome:
        battle = await self._still_on(battle_id, run, BattleState.PLAYING, BattleState.VOTING)
        if len(battle.in_play) < SIDES_MIN:
            return Void(TOO_FEW)
        if await self._with.store.battles.open_voting(battle_id):
            _log.info("voting opened", battle=battle_id, sides=len(battle.in_play))
        await self._with.engine.enqueue(workflow_ids.battle_wait(battle_id), self.waiting, battle_id)
        return Done()

    @durable_step("Battling._end_early")
    async def _end_early(self, battle_id: str, run: int, value: Journalled) -> None:
        """Books a lost thread, or a side whose money does not suffice, as a pause of battle and games, a failure as the
        battle's end; stops are booked."""
        battles = self._with.store.battles
        if (await battles.get(battle_id)).run != run:
            return
        playing, why = [BattleState.PLAYING], "halt"
        match read(value):
            case Void(reason):
                why = "void"
                await self.void(battle_id, reason, playing)
            case Failed(why, reason) as failed if failed.kind in (StageGone, Overdrawn):
                await battles.move(battle_id, BattleState.PAUSED, only_from=playing, reason=reason)
                await self._pause_games(await battles.get(battle_id))
            case Failed(why, reason):
                await self.void(battle_id, reason, playing)
        _log.info("battle held up", battle=battle_id, why=why)
        await self._with.publisher.edit_card(await battles.get(battle_id))

    @durable_step("Battling._seconds_left")
    async def _seconds_left(self, battle_id: str) -> float:
        closes_at = (await self._with.store.battles.get(battle_id)).closes_at
        return max(0.0, (closes_at - datetime.now(UTC)).total_seconds()) if closes_at else 0.0

    @durable_step("Battling._close")
    async def _close(self, battle_id: str) -> None:
        await self.close(battle_id)

    @durable_step("Battling._call_off")
    async def _call_off(self, battle_id: str) -> None:
        """Stops the unfinished games of a battle that has ended."""
        for side in (await self._with.store.battles.get(battle_id)).sides:
            stopped = await self._with.store.games.move(
                side.game.id, GameState.STOPPED, only_from=_UNFINISHED, reason="Its battle ended."
            )
            if stopped:
                await self._with.games.settle(await self._with.store.games.get(side.game.id))

    @durable_step("Battling._measure")
    async def _measure(self, battle_id: str) -> Journalled:
        """Measures the games that their own workflows have not measured yet, so that the distances can be shown."""
        battle = await self._with.store.battles.get(battle_id)
        if battle.state is not BattleState.CLOSED:
            return write(Done())

        async def measure() -> None:
            for side in battle.standing:
                await self._with.measuring.begin(side.game.id)
            await asyncio.gather(*(self._with.measuring.wait(side.game.id) for side in battle.standing))

        return write(await outcome_of(measure()))

    @durable_step("Battling._show_end")
    @journalled
    async def _show_end(self, battle_id: str, what: str) -> None:
        battle, message = await self._with.store.battles.get(battle_id), BattleMessage.parse(what)
        is_card = message.kind is BattleMessageKind.VERDICT
        if battle.card_id is not None and (battle.thread_id is not None or is_card):
            await self._with.publisher.post(battle, message)

    async def _drop(self, battle: Battle, turn: int) -> list[int]:
        """Drops sides that lack a turn or that a moderator voided; returns the places of all that are out by then."""
        lacking = [side for side in battle.sides if side.is_out and (side.game.voided or side.turns_played < turn)]
        for side in lacking:
            await self._with.store.battles.drop(battle.id, side.place, DROPPED)
        return [side.place for side in lacking]

    async def _pause_games(self, battle: Battle) -> None:
        if battle.state is not BattleState.PAUSED:
            return
        for side in battle.in_play:
            going = (GameState.QUEUED, GameState.PLAYING)
            if await self._with.store.games.move(side.game.id, GameState.PAUSED, only_from=going, reason=battle.reason):
                await self._with.games.settle(await self._with.store.games.get(side.game.id))

    async def _still_on(self, battle_id: str, run: int, *states: BattleState) -> Battle:
        """The battle, if this run of it may go on. Raises Halted after a newer run and in another state."""
        battle = await self._with.store.battles.get(battle_id)
        if battle.run != run or battle.state not in (states or (BattleState.PLAYING,)):
            raise Halted
        self._known[battle_id] = battle
        return battle


def _is_played(battle: Battle, turn: int) -> bool:
    """Whether every side has played a turn or is out, or too few can play on."""
    return len(battle.in_play) < SIDES_MIN or all(side.is_out or side.turns_played >= turn for side in battle.standing)


async def void_battle(store: Store, battle_id: str, reason: str, only_from: Collection[BattleState]) -> bool:
    """Stores that a battle ends without a result; False where it had ended. Its runner does what follows."""
    moved = await store.battles.move(battle_id, BattleState.VOID, only_from=only_from, reason=reason)
    if moved:
        _log.info("battle void", battle=battle_id)
    return moved


async def close_voting(store: Store, battle_id: str, *, early: bool) -> None:
    """Stores that the voting is over, if its time is, or by the host's word. Its runner does what follows."""
    if await store.battles.close(battle_id, early=early):
        _log.info("battle closed", battle=battle_id, early=early)
