"""Games that wait for what cannot be reached: for how long, and what is said when they pause."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from math import inf
from typing import Final

from telephone import retry
from telephone.domain.games import NO_GUILD, Game
from telephone.errors import CutOff
from telephone.retry import Line

CHECK: Final = "The safety check"
_PICTURES: Final = "The place where pictures are kept"


def has_continue(game: Game) -> bool:
    """Whether somebody can have a paused game go on: an album has no card of its own, nor has one in a terminal."""
    return not game.is_album and game.request.guild_id != NO_GUILD


def player_of(game: Game, player: str) -> str:
    """How a game's pause names a player: the side of a battle does not say which model it has."""
    return "A model of this battle" if game.is_side else player


def line_of(game: Game, who: str, told: Callable[[], Awaitable[None]]) -> Line:
    """For how long a game waits for a line, and how it pauses then, naming `who`. A party's album waits without end.

    `told` is awaited when it begins to wait.
    """
    return Line(told, inf if game.is_album else retry.CUT_OFF_MAX, partial(_unreached, game, who))


def barred(game: Game | None, since: datetime) -> CutOff | None:
    """How a game pauses that our own storage does not let in; None where it waits without end, as a party's album."""
    return None if game is None or game.is_album else _unreached(game, _PICTURES, since)


def _unreached(game: Game, what: str, since: datetime) -> CutOff:
    then = "Continue tries again" if has_continue(game) else "please start the game again later"
    return CutOff(f"{what} cannot be reached since {since:%H:%M} UTC; {then}.")
