"""The vocabulary of a step that members may take. Every value here is frozen."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from telephone.domain.games import StepKey


class SeatState(StrEnum):
    """Where a seat is. In the last two its step is taken for good."""

    OPEN = "open"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    STOOD_IN = "stood in"

    @property
    def is_settled(self) -> bool:
        return self in (SeatState.ANSWERED, SeatState.STOOD_IN)


@dataclass(frozen=True, slots=True)
class Claim:
    """One member's hold on a seat. `token` is Discord's, with which only they can be told something for a while."""

    id: str
    member_id: int
    claimed_at: datetime
    half_at: datetime
    expires_at: datetime
    token: str | None = field(default=None, repr=False)
    half_told: bool = False

    def holds(self, moment: datetime) -> bool:
        """Whether there is time left at that moment."""
        return moment < self.expires_at


@dataclass(frozen=True, slots=True)
class Seat:
    """One step of a game, to be taken by the first member who claims it, who has `claim_seconds` for it then.

    `stand_in` is the model that plays at `deadline` where nobody has taken the step until then, None where none can
    play. `member_id` is the one member for whom it is kept, until then, None where anybody may take it. `claim` is that
    of a claimed seat, None in every other state.
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
        """When something is to be done about it next, None where it is settled."""
        if self.state.is_settled:
            return None
        moments = [] if self.half_told else [self.half_at]
        if self.state is SeatState.OPEN or self.claim is None:
            return min([*moments, self.deadline])
        half = [] if self.claim.half_told or self.claim.token is None else [self.claim.half_at]
        return min([*moments, *half, self.claim.expires_at])
