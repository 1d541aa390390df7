"""The protocol of a place where a party is shown. What a stage is to a game, a parlour is to a party.

Before the reveal nothing of what is shown says what anybody drew, wrote or brought. Every post carries a `Posting`, as
on a stage.
"""

from typing import Protocol

from telephone.domain.games import Game
from telephone.domain.parties import Awards, Party
from telephone.ports.posting import Posting


class PartyPresenter(Protocol):
    """Shows parties. Raises StageGone, or Unavailable where trying again may help."""

    async def post_card(self, party: Party, posting: Posting) -> int:
        """The card in the channel, where members join; returns its id."""
        ...

    async def open_thread(self, party: Party, posting: Posting) -> int:
        """The thread on the card; returns its id."""
        ...

    async def post_call(self, party: Party, what: str, posting: Posting) -> int:
        """What members are to do now, in the thread: `prompts`, or a round such as `round-3`; returns its id."""
        ...

    async def edit_call(self, party: Party, what: str) -> None:
        """Brings a call up to date: how many are done, and whether it is over."""
        ...

    async def post_heading(self, party: Party, album: int, posting: Posting) -> int:
        """That an album comes now, by its number from 1; returns its id."""
        ...

    async def post_replay(self, party: Party, game: Game, data: bytes, alt: str, posting: Posting) -> int:
        """An album as one moving picture; returns its id."""
        ...

    async def post_awards(self, party: Party, awards: Awards, posting: Posting) -> int:
        """How far the albums went, and what they are awarded for; returns its id."""
        ...

    async def edit_awards(self, party: Party, awards: Awards) -> None:
        """Brings the awards up to date, after what they quote was deleted."""
        ...

    async def edit_card(self, party: Party) -> None:
        """Brings the card up to date; may skip an edit that follows another too soon, never a final one."""
        ...
