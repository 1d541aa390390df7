"""The durable workflow of a party.

`hosting` lets members join and bring prompts, opens round after round to all of them at once, and reveals the albums
after the last round. It only looks at the store, where every process stores what members do: so any process can answer
a press of a button, and a crash loses nothing. Where a model stands in for a member who left, telephone.games.workflow
plays the step.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Final

import structlog
from cachetools import LRUCache
from dbos import DBOS, DBOSConfiguredInstance

from telephone.domain.games import GameRequest, GameState, Pair, Prompt, StepKey
from telephone.domain.human_turns import SeatState
from telephone.domain.messages import (
    GameMessage,
    GameMessageKind,
    PartyMessage,
    PartyMessageKind,
    RevealKind,
    RevealPoint,
)
from telephone.domain.parties import GUESTS_MAX, GUESTS_MIN, Party, PartyState, rounds_for
from telephone.engine import workflow_ids
from telephone.engine.durable import durable_step
from telephone.engine.engine import Engine
from telephone.engine.outages import is_outage
from telephone.engine.outcomes import BROKEN, Done, Failed, Halted, Journalled, held_up, journalled, read, write
from telephone.engine.reruns import Reruns, Run
from telephone.engine.waiting import look_when
from telephone.errors import OverBudget, StageGone, TelephoneError
from telephone.games.admission import GameAdmission
from telephone.games.measure_workflow import MeasureWorkflow
from telephone.games.publisher import GamePublisher
from telephone.games.workflow import GameWorkflow
from telephone.parties.publisher import PartyPublisher, numbered
from telephone.prompts.catalog import curated
from telephone.store import Order, Store
from telephone.store.sights import PARTIES

STOPPED: Final = "Its host stopped the party."
GONE: Final = "Its channel or its thread is gone, or closed to me, so the party ended; please start another."
OVER: Final = "The party is over."
NOBODY_LEFT: Final = "Everybody left, so the party is over."
_PROMPTS: Final = PartyMessage(PartyMessageKind.PROMPTS)
_UNFINISHED: Final = tuple(state for state in GameState if not state.is_final)
_STOPPABLE: Final = tuple(state for state in PartyState if not state.is_final)
TOO_FEW: Final = f"Fewer than {GUESTS_MIN} members were there, so the party did not begin; nothing was kept."
_MARGIN: Final = 0.05
"""How long after the due time a party looks, in seconds: earlier, nothing would be due yet."""
_TELL_EVERY: Final = 3.0
"""The shortest time between two edits of a call's count of members who are done, in seconds."""
_COUNT_EVERY: Final = 6.0
"""How often the card of a party that members may join is shown again, in seconds."""
_KNOWN: Final = 500
"""How many parties are kept as they were last found, so that their cards can be edited while the store is down."""
_log = structlog.get_logger()


async def _tell_outage(workflow: "PartyWorkflow", party_id: str, held_up: bool) -> None:
    """Says on a party's card that an outage holds it up, or that it goes on."""
    await workflow.tell_outage(party_id, held_up=held_up)


@dataclass(frozen=True, slots=True)
class PartyDependencies:
    """The collaborators of the workflow. `reveal_s` is the pause between two messages of the reveal, in seconds."""

    store: Store
    games: GameWorkflow
    game_publisher: GamePublisher
    publisher: PartyPublisher
    measuring: MeasureWorkflow
    admission: GameAdmission
    engine: Engine
    reveal_s: float


