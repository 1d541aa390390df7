"""What a game's distances mean: the calibration of its embedder, and whether the game came to rest.

A distance alone says little, since embedders differ. The calibration says how far apart unrelated prompts are by an
embedder (the floor), and how far apart the captions of redraws of one prompt are (the ceiling, which no game can beat).
"""

from dataclasses import dataclass
from typing import Final

from telephone.domain.games import Drift, Pair

_PARTS: Final = (
    (0.20, "a short way from"),
    (0.30, "about a quarter of the way from"),
    (0.415, "about a third of the way from"),
    (0.585, "about half-way from"),
    (0.71, "about two thirds of the way from"),
    (0.80, "about three quarters of the way from"),
    (1.01, "most of the way from"),
)
"""Words for the share of the way from the ceiling to the floor, each up to its share."""


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The middle half of some distances, and their median; all in [0, 2]."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The calibration of one embedder: what its distances mean.

    `floor` has the distances of unrelated prompts, `ceiling` those of captions of redraws: the same prompt and players,
    another seed. Below `still`, the 95th percentile of the latter, two captions differ no more than redraws do.
    `pictures` has the distances of the pictures of redraws, None where the embedder embeds no pictures or too few are
    known. `source` says in a few words whose redraws they are; `prompts` and `redraws` count the prompts and the
    captions of redraws that were used.
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
    """The redraws of one prompt by one pair, one for each of two or more seeds: first captions, hashes of pictures."""

    pair: Pair
    prompt: str
    captions: tuple[str, ...]
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rest:
    """Whether a game came to rest. `turn`, counted from 1, is None where it had not by `turns` (it is censored).

    `cycle` says that it rests in two alternating captions, and not in one.
    """

    turn: int | None
    turns: int
    cycle: bool


@dataclass(frozen=True, slots=True)
class Bearings:
    """The calibration and the rest of a measured game.

    Both are None until they are known, `rest` also where the game is too short.
    """

    scale: Calibration | None = None
    rest: Rest | None = None


UNKNOWN: Final = Bearings()


def told(distance: float, bearings: Bearings) -> str:
    """What a game's final distance means, in sentences: its place on the scale, and whether the game came to rest."""
    lies = "" if bearings.scale is None else f"That is {where(distance, bearings.scale)}."
    rests = "" if bearings.rest is None else rest_in_words(bearings.rest)
    return " ".join(filter(None, (lies, rests)))


def unread(drift: Drift, embedder: str) -> str:
    """Which distances a game lacks because its embedder cannot read its words, as one sentence; empty for none."""
    turns = drift.unread
    if not turns:
        return ""
    if len(turns) == len(drift.distances):
        return f"No distance: {embedder} cannot read these words, so the game counts on no board by it."
    which = f"turn {turns[0]}" if len(turns) == 1 else f"turns {', '.join(map(str, turns[:-1]))} and {turns[-1]}"
    has = "has no distance" if len(turns) == 1 else "have no distance"
    return f"{which.capitalize()} {has}: {embedder} cannot read the words, so the game counts on no board by it."


def where(distance: float, scale: Calibration) -> str:
    """The place of a distance from the prompt on the scale, as the end of a sentence that begins with "That is"."""
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
