"""The protocol of what takes shown messages back, wherever games and battles are shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one game or battle was shown, from `since` on: its thread, and in the channel the messages of these ids and
    those whose buttons name its id, `owner_id`."""

    owner_id: str
    channel_id: int
    since: datetime
    thread_id: int | None = None
    messages: tuple[int, ...] = ()


class Broom(Protocol):
    """Takes messages back. What is gone already is well."""

    async def sweep(self, spot: Spot) -> bool:
        """Deletes all that we posted there; False where we may not go there any more. Raises Unavailable."""
        ...
