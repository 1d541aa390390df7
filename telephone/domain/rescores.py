"""The vocabulary of measuring old games anew with another embedder. Every value here is frozen."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RescoreState(StrEnum):
    """Where a rescore is. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        return self not in (RescoreState.QUEUED, RescoreState.RUNNING)


@dataclass(frozen=True, slots=True)
class RescorePlan:
    """What measuring a server's games with an embedder comes to: how many `games` lack it, and the most it can cost.

    The last of them has the number `until`: later ones are measured by whoever plays them. `scale_usd` is what the
    operator pays at most, once, for the scale that the embedder's distances are held against.
    """

    guild_id: int
    embedder: str
    version: str
    games: int
    until: int
    most_usd: float
    scale_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Rescore:
    """One job. It measures `games` games from the oldest on: `measured` are done, `left_out` could not be measured.

    `at` is the number of the game it has come to, `until` that of the last one; `held` says that somebody is at work.
    `channel_id` and `message_id` say where its progress is shown, 0 and None in the terminal. `reason` says in one
    sentence why it failed.
    """

    id: str
    guild_id: int
    embedder: str
    version: str
    state: RescoreState
    games: int
    until: int
    created_at: datetime
    measured: int = 0
    left_out: int = 0
    at: int = 0
    asked_by: int = 0
    channel_id: int = 0
    message_id: int | None = None
    reason: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    held: bool = False
    reserved_usd: float = 0.0
    spent_usd: float = 0.0

    @property
    def left(self) -> int:
        """How many games are still to come."""
        return max(0, self.games - self.measured - self.left_out)
