"""The durable workflow that deletes all data that is kept of one member.

It first stops the member's games, battles and parties. Then the store deletes the member's rows in one transaction, and
the workflow deletes piece by piece what lies outside the store: messages, pictures, journals. The journal of this
workflow has no member id and no text, and each step, repeated, finds its work done.
"""

from dataclasses import dataclass
from typing import Final

import structlog
from dbos import DBOS, DBOSConfiguredInstance

from telephone.battles.workflow import BattleWorkflow
from telephone.domain.deletions import Erasure, Reach
from telephone.domain.games import GameState, StepKey
from telephone.engine import workflow_ids
from telephone.engine.engine import Engine
from telephone.engine.reruns import enqueue_unended
from telephone.engine.waiting import look_until
from telephone.errors import StageGone, TelephoneError
from telephone.games.workflow import GameWorkflow
from telephone.measurement.distances import GameMeasurer
from telephone.media.images import Pictures
from telephone.parties.workflow import PartyWorkflow
from telephone.ports.cleanup import Cleanup
from telephone.store import Store

STOPPED: Final = "A member had their data deleted, and this game was a part of it."
SETTLE: Final = 900.0
"""How long a deletion waits for running workflows to end, in seconds: as long as one step may take."""
PAUSES: Final = (60.0, 300.0, *(1_800.0,) * 46)
"""The pauses between attempts where Discord did not answer, in seconds; a day in all."""
_UNFINISHED: Final = tuple(state for state in GameState if not state.is_final)
_PICTURES: Final = "pictures"
"""Stands for all deleted pictures in the list of things to take back, whose other entries are ids."""
_PROMPT: Final = "0"
"""Stands for a game's prompt in such an entry, where others have a step."""
_AWARDS: Final = "awards"
"""Stands for a party's awards in such an entry."""
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
        """Starts deletions that were ordered elsewhere or left unfinished by a crash or a fault. Safe at any time."""
        unended = {workflow_ids.erasing(one.id): one.id for one in await self._with.store.erasures.unended()}
        await enqueue_unended(self._with.engine, self.erasing, unended)

    # Workflow

    @DBOS.workflow(name="Erasing.erasing", max_recovery_attempts=1_000)
    async def erasing(self, erasure_id: str) -> None:
        await self._stop(erasure_id)
        await self._forget_vectors(erasure_id)
        left = [_PICTURES, *await self._erase(erasure_id)]
        for pause in (*self._with.pauses, None):
            left = [name for name in left if not await self._take_back(erasure_id, name)]
            if not left or pause is None:
                break
            await DBOS.sleep_async(pause)
        await self._conclude(erasure_id, len(left))

    # Durable steps

    @DBOS.step(name="Erasing._stop")
    async def _stop(self, erasure_id: str) -> None:
        """Stops the member's games, battles and parties, and waits until none of their steps can write any more."""
        store, workflow = self._with.store, self._with.games
        found = await store.erasures.under_way(erasure_id)
        member_id = (await store.erasures.get(erasure_id)).member_id or 0
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

    @DBOS.step(name="Erasing._forget_vectors")
    async def _forget_vectors(self, erasure_id: str) -> None:
        """Deletes the member's vectors. Runs before their texts are deleted: the vectors' keys are made of them."""
        texts, pictures = await self._with.store.erasures.words(erasure_id)
        hashes = {key for embedder in self._with.measure.embedders.values() for key in await embedder.keys(texts)}
        await self._with.store.vectors.forget([*sorted(hashes), *pictures])

    @DBOS.step(name="Erasing._erase")
    async def _erase(self, erasure_id: str) -> list[str]:
        """Deletes the member's rows; returns what to take back outside the store.

        Entries are ids of games and battles, steps as in `0f3c/2c`, prompts as in `0f3c/0`, and awards as in
        `0f3c/awards`.
        """
        reach = await self._with.store.erasures.erase(erasure_id)
        _log.info("a member's data is deleted", erasure=erasure_id, games=len(reach.games), steps=len(reach.steps))
        prompts = (f"{game_id}/{_PROMPT}" for game_id in reach.prompts)
        awards = (f"{party_id}/{_AWARDS}" for party_id in reach.parties)
        return [*reach.games, *reach.battles, *reach.steps, *prompts, *awards]

    @DBOS.step(name="Erasing._take_back")
    async def _take_back(self, erasure_id: str, name: str) -> bool:
        """Deletes an entry's messages, or edits those that show its step, prompt or awards; False to retry later."""
        owner_id, _, part = name.partition("/")
        try:
            if name == _PICTURES:
                await self._delete_pictures(erasure_id)
            elif not part:
                await self._sweep(owner_id)
            elif part == _PROMPT:
                await self._with.games.show_prompt(owner_id)
            elif part == _AWARDS:
                await self._with.parties.show_awards(owner_id)
            else:
                await self._with.games.show_as_it_is(owner_id, StepKey.parse(part))
            return True
        except StageGone:
            return True
        except TelephoneError as error:
            _log.warning("not taken back yet", owner=owner_id, error=type(error).__name__)
        except Exception:
            _log.exception("taking back broke", owner=owner_id)
        return False

    @DBOS.step(name="Erasing._conclude")
    async def _conclude(self, erasure_id: str, left: int) -> None:
        """Deletes the journals of games, battles and parties, where they were shown, and who ordered the deletion."""
        reach = (await self._with.store.erasures.get(erasure_id)).reach
        owners = (*reach.games, *reach.battles, *reach.parties)
        await self._with.engine.forget(workflow_ids.prefixes(workflow_ids.OF_OWNERS, owners))
        await self._with.store.erasures.forget(erasure_id)
        await self._with.store.compact()
        await self._with.store.erasures.end(erasure_id)
        _log.info("a deletion is done", erasure=erasure_id, not_taken_back=left)

    async def _delete_pictures(self, erasure_id: str) -> None:
        for sha256 in (await self._with.store.erasures.get(erasure_id)).reach.pictures:
            if not await self._with.store.erasures.is_needed(sha256):
                await self._with.pictures.delete(sha256)

    async def _sweep(self, owner_id: str) -> None:
        for spot in await self._with.store.erasures.spots(Reach(games=(owner_id,), battles=(owner_id,))):
            if not await self._with.cleanup.sweep(spot):
                _log.warning("messages are out of reach", owner=owner_id)
