"""Redraws that ship with the package: captions of the article's ten prompts by the offline players."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from telephone.game import Pair

SOURCE = "redraws by the offline players"


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What one pair said of one prompt, once for each of some seeds: `captions` of the first turn, two at least."""

    pair: Pair
    prompt: str
    captions: tuple[str, ...]


@cache
def shipped() -> tuple[Redrawn, ...]:
    """All that ships: sixty captions, three of each prompt by each of two artists; `prompt` is a slug."""
    rows = json.loads(files("telephone").joinpath("redraws.json").read_text(encoding="utf-8"))
    return tuple(Redrawn(Pair(row["t2i"], row["i2t"]), row["prompt"], tuple(row["captions"])) for row in rows)
