"""The protocol of what shows battles: a thread on Discord, say.

Until a battle has closed, nothing that is shown may name a pair: the presenter gets the whole battle and calls each
side by the letter of its place. Every post carries a `Posting`, as for a game.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

from telephone.domain.battles import Battle, Result, Side
from telephone.domain.games import Image
from telephone.ports.posting import Posting

Load: TypeAlias = Callable[[], Awaitable[Mapping[int, Image]]]
"""Fetches the last picture of each standing side, anonymised, by its place; pictures that reports hide are absent."""


class BattlePresenter(Protocol):
    """Shows battles. Raises StageGone, or Unavailable where trying again may help."""

    async def post_card(self, battle: Battle, posting: Posting) -> int:
        """Posts the card in the channel; returns its id."""
        ...

    async def open_thread(self, battle: Battle, posting: Posting) -> int:
        """Opens the thread on the card; returns its id."""
        ...

    async def post_opening(self, battle: Battle, posting: Posting) -> int:
        """Posts the prompt as the thread's first message; returns its id."""
        ...

    async def post_round(self, battle: Battle, turn: int, pictures: Mapping[int, Image], posting: Posting) -> int:
        """Posts picture and caption of a turn of every standing side that has it, in one message; returns its id."""
        ...

    async def edit_round(self, battle: Battle, turn: int, pictures: Mapping[int, Image]) -> None:
        """Brings a round up to date, after a step of it was hidden or shown again."""
        ...

    async def post_dropped(self, battle: Battle, side: Side, posting: Posting) -> int:
        """Says in the thread that a side is out; returns the message's id."""
        ...

    async def show_ballot(self, battle: Battle, load: Load, posting: Posting) -> int:
        """Edits the card to show the ballot, or posts a new card where it cannot be edited; returns the card's id."""
        ...

    async def post_call(self, battle: Battle, posting: Posting) -> int:
        """Says in the thread that votes may be cast, and where; returns the message's id."""
        ...

    async def post_result(self, battle: Battle, result: Result, posting: Posting) -> int:
        """Says in the thread how the battle ended; returns the message's id."""
        ...

    async def edit_card(
        self, battle: Battle, load: Load, result: Result | None = None, *, at_once: bool = False
    ) -> int | None:
        """Brings the card up to date; may skip an edit that follows another too soon, unless the state is new.

        An edit `at_once` is never skipped. Returns the id of the message that is the card now, None where it is gone.
        """
        ...

    async def tell_outage(self, battle: Battle) -> None:
        """Says on the card of a battle that is played that an outage of ours holds it up; the next edit undoes it."""
        ...

    async def is_open(self, battle: Battle) -> bool:
        """Whether the battle's thread and channel still exist and can be posted to."""
        ...