@DBOS.dbos_class("Hosting")
class PartyWorkflow(DBOSConfiguredInstance):
    """Runs parties. One instance a process, by a name in the journal that never changes."""

    def __init__(self, dependencies: PartyDependencies) -> None:
        self._with = dependencies
        self._known: LRUCache[str, Party] = LRUCache(_KNOWN)
        super().__init__(config_name="party")

    async def begin(self, party: Run) -> None:
        """Shows a stored party and runs it to its end."""
        await self._with.engine.enqueue(workflow_ids.party(party.id, party.run), self.hosting, party.id, party.run)

    async def stop(self, party_id: str, reason: str) -> None:
        """Ends a party before its time, and its albums with it."""
        if await stop_party(self._with.store, party_id, reason):
            await self.end(party_id)

    async def end(self, party_id: str) -> None:
        """Stops the albums of a party that is stored as ended; does nothing for any other."""
        await self._drop_albums(await self._with.store.parties.get(party_id))

    async def show_awards(self, party_id: str) -> None:
        """Brings the awards of a party up to date, after something that they quote was deleted."""
        await self._with.publisher.edit_awards(await self._with.store.parties.get(party_id))

    async def tell_outage(self, party_id: str, *, held_up: bool) -> None:
        """Says on a party's card that an outage holds it up, as far as it is known here, or that it goes on."""
        if held_up and (known := self._known.get(party_id)) is not None:
            await self._with.publisher.tell_outage(known)
        elif not held_up:
            await self._with.publisher.edit_card_of(party_id)

    async def recover(self) -> None:
        """Starts parties again that a crash, a fault or another process left unfinished. Safe at any time."""
        unfinished = await self._with.store.due.parties()
        reruns = Reruns("party", self._with.engine, self._with.store.parties, self.begin, self._give_up)
        await reruns.set_going({workflow_ids.party(one.id, one.run): one for one in unfinished})

    async def _give_up(self, party: Party) -> None:
        await self.stop(party.id, BROKEN)

    # Workflow

    @DBOS.workflow(name="Hosting.hosting", max_recovery_attempts=1_000)
    async def hosting(self, party_id: str, run: int) -> None:
        held = held_up(await self._show(party_id, run, str(PartyMessage(PartyMessageKind.CARD))))
        held = held or held_up(await self._gather(party_id, run))
        for kind in (PartyMessageKind.THREAD, PartyMessageKind.PROMPTS):
            held = held or held_up(await self._show(party_id, run, str(PartyMessage(kind))))
        held = held or held_up(await self._collect(party_id, run))
        for round_ in range(1, 1 + (0 if held else await self._rounds(party_id))):
            held = held or held_up(await self._open(party_id, run, round_))
            held = held or held_up(await self._show(party_id, run, str(PartyMessage.round(round_))))
            held = held or held_up(await self._await_round(party_id, run, round_))
        held = held or held_up(await self._close_rounds(party_id, run))
        for line in [] if held else await self._to_reveal(party_id):
            held = held or held_up(await self._reveal(party_id, run, line))
            await DBOS.sleep_async(self._with.reveal_s)
        held = held or held_up(await self._show(party_id, run, str(PartyMessage(PartyMessageKind.AWARDS))))
        await self._end(party_id, run, write(held or Done()))

    # Durable steps

    @durable_step("Hosting._show", _tell_outage)
    @journalled
    async def _show(self, party_id: str, run: int, what: str) -> None:
        await self._with.publisher.post(await self._still_on(party_id, run), PartyMessage.parse(what))
        await self._with.publisher.edit_card(await self._with.store.parties.get(party_id))

    @durable_step("Hosting._gather", _tell_outage)
    @journalled
    async def _gather(self, party_id: str, run: int) -> None:
        """Waits until the time to join is over, every place is taken, or the host begins."""

        async def look() -> Party:
            party = await self._still_on(party_id, run)
            if party.state is PartyState.JOINING and (len(party.guests) >= party.request.players or _is_due(party)):
                await self._with.store.parties.call(party_id, TOO_FEW)
                party = await self._still_on(party_id, run)
            if party.state is PartyState.JOINING:
                await self._with.publisher.edit_card(party)
            return party

        with self._with.store.changes.watching(PARTIES, party_id) as changed:
            await look_when(changed, look, lambda party: party.state is not PartyState.JOINING, due=_soon)

    @durable_step("Hosting._collect", _tell_outage)
    @journalled
    async def _collect(self, party_id: str, run: int) -> None:
        """Waits for the prompts; members without one in time get a curated prompt. A paused server's party waits on."""
        shown = _ShownCount()

        async def look() -> Party:
            party = await self._still_on(party_id, run)
            if await self._is_complete(party):
                await self._deal(party)
                party = await self._still_on(party_id, run)
            if party.state is PartyState.PROMPTS and shown.should_show(party.brought):
                await self._with.publisher.edit_call(party, _PROMPTS)
            return party

        def due(party: Party) -> float:
            return min(_seconds_left(party), shown.seconds_left(party.brought))

        with self._with.store.changes.watching(PARTIES, party_id) as changed:
            party = await look_when(changed, look, lambda now: now.state is not PartyState.PROMPTS, due=due)
        await self._with.publisher.edit_call(party, _PROMPTS)

    @durable_step("Hosting._rounds")
    async def _rounds(self, party_id: str) -> int:
        return (await self._with.store.parties.get(party_id)).rounds

    @durable_step("Hosting._open", _tell_outage)
    @journalled
    async def _open(self, party_id: str, run: int, round_: int) -> None:
        await self._still_on(party_id, run)
        if await self._with.store.parties.open_round(party_id, round_):
            _log.info("round opened", party=party_id, round=round_)

    @durable_step("Hosting._await_round", _tell_outage)
    @journalled
    async def _await_round(self, party_id: str, run: int, round_: int) -> None:
        """Waits until every turn of a round is taken, by its member or by a model that stands in."""
        shown, message = _ShownCount(), PartyMessage.round(round_)

        def is_over(party: Party) -> bool:
            return party.round != round_ or party.done == len(party.albums)

        async def look() -> Party:
            await self._look_after(party_id)
            party = await self._still_on(party_id, run)
            if not party.going:
                await self.stop(party_id, NOBODY_LEFT)
                raise Halted
            if not is_over(party) and shown.should_show(party.done):
                await self._with.publisher.edit_call(party, message)
            return party

        def due(party: Party) -> float:
            return min(_seconds_left(party), shown.seconds_left(party.done))

        with self._with.store.changes.watching(PARTIES, party_id) as changed:
            party = await look_when(changed, look, is_over, due=due)
        await self._with.publisher.edit_call(party, message)

    @durable_step("Hosting._close_rounds", _tell_outage)
    @journalled
    async def _close_rounds(self, party_id: str, run: int) -> None:
        """Starts to measure all albums before the first is revealed, so that no reveal waits for a distance."""
        await self._still_on(party_id, run)
        for _, album in numbered(await self._with.store.parties.get(party_id)):
            if not album.game.state.is_final:
                await self._measure(album.game.id)
        going = [PartyState.PLAYING]
        await self._with.store.parties.move(party_id, PartyState.REVEALING, only_from=going)
        await self._with.publisher.edit_card(await self._with.store.parties.get(party_id))

    @durable_step("Hosting._to_reveal")
    async def _to_reveal(self, party_id: str) -> list[str]:
        """The points of the reveal, in order, as strings: those of each album after the other."""
        points: list[RevealPoint] = []
        for number, album in numbered(await self._with.store.parties.get(party_id)):
            points += [RevealPoint(number, kind) for kind in (RevealKind.ALBUM, RevealKind.OPENING)]
            points += [RevealPoint(number, RevealKind.STEP, step.key) for step in album.game.steps]
            points += [RevealPoint(number, kind) for kind in (RevealKind.END, RevealKind.REPLAY)]
        return [str(point) for point in points]

    @durable_step("Hosting._reveal", _tell_outage)
    @journalled
    async def _reveal(self, party_id: str, run: int, line: str) -> None:
        party = await self._still_on(party_id, run)
        point = RevealPoint.parse(line)
        album = dict(numbered(party)).get(point.number)
        if album is None:
            return
        match point:
            case RevealPoint(number, RevealKind.ALBUM):
                await self._with.publisher.post(party, PartyMessage(PartyMessageKind.ALBUM, number))
            case RevealPoint(number, RevealKind.REPLAY):
                await self._with.publisher.post(party, PartyMessage(PartyMessageKind.REPLAY, number))
            case RevealPoint(_, RevealKind.OPENING):
                await self._with.publisher.reveal(album, GameMessage(GameMessageKind.OPENING))
            case RevealPoint(_, RevealKind.STEP, StepKey() as key):
                await self._with.publisher.reveal(album, GameMessage.step(key))
            case RevealPoint(_, RevealKind.END):
                await self._finish(album.game.id)

    @durable_step("Hosting._end")
    async def _end(self, party_id: str, run: int, value: Journalled) -> None:
        """Books the party's end, or the failure that held it up; a stop is booked already."""
        parties = self._with.store.parties
        if (await parties.get(party_id)).run != run:
            return
        outcome, revealing = read(value), [PartyState.REVEALING]
        if isinstance(outcome, Failed):
            _log.info("party held up", party=party_id, error=outcome.name)
            await self.stop(party_id, GONE if outcome.kind is StageGone else outcome.sentence)
        elif outcome == Done() and await parties.move(party_id, PartyState.FINISHED, only_from=revealing):
            _log.info("party finished", party=party_id)
        party = await parties.get(party_id)
        await self._drop_albums(party)
        for message in (_PROMPTS, PartyMessage.round(party.round)):
            await self._with.publisher.edit_call(party, message)
        await self._with.publisher.edit_card(party)

    async def _is_complete(self, party: Party) -> bool:
        """Whether every member has brought a prompt or the time for it is over, and the server is not paused."""
        complete = party.brought == len(party.guests) or _is_due(party)
        if party.state is not PartyState.PROMPTS or not complete:
            return False
        return not await self._with.store.servers.paused(party.request.guild_id)

    async def _deal(self, party: Party) -> None:
        """Makes the albums. Raises OverBudget where the most that the models can cost does not fit today's budget."""
        turns = rounds_for(len(party.guests), party.request.rounds) // 2
        pair = Pair(party.request.t2i, party.request.i2t)
        order = self._with.admission.order(GameRequest(Prompt(""), pair, turns))
        spare = secrets.SystemRandom().sample(curated(), GUESTS_MAX)
        try:
            await self._with.store.parties.deal(party.id, spare, order, TOO_FEW)
        except OverBudget:
            if order.most_usd > self._with.admission.measuring_usd(turns):
                raise
            await self._with.store.parties.deal(party.id, spare, Order(0.0, order.caps), TOO_FEW)

    async def _look_after(self, party_id: str) -> None:
        """Has models play for members who left or are late, and reminds members when half of their time is over."""
        store = self._with.store
        party = await store.parties.get(party_id)  # most looks find nothing to do and write nothing
        if party.has_late(datetime.now(UTC)) and await store.parties.stand_in_overdue(party_id):
            party = await store.parties.get(party_id)
        if party.waits_for_model:
            for game_id in await store.parties.go_on(party_id):
                await self._with.games.begin(await store.games.get(game_id))
        for album in party.albums:
            seat = album.seat
            if seat is None or seat.state is not SeatState.CLAIMED:
                continue
            if await store.seats.tell_claim(seat.game_id, seat.key):
                await self._with.game_publisher.remind(album.game, seat)

    async def _finish(self, game_id: str) -> None:
        """Ends an album whose steps are revealed, measures it, and posts its summary."""
        games = self._with.store.games
        await games.move(game_id, GameState.FINISHED, only_from=[GameState.WAITING])
        if (await games.get(game_id)).state is GameState.FINISHED:
            await self._measure(game_id)
            await self._with.measuring.wait(game_id)
            await self._with.measuring.summarise(game_id)

    async def _measure(self, game_id: str) -> None:
        """Measures an album; an album that cannot be measured is revealed all the same, and its summary says so."""
        try:
            await self._with.measuring.begin(game_id)
        except TelephoneError as error:
            if is_outage(error):
                raise
            _log.warning("an album is not measured", game=game_id, error=type(error).__name__)

    async def _drop_albums(self, party: Party) -> None:
        """Stops the unfinished albums of a party that has ended."""
        for album in party.albums if party.state.is_final else ():
            games = self._with.store.games
            if await games.move(album.game.id, GameState.STOPPED, only_from=_UNFINISHED, reason=party.reason or OVER):
                await self._with.games.settle(await games.get(album.game.id))

    async def _still_on(self, party_id: str, run: int) -> Party:
        """The party, if this run of it may go on. Raises Halted after a newer run and after the party's end."""
        party = await self._with.store.parties.get(party_id)
        if party.run != run or party.state.is_final:
            raise Halted
        self._known[party_id] = party
        return party


