"""The protocol of what invites members to take a turn."""

from typing import Protocol

from telephone.domain.games import Game
from telephone.domain.human_turns import Seat
from telephone.errors import NotAllowed
from telephone.ports.posting import Posting


class TurnPresenter(Protocol):
    """Invites members. Raises StageGone, or Unavailable where trying again may help."""

    async def invite(self, game: Game, seat: Seat, posting: Posting) -> int:
        """Posts the invitation to a step where the game is shown; returns its id."""
        ...

    async def edit_invitation(self, game: Game, seat: Seat, message_id: int) -> None:
        """Brings an invitation up to date: whether the turn is free, and which model plays it if no member does."""
        ...

    async def remind(self, game: Game, seat: Seat, *, by_message: bool) -> None:
        """Tells the member who holds a seat, and nobody else, that half of their time is over, if it can.

        `by_message` says that the member has asked for reminders by direct message.
        """
        ...


class NoTurnPresenter:
    """Invites nobody, for a process that shows games where there are no members."""

    async def invite(self, game: Game, seat: Seat, posting: Posting) -> int:
        """Raises NotAllowed."""
        raise NotAllowed("Members cannot be invited here; please start this game on Discord.")

    async def edit_invitation(self, game: Game, seat: Seat, message_id: int) -> None:
        """There is no invitation to edit."""

    async def remind(self, game: Game, seat: Seat, *, by_message: bool) -> None:
        """There is nobody to remind."""
