"""The protocol of a place where a battle is shown. What a stage is to a game, an arena is to a battle.

Until a battle has closed, nothing of what is shown may tell a pair: the arena gets the whole battle and says of it
what its side's place says. Every post carries a `Posting`, as on a stage.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

from telephone.domain.battles import Battle, Result, Side
from telephone.domain.games import Image
from telephone.ports.posting import Posting

Load: TypeAlias = Callable[[], Awaitable[Mapping[int, Image]]]
"""Fetches the last picture of each standing side by its place, made alike; one that reports hide is absent."""


class BattlePresenter(Protocol):
    """Shows battles. Raises StageGone, or Unavailable where trying again may help."""

    async def post_card(self, battle: Battle, posting: Posting) -> int:
        """The card in the channel; returns its id."""
        ...

    async def open_thread(self, battle: Battle, posting: Posting) -> int:
        """The thread on the card; returns its id."""
        ...

    async def post_opening(self, battle: Battle, posting: Posting) -> int:
        """The prompt, as the thread's first message; returns its id."""
        ...

    async def post_round(self, battle: Battle, turn: int, pictures: Mapping[int, Image], posting: Posting) -> int:
        """Picture and caption of a turn of every standing side that has it, in one message; returns its id."""
        ...

    async def edit_round(self, battle: Battle, turn: int, pictures: Mapping[int, Image]) -> None:
        """Brings a round up to date, after a step of it was hidden or shown again."""
        ...

    async def post_dropped(self, battle: Battle, side: Side, posting: Posting) -> int:
        """Says in the thread that a side is out; returns the message's id."""
        ...

    async def show_ballot(self, battle: Battle, load: Load, posting: Posting) -> int:
        """Makes the card show what there is to vote on, on a new message where it cannot; returns its id."""
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
        """Brings the card up to date; may skip an edit that follows another too soon, never one of a new state.

        One that has to be made `at_once` is not skipped either. Returns the id of the message that shows it now,
        None where it is gone.
        """
        ...

    async def is_open(self, battle: Battle) -> bool:
        """Whether the battle can still be shown where it was; False where its thread or channel is gone."""
        ...