class _ShownCount:
    """The count that a call showed last, and when: limits how often the call is edited."""

    def __init__(self) -> None:
        self._said, self._at = 0, 0.0

    def should_show(self, count: int) -> bool:
        """Whether to edit the call now; remembers the count as shown if so."""
        if count == self._said or time.monotonic() - self._at < _TELL_EVERY:
            return False
        self._said, self._at = count, time.monotonic()
        return True

    def seconds_left(self, count: int) -> float:
        """After how many seconds a count that is not shown yet may be."""
        return inf if count == self._said else max(0.0, self._at + _TELL_EVERY - time.monotonic())


def _is_due(party: Party) -> bool:
    return party.due_at is not None and party.due_at <= datetime.now(UTC)


def _soon(party: Party) -> float:
    """After how many seconds a card that counts who joins is shown again: an edit soon after another is skipped."""
    return min(_COUNT_EVERY, _seconds_left(party))


def _seconds_left(party: Party) -> float:
    """After how many seconds the next reminder, deadline or end of a claim of a party is due."""
    moment = datetime.now(UTC)
    due = party.next_due(moment)
    return inf if due is None else (due - moment).total_seconds() + _MARGIN


async def stop_party(store: Store, party_id: str, reason: str) -> bool:
    """Stores that a party ends before its time; False where it had ended. Its runner does what follows."""
    moved = await store.parties.move(party_id, PartyState.STOPPED, only_from=_STOPPABLE, reason=reason)
    if moved:
        _log.info("party stopped", party=party_id)
    return moved
