"""The protocol of what deletes posted messages, wherever games and battles are shown."""

from typing import Protocol

from telephone.domain.deletions import Spot


class Cleanup(Protocol):
    """Deletes posted messages. A message that is gone already is no error."""

    async def sweep(self, spot: Spot) -> bool:
        """Deletes all messages that we posted there; False where we have no access any more. Raises Unavailable."""
        ...
