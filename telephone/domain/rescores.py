"""The vocabulary of measuring old games again with another embedder. Every value here is frozen."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RescoreState(StrEnum):
    """The state of a rescore. The last three are final."""

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
    """What it takes to measure a server's games with an embedder: how many `games` lack it, and the most it can cost.

    `until` is the number of the last of them; later games are measured when they are played. `scale_usd` is the most
    that the operator pays, once, for the embedder's calibration.
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

    `at` is the number of the game it has reached, `until` that of the last one; `held` says that a process works on it.
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
