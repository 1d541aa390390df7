"""The runners of a process that runs no workflow, such as a gateway: they enqueue for the workers.

What a member is told at once is stored here; what is shown in Discord, a worker shows. What cannot be enqueued for want
of a database is found by a sweep.
"""

from dataclasses import dataclass
from typing import Final

from telephone.battles.workflow import BattleWorkflow
from telephone.domain.battles import Battle, BattleState
from telephone.domain.deletions import Erasure
from telephone.domain.games import Game, GameState, StepKey
from telephone.domain.parties import Party
from telephone.domain.rescores import Rescore
from telephone.engine import workflow_ids
from telephone.engine.client import EngineClient, WorkflowOf
from telephone.games.human_turns import give_away
from telephone.games.seat_workflow import SeatWorkflow
from telephone.games.workflow import GameWorkflow
from telephone.measurement.rescore_workflow import RescoreWorkflow
from telephone.models.players import Players
from telephone.parties.workflow import PartyWorkflow
from telephone.privacy.deletion_workflow import DeletionWorkflow
from telephone.store import Store

OPENING: Final = WorkflowOf(GameWorkflow.opening, "play")
SETTLING: Final = WorkflowOf(GameWorkflow.settling, "play")
REALIGNING: Final = WorkflowOf(GameWorkflow.realigning, "play")
SEAT_CHANGED: Final = WorkflowOf(SeatWorkflow.changed, "seat")
LEADING: Final = WorkflowOf(BattleWorkflow.leading, "battle")
CLOSING_BATTLE: Final = WorkflowOf(BattleWorkflow.closing, "battle")
HOSTING: Final = WorkflowOf(PartyWorkflow.hosting, "party")
WORKING: Final = WorkflowOf(RescoreWorkflow.working, "rescore")
ERASING: Final = WorkflowOf(DeletionWorkflow.erasing, "erasing")
ALL: Final = (OPENING, SETTLING, REALIGNING, SEAT_CHANGED, LEADING, CLOSING_BATTLE, HOSTING, WORKING, ERASING)
"""The workflows that are enqueued from here, with the names of their instances."""


@dataclass(frozen=True, slots=True)
class EnqueuedGames:
    """Has workers play games."""

    store: Store
    engine: EngineClient
    players: Players

    async def begin(self, game: Game) -> None:
        """Has a stored game opened, and played when its turn comes."""
        await self.engine.enqueue(workflow_ids.opening(game.id, game.run), OPENING, game.id, game.run)

    async def go_on(self, game: Game) -> None:
        """Resumes a paused game, in a new run."""
        await self.store.games.next_run(game.id)
        await self.store.games.move(game.id, GameState.QUEUED, only_from=[GameState.PAUSED])
        await self.begin(await self.store.games.get(game.id))

    async def promote(self, guild_id: int) -> None:
        """Has the queue of a server looked at, by the workflow that does so after it has shown a game's card."""
        for game_id in (await self.store.games.queue(guild_id))[:1]:
            await self.engine.enqueue(workflow_ids.once_more(workflow_ids.SETTLE, game_id), SETTLING, game_id)

    async def settle(self, game: Game) -> None:
        """Has the card of a game that has ended or pauses brought up to date, and its place given to another."""
        state = "voided" if game.voided else game.state.value
        await self.engine.enqueue(workflow_ids.settling(game.id, game.run, state), SETTLING, game.id)

    async def seat_changed(self, game_id: str, key: StepKey) -> None:
        """Has a worker go on after a member claimed, gave back or answered a step."""
        name = workflow_ids.once_more(workflow_ids.SEAT, game_id, str(key))
        await self.engine.enqueue(name, SEAT_CHANGED, game_id, str(key))

    async def give_away(self, game: Game, key: StepKey) -> None:
        """Gives a waiting step to a model. Raises NotAllowed where a member holds it, or no model can play it."""
        await give_away(self.store, self.players, game, key)
        await self.seat_changed(game.id, key)

    async def realign(self, game_id: str) -> None:
        """Has steps of a game hidden or shown again, as reports and decisions say; a sweep tries again."""
        for stale in await self.store.reports.stale(game_id):
            name = workflow_ids.realigning(stale.game_id, str(stale.key), stale.version)
            every = workflow_ids.TEN_MINUTES if stale.is_new else workflow_ids.HOUR
            name = workflow_ids.once_every(every, name)
            await self.engine.enqueue(name, REALIGNING, stale.game_id, str(stale.key))


@dataclass(frozen=True, slots=True)
class EnqueuedBattles:
    """Has workers run battles."""

    store: Store
    engine: EngineClient

    async def begin(self, battle: Battle) -> None:
        """Has a stored battle shown and run until the voting opens."""
        await self.engine.enqueue(workflow_ids.battle(battle.id, battle.run), LEADING, battle.id, battle.run)

    async def go_on(self, battle: Battle) -> None:
        """Resumes a paused battle, in a new run."""
        await self.store.battles.next_run(battle.id)
        await self.store.battles.move(battle.id, BattleState.PLAYING, only_from=[BattleState.PAUSED])
        await self.begin(await self.store.battles.get(battle.id))

    async def end(self, battle_id: str) -> None:
        """Has a battle that is stored as ended measured, and its end shown; does nothing for any other."""
        if (await self.store.battles.get(battle_id)).state.is_final:
            await self.engine.enqueue(workflow_ids.battle_end(battle_id), CLOSING_BATTLE, battle_id)

    async def show_count(self, _battle_id: str) -> None:
        """Leaves the card to the next sweep, which edits the cards of battles whose votes have changed."""


@dataclass(frozen=True, slots=True)
class EnqueuedParties:
    """Has workers run parties."""

    engine: EngineClient

    async def begin(self, party: Party) -> None:
        """Has a stored party shown and run to its end."""
        await self.engine.enqueue(workflow_ids.party(party.id, party.run), HOSTING, party.id, party.run)

    async def end(self, _party_id: str) -> None:
        """Leaves the albums to the party's own workflow, which sees that it has ended."""


@dataclass(frozen=True, slots=True)
class EnqueuedRescores:
    """Has workers measure old games with another embedder."""

    engine: EngineClient

    async def begin(self, job: Rescore) -> None:
        """Has a stored job run to its end."""
        await self.engine.enqueue(workflow_ids.rescoring(job.id), WORKING, job.id)

    async def show(self, _job_id: str) -> None:
        """Leaves the card to the worker at the job, which shows it when the job has ended."""


@dataclass(frozen=True, slots=True)
class EnqueuedDeletions:
    """Has workers delete what is kept of members."""

    engine: EngineClient

    async def begin(self, erasure: Erasure) -> None:
        """Has a stored deletion carried out, to its end."""
        await self.engine.enqueue(workflow_ids.erasing(erasure.id), ERASING, erasure.id)
