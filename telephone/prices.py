"""What a game costs before it is played."""

from typing import Final

from telephone.providers.base import ModelTable

ATTEMPTS: Final = 2
"""How often a step is asked for when its answer is refused or is no answer."""


def most_usd(turns: int, t2i: ModelTable, i2t: ModelTable, text_usd: float = 0.0) -> float:
    """The most a game of these two can cost, in US dollars, every step asked for ATTEMPTS times.

    `text_usd` is what embedding one text costs; a game has a prompt and a caption for each turn.
    """
    return turns * ATTEMPTS * (t2i.price_usd + i2t.price_usd) + (turns + 1) * text_usd
