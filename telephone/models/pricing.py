"""What a game costs before it is played."""

from typing import Final

from telephone.models.chunking import MOST_PARTS
from telephone.providers.base import ModelTable
from telephone.providers.reasoning import most_call_usd

ATTEMPTS: Final = 2
"""How many times a step is tried when its answer is refused or unusable."""


def most_usd(turns: int, t2i: ModelTable, i2t: ModelTable, measuring_usd: float = 0.0) -> float:
    """The most a game of this pair can cost, in US dollars, with every step tried ATTEMPTS times.

    `measuring_usd` is the most that measuring the game can cost.
    """
    return turns * ATTEMPTS * (t2i.price_usd + most_call_usd(i2t)) + measuring_usd


def most_measuring_usd(turns: int, call_usd: float, *, pictures: bool) -> float:
    """The most that one embedder's calls for a game can cost, in US dollars, at `call_usd` each.

    A game has a prompt and one caption a turn, each embedded in at most MOST_PARTS calls plus one for its head, and,
    where the embedder sees `pictures`, one picture a turn.
    """
    return call_usd * ((turns + 1) * (MOST_PARTS + 1) + (turns if pictures else 0))
