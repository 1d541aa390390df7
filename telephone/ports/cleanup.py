"""The protocol of what takes shown messages back, wherever games and battles are shown."""

from typing import Protocol

from telephone.domain.deletions import Spot


class Cleanup(Protocol):
    """Takes messages back. What is gone already is well."""

    async def sweep(self, spot: Spot) -> bool:
        """Deletes all that we posted there; False where we may not go there any more. Raises Unavailable."""
        ...
