"""The vocabulary of a step that members may take. Every value here is frozen."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from telephone.domain.games import StepKey


class SeatState(StrEnum):
    """The state of a seat. In the last two its step is taken for good."""

    OPEN = "open"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    STOOD_IN = "stood in"

    @property
    def is_settled(self) -> bool:
        return self in (SeatState.ANSWERED, SeatState.STOOD_IN)


@dataclass(frozen=True, slots=True)
class Claim:
    """One member's claim of a seat. `token` is Discord's, and lets the bot tell only them something for a while."""

    id: str
    member_id: int
    claimed_at: datetime
    half_at: datetime
    expires_at: datetime
    token: str | None = field(default=None, repr=False)
    half_told: bool = False

    def holds(self, moment: datetime) -> bool:
        """Whether the claim has time left at a moment."""
        return moment < self.expires_at


@dataclass(frozen=True, slots=True)
class Seat:
    """One step of a game that waits for a member. The first member who claims it has `claim_seconds` to answer.

    `stand_in` is the model that plays at `deadline` where no member has taken the step by then, None where no model can
    play. `member_id` is the one member for whom the seat is reserved until then, None where any member may take it.
    `claim` is the current claim of a claimed seat, None in every other state.
    """

    game_id: str
    key: StepKey
    state: SeatState
    opened_at: datetime
    half_at: datetime
    deadline: datetime
    claim_seconds: float
    stand_in: str | None = None
    claim: Claim | None = None
    half_told: bool = False
    member_id: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When a reminder, the end of a claim or the deadline is due next; None where the seat is settled."""
        if self.state.is_settled:
            return None
        moments = [] if self.half_told else [self.half_at]
        if self.state is SeatState.OPEN or self.claim is None:
            return min([*moments, self.deadline])
        half = [] if self.claim.half_told or self.claim.token is None else [self.claim.half_at]
        return min([*moments, *half, self.claim.expires_at])
