"""The protocol of what shows the progress of a rescore."""

from typing import Protocol

from telephone.domain.rescores import Rescore
from telephone.ports.posting import Posting


class JobPresenter(Protocol):
    """Shows rescores. Raises StageGone, or Unavailable where trying again may help."""

    async def post(self, job: Rescore, label: str, posting: Posting) -> int:
        """Posts the card in the channel, which calls the embedder `label`; returns its id."""
        ...

    async def edit(self, job: Rescore, label: str) -> None:
        """Brings the card up to date; may skip an edit that follows another too soon, unless the state is new."""
        ...
