"""What a game's distances are held against: the scale of an embedder, and whether the game came to rest.

A distance alone says little, since every embedder has its own: these values say how far apart unrelated prompts are
by it (the floor), and how far apart the captions of redraws of one prompt are (the ceiling, which no game can beat).
"""

from dataclasses import dataclass
from typing import Final

from telephone.domain.games import Pair

_PARTS: Final = (
    (0.20, "a short way from"),
    (0.30, "about a quarter of the way from"),
    (0.415, "about a third of the way from"),
    (0.585, "about half-way from"),
    (0.71, "about two thirds of the way from"),
    (0.80, "about three quarters of the way from"),
    (1.01, "most of the way from"),
)
"""How far along the way from the ceiling to the floor something lies, up to each share of it."""


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The middle half of some distances, and their median; all in [0, 2]."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What distances by one embedder mean.

    `floor` is of unrelated prompts, `ceiling` of captions of redraws: the same prompt and players, another seed.
    Under `still`, the 95th percentile of the latter, two captions differ no more than redraws do. `pictures` is of
    the pictures of redraws, None where the embedder sees none or too few are known. `source` says in a few words
    whose redraws they are, `prompts` and `redraws` how many prompts and captions of redraws stand behind it.
    """

    embedder: str
    floor: Quartiles
    ceiling: Quartiles
    still: float
    source: str
    prompts: int
    redraws: int
    pictures: Quartiles | None = None


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What one pair made of one prompt, once for each of two seeds or more: first captions, and hashes of pictures."""

    pair: Pair
    prompt: str
    captions: tuple[str, ...]
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rest:
    """Whether a game came to rest. `turn`, counted from 1, is None where it had not by `turns` (it is censored).

    `cycle` says that it rests in two captions that take turns, and not in one.
    """

    turn: int | None
    turns: int
    cycle: bool


@dataclass(frozen=True, slots=True)
class Bearings:
    """Where a measured game stands. `scale` is None until it is known, `rest` too, or where the game is too short."""

    scale: Calibration | None = None
    rest: Rest | None = None


UNKNOWN: Final = Bearings()


def told(distance: float, bearings: Bearings) -> str:
    """What the end of a game means, in sentences: where it lies on the scale, and whether the game came to rest."""
    lies = "" if bearings.scale is None else f"That is {where(distance, bearings.scale)}."
    rests = "" if bearings.rest is None else rest_in_words(bearings.rest)
    return " ".join(filter(None, (lies, rests)))


def where(distance: float, scale: Calibration) -> str:
    """Where a distance from the prompt lies on the scale, as the end of a sentence that begins with "That is"."""
    near, far = scale.ceiling, scale.floor
    if far.median <= near.median:
        return "not told by this scale, on which redraws are as far apart as unrelated prompts"
    if distance <= near.high:
        return f"as near as a redraw ({near.median:.2f})"
    if distance >= far.low:
        return f"as far as an unrelated prompt ({far.median:.2f})"
    share = (distance - near.median) / (far.median - near.median)
    part = next(words for most, words in _PARTS if share <= most)
    return f"{part} a redraw ({near.median:.2f}) to an unrelated prompt ({far.median:.2f})"


def rest_in_words(rest: Rest) -> str:
    """Whether a game came to rest, as one sentence."""
    if rest.turn is None:
        return f"It had not come to rest by turn {rest.turns}."
    if rest.cycle:
        return f"From turn {rest.turn} on two captions take turns."
    return f"At rest from turn {rest.turn} on."
