"""Redraws that ship with the package: captions of the article's ten prompts by the offline players."""

import json
from functools import cache
from importlib.resources import files
from typing import Final

from telephone.domain.calibration import Redrawn
from telephone.domain.games import Pair

SOURCE: Final = "redraws by the offline players"


@cache
def shipped() -> tuple[Redrawn, ...]:
    """Sixty captions (tools/redraws.py), three of each prompt by each of two artists; `prompt` is a slug."""
    rows = json.loads(files(__package__).joinpath("repeats.json").read_text(encoding="utf-8"))
    return tuple(Redrawn(Pair(row["t2i"], row["i2t"]), row["prompt"], tuple(row["captions"])) for row in rows)
