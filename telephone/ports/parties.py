"""The protocol of what shows parties: a thread on Discord, say.

Before the reveal, nothing that is shown may tell what a member drew, wrote or brought. Every post carries a `Posting`,
as for a game.
"""

from typing import Protocol

from telephone.domain.games import Game
from telephone.domain.messages import PartyMessage
from telephone.domain.parties import Awards, Party
from telephone.ports.posting import Posting


class PartyPresenter(Protocol):
    """Shows parties. Raises StageGone, or Unavailable where trying again may help."""

    async def post_card(self, party: Party, posting: Posting) -> int:
        """Posts the card, where members join, in the channel; returns its id."""
        ...

    async def open_thread(self, party: Party, posting: Posting) -> int:
        """Opens the thread on the card; returns its id."""
        ...

    async def post_call(self, party: Party, call: PartyMessage, posting: Posting) -> int:
        """Asks members in the thread for their prompts, or for the turns of a round; returns its id."""
        ...

    async def edit_call(self, party: Party, call: PartyMessage) -> None:
        """Brings a call up to date: how many are done, and whether it is over."""
        ...

    async def post_heading(self, party: Party, album: int, posting: Posting) -> int:
        """Posts the heading of an album, by its number from 1; returns its id."""
        ...

    async def post_replay(self, party: Party, game: Game, data: bytes, alt: str, posting: Posting) -> int:
        """Posts an album as one animated GIF; returns the message's id."""
        ...

    async def post_awards(self, party: Party, awards: Awards, posting: Posting) -> int:
        """Posts the albums' distances and awards; returns the message's id."""
        ...

    async def edit_awards(self, party: Party, awards: Awards) -> None:
        """Brings the awards up to date, after something that they quote was deleted."""
        ...

    async def tell_outage(self, party: Party) -> None:
        """Says on the card of a party that an outage of ours holds it up; the next edit takes it back."""
        ...

    async def edit_card(self, party: Party) -> None:
        """Brings the card up to date; may skip an edit that follows another too soon, never a final one."""
        ...
