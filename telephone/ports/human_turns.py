"""The protocol of a place where members are invited to take a turn."""

from typing import Protocol

from telephone.domain.games import Game
from telephone.domain.human_turns import Seat
from telephone.errors import NotAllowed
from telephone.ports.posting import Posting


class TurnPresenter(Protocol):
    """Invites members. Raises StageGone, or Unavailable where trying again may help."""

    async def invite(self, game: Game, seat: Seat, posting: Posting) -> int:
        """The invitation to a step, where the game is shown; returns its id."""
        ...

    async def edit_invitation(self, game: Game, seat: Seat, message_id: int) -> None:
        """Brings an invitation up to date: whether the turn is free, and who plays it where nobody does."""
        ...

    async def remind(self, game: Game, seat: Seat, *, by_message: bool) -> None:
        """Tells who holds a seat, and only them, that half of their time is over; says nothing where it cannot.

        `by_message` does so in a direct message too, which a member has to have asked for.
        """
        ...


class NoTurnPresenter:
    """Where games are shown and no members are: it invites nobody."""

    async def invite(self, game: Game, seat: Seat, posting: Posting) -> int:
        """Raises NotAllowed."""
        raise NotAllowed("Members cannot be invited here; please start this game on Discord.")

    async def edit_invitation(self, game: Game, seat: Seat, message_id: int) -> None:
        """There is no invitation to edit."""

    async def remind(self, game: Game, seat: Seat, *, by_message: bool) -> None:
        """There is nobody to remind."""
