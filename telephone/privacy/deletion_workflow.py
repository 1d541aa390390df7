"""The durable workflow that deletes all data that is kept of one member.

It first stops the member's games, battles and parties. Then the store deletes the member's rows in one transaction, and
the workflow deletes piece by piece what lies outside the store: messages, pictures, journals. The journal of this
workflow has no member id and no text, and each step, repeated, finds its work done.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from dbos import DBOS, DBOSConfiguredInstance

from telephone.battles.workflow import BattleWorkflow
from telephone.domain.deletions import AWARDS, PICTURES, PROMPT, Erasure, Reach
from telephone.domain.games import GameState, StepKey
from telephone.engine import workflow_ids
from telephone.engine.durable import durable_step
from telephone.engine.engine import Engine
from telephone.engine.outages import is_outage
from telephone.engine.reruns import enqueue_unended
from telephone.engine.waiting import look_until
from telephone.errors import NotFound, StageGone, TelephoneError
from telephone.games.workflow import GameWorkflow
from telephone.measurement.distances import GameMeasurer
from telephone.media.images import Pictures
from telephone.parties.workflow import PartyWorkflow
from telephone.ports.cleanup import Cleanup
from telephone.privacy.orders import DeletionOrders
from telephone.store import Store

STOPPED: Final = "A member had their data deleted, and this game was a part of it."
SETTLE: Final = 900.0
"""How long a deletion waits for running workflows to end, in seconds: as long as one step may take."""
PAUSES: Final = (60.0, 300.0, *(1_800.0,) * 46)
"""The pauses between attempts where Discord did not answer, in seconds; a day in all."""
_UNFINISHED: Final = tuple(state for state in GameState if not state.is_final)
LATER: Final = 21_600
"""How often what is still out of reach is tried after these attempts, in seconds: without end."""
_LOOK_EVERY: Final = 0.25
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeletionDependencies:
    """The collaborators of the workflow. `settle_s` is how long it waits for running workflows, in seconds."""

    store: Store
    pictures: Pictures
    measure: GameMeasurer
    games: GameWorkflow
    battles: BattleWorkflow
    parties: PartyWorkflow
    cleanup: Cleanup
    engine: Engine
    orders: DeletionOrders
    settle_s: float = SETTLE
    pauses: tuple[float, ...] = PAUSES


@DBOS.dbos_class("Erasing")
class DeletionWorkflow(DBOSConfiguredInstance):
    """Carries deletions out. One instance a process, by a name in the journal that never changes."""

    def __init__(self, dependencies: DeletionDependencies) -> None:
        self._with = dependencies
        super().__init__(config_name="erasing")

    async def begin(self, erasure: Erasure) -> None:
        """Carries out a stored deletion, to its end."""
        await self._with.engine.enqueue(workflow_ids.erasing(erasure.id), self.erasing, erasure.id)

    async def recover(self) -> None:
        """Starts deletions that were ordered elsewhere or left unfinished by a crash or a fault. Safe at any time.

        What an ended one left out of reach is tried again, once every few hours.
        """
        erasures, engine = self._with.store.erasures, self._with.engine
        unended = {workflow_ids.erasing(one.id): one.id for one in await erasures.unended()}
        await enqueue_unended(engine, self.erasing, unended)
        for one in await erasures.leftovers():
            name = workflow_ids.once_every(LATER, workflow_ids.erasing(one.id))
            await engine.enqueue(name, self.erasing, one.id, True)

    # Workflow

    @DBOS.workflow(name="Erasing.erasing", max_recovery_attempts=1_000)
    async def erasing(self, erasure_id: str, once: bool = False) -> None:
        await self._stop(erasure_id)
        await self._forget_vectors(erasure_id)
        left = [PICTURES, *await self._erase(erasure_id)]
        for pause in (*(() if once else self._with.pauses), None):
            left = [name for name in left if not await self._take_back(erasure_id, name)]
            if not left or pause is None:
                break
            await DBOS.sleep_async(pause)
        await self._conclude(erasure_id, len(left))

    # Durable steps

    @durable_step("Erasing._stop")
    async def _stop(self, erasure_id: str) -> None:
        """Stops the member's games, battles and parties, and waits until none of their steps can write any more.

        Before, it keeps the order where the restore of an older backup finds it.
        """
        store, workflow = self._with.store, self._with.games
        found = await store.erasures.under_way(erasure_id)
        erasure = await store.erasures.get(erasure_id)
        member_id = erasure.member_id or 0
        if member_id:
            await self._with.orders.keep(erasure.id, member_id, erasure.ordered_at)
        for party_id in found.gathering:
            await store.parties.leave(party_id, member_id)
        for party_id in found.parties:
            await self._with.parties.stop(party_id, STOPPED)
        for battle_id in found.battles:
            await self._with.battles.void(battle_id, STOPPED)
        for game_id in found.games:
            if await store.games.move(game_id, GameState.STOPPED, only_from=_UNFINISHED, reason=STOPPED):
                await workflow.settle(await store.games.get(game_id))
        for seat in found.seats:
            game_id, _, step = seat.partition("/")
            if await store.seats.release(game_id, StepKey.parse(step), member_id):
                await workflow.seat_changed(game_id, StepKey.parse(step))
        reach = await store.erasures.reach(erasure_id)
        games = (*reach.games, *reach.prompts, *found.games)
        names = workflow_ids.prefixes(workflow_ids.WRITING_GAMES, games)
        names += workflow_ids.prefixes(workflow_ids.WRITING_BATTLES, reach.battles)
        names += workflow_ids.prefixes(workflow_ids.WRITING_PARTIES, found.parties)
        going, settle_s = self._with.engine.going, self._with.settle_s
        await look_until(lambda: going(names), lambda still: not still, every=_LOOK_EVERY, within=settle_s)

    @durable_step("Erasing._forget_vectors")
    async def _forget_vectors(self, erasure_id: str) -> None:
        """Deletes the member's vectors. Runs before their texts are deleted: the vectors' keys are made of them."""
        texts, pictures = await self._with.store.erasures.words(erasure_id)
        hashes = {key for embedder in self._with.measure.embedders.values() for key in await embedder.keys(texts)}
        await self._with.store.vectors.forget([*sorted(hashes), *pictures])

    @durable_step("Erasing._erase")
    async def _erase(self, erasure_id: str) -> list[str]:
        """Deletes the member's rows; returns what to take back outside the store, as entries of the scope."""
        reach = await self._with.store.erasures.erase(erasure_id)
        _log.info("a member's data is deleted", erasure=erasure_id, games=len(reach.games), steps=len(reach.steps))
        return reach.entries

    @durable_step("Erasing._take_back")
    async def _take_back(self, erasure_id: str, name: str) -> bool:
        """Deletes an entry's messages, or edits those that show its step, prompt or awards.

        False to retry later; what stands meanwhile is stored, so that nobody is told that nothing does.
        """
        done = False
        try:
            done = await self._reach(erasure_id, name)
        except StageGone as error:
            done = error.gone
            _log.info("out of reach", entry=name, gone=error.gone, why=error.what)
        except TelephoneError as error:
            _log.warning("not taken back yet", entry=name, error=type(error).__name__)
        except Exception as error:
            if is_outage(error):
                raise
            _log.exception("taking back broke", entry=name)
        erasures = self._with.store.erasures
        if not done:
            await erasures.note(erasure_id, name, await self._place(name))
        elif name in (await erasures.get(erasure_id)).left:
            await erasures.note(erasure_id, name, None)
        return done

    @durable_step("Erasing._conclude")
    async def _conclude(self, erasure_id: str, left: int) -> None:
        """Deletes the journals of games, battles and parties, where they were shown, and who ordered the deletion."""
        before = await self._with.store.erasures.get(erasure_id)
        reach = before.reach
        owners = (*reach.games, *reach.battles, *reach.parties)
        await self._with.engine.forget(workflow_ids.prefixes(workflow_ids.OF_OWNERS, owners))
        await self._with.store.erasures.forget(erasure_id)
        if before.ended_at is None or not before.left:
            await self._with.store.compact()
        else:
            await self._with.engine.forget([f"{workflow_ids.erasing(erasure_id)}-"])
        await self._with.store.erasures.end(erasure_id)
        _log.info("a deletion is done", erasure=erasure_id, not_taken_back=left)

    async def _delete_pictures(self, erasure_id: str) -> None:
        for sha256 in (await self._with.store.erasures.get(erasure_id)).reach.pictures:
            if not await self._with.store.erasures.is_needed(sha256):
                await self._with.pictures.delete(sha256)

    async def _reach(self, erasure_id: str, name: str) -> bool:
        """Takes one entry back; returns whether nothing of it stands any more. Raises TelephoneError."""
        owner_id, _, part = name.partition("/")
        if name == PICTURES:
            await self._delete_pictures(erasure_id)
        elif not part:
            return await self._sweep(owner_id)
        elif part == PROMPT:
            await self._with.games.show_prompt(owner_id)
        elif part == AWARDS:
            await self._with.parties.show_awards(owner_id)
        else:
            await self._with.games.show_as_it_is(owner_id, StepKey.parse(part))
        return True

    async def _place(self, name: str) -> int:
        """The channel or thread that an entry stands in, 0 where it has none."""
        owner_id, _, part = name.partition("/")
        if name == PICTURES:
            return 0
        with suppress(NotFound):
            return await self._shown_in(owner_id, part)
        return 0

    async def _shown_in(self, owner_id: str, part: str) -> int:
        """The thread of a game, battle or party, or its channel where it has none. Raises NotFound."""
        store = self._with.store
        if part == AWARDS:
            party = await store.parties.get(owner_id)
            return party.thread_id or party.request.channel_id
        if not part:
            spots = await store.erasures.spots(Reach(games=(owner_id,), battles=(owner_id,)))
            return next((spot.thread_id or spot.channel_id for spot in spots), 0)
        game = await store.games.get(owner_id)
        battles = await store.battles.of_game(owner_id) if game.is_side else []
        shown = [battle.thread_id for battle in battles] + [game.place.thread_id]
        return next((thread_id for thread_id in shown if thread_id), game.request.channel_id)

    async def _sweep(self, owner_id: str) -> bool:
        reached = True
        for spot in await self._with.store.erasures.spots(Reach(games=(owner_id,), battles=(owner_id,))):
            if not await self._with.cleanup.sweep(spot):
                _log.warning("messages are out of reach", owner=owner_id)
                reached = False
        return reached
