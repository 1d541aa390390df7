"""Members' turns: opens a step to members, sends reminders, ends claims, and has a model stand in at the deadline.

The store says when something is due about a seat, and books each change once. So a timer, a sweep or another process
may look after the same seat: each finds only what is left to do.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from telephone.domain.games import HUMAN, Game, GameState, Kind, StepKey
from telephone.domain.messages import GameMessage
from telephone.errors import NotAllowed
from telephone.games.publisher import GamePublisher
from telephone.models.players import Players
from telephone.providers.base import ModelKind
from telephone.store import Store

NOBODY: Final = "Nobody took this turn, and no model can stand in just now, so the game ended; please start another."
_KINDS: Final[dict[Kind, ModelKind]] = {Kind.PICTURE: "t2i", Kind.CAPTION: "i2t"}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HumanTurns:
    """Opens members' turns and looks after them. Raises StageGone where an invitation cannot be posted."""

    store: Store
    players: Players
    publisher: GamePublisher

    async def seat(self, game: Game, key: StepKey) -> bool:
        """Opens a step to members and lets its game wait; False where a member took the step in the same moment."""
        settings = await self.store.servers.settings(game.request.guild_id)
        model = self.stand_in(game, key)
        await self.store.seats.open(game.id, key, model, settings.seat_seconds, settings.claim_seconds)
        await self.publisher.post(game, GameMessage.invitation(key))
        waits = await self.store.seats.wait(game.id, key)
        if waits:
            _log.info("game waits for a member", game=game.id, step=str(key))
            await self.show(game.id, key)
        return waits

    def stand_in(self, game: Game, key: StepKey) -> str | None:
        """The model that plays a step which no member takes: the pair's own, else the best ready one, if any."""
        return stand_in(self.players, game, key)

    async def look_after(self, game: Game, key: StepKey) -> None:
        """Does what is due about a seat: reminders, the end of an expired claim, a stand-in at the deadline."""
        if game.state is not GameState.WAITING:
            return
        seats, seat, moment = self.store.seats, await self.store.seats.get(game.id, key), datetime.now(UTC)
        if seat.due_at is None or seat.due_at > moment:  # most sweeps find nothing due and write nothing
            return
        changed = seat.half_at <= moment and await seats.tell_half(game.id, key)
        if seat.claim is not None and seat.claim.holds(moment):
            if await seats.tell_claim(game.id, key):
                await self.publisher.remind(game, seat)
        else:
            changed = await seats.lapse(game.id, key) or changed
            if seat.deadline <= moment:
                changed = await self._give_away(game, key) or changed
        if changed:
            await self.show(game.id, key)

    async def give_away(self, game: Game, key: StepKey) -> None:
        """Gives the step to a model now. Raises NotAllowed where no model can, or a member holds or took it."""
        await give_away(self.store, self.players, game, key)
        await self.show(game.id, key)

    async def show(self, game_id: str, key: StepKey) -> None:
        """Brings invitation and card up to date; a failed edit never stops a game."""
        game = await self.store.games.get(game_id)
        await self.show_invitation(game, key)
        await self.publisher.edit_card(game)

    async def show_invitation(self, game: Game, key: StepKey | None, *, patient: bool = False) -> None:
        """Brings the invitation to a step up to date, if it has one; `patient` waits while Discord is down."""
        if key in game.request.human_steps and (seat := await self.store.seats.find(game.id, key)) is not None:
            await self.publisher.edit_invitation(game, seat, patient=patient)

    async def _give_away(self, game: Game, key: StepKey) -> bool:
        model = self.stand_in(game, key)
        if model is not None:
            return await self.store.seats.stand_in(game.id, key, model, early=False)
        return await self.store.games.move(game.id, GameState.FAILED, only_from=[GameState.WAITING], reason=NOBODY)


def stand_in(players: Players, game: Game, key: StepKey) -> str | None:
    """The model that plays a step which no member takes: the pair's own, else the best ready one, if any."""
    own = game.pair.player(key.kind)
    if own != HUMAN and players.why_not(players.registry.table(own)) is None:
        return own
    return players.stand_in(_KINDS[key.kind])


async def give_away(store: Store, players: Players, game: Game, key: StepKey) -> None:
    """Stores that a model takes the step now. Raises NotAllowed where none can, or a member holds or took it."""
    model = stand_in(players, game, key)
    if model is None:
        raise NotAllowed("No model can play this turn just now; please try again later.")
    if not await store.seats.stand_in(game.id, key, model, early=True):
        raise NotAllowed("A member is at this turn just now, or has taken it; please look again in a while.")
