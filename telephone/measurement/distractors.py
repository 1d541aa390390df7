"""The distractors: sixty-four prompts that were never played, among which an embedder must find a game's own.

We wrote them ourselves, as varied as the curated ones, from one thing to whole crowds. They must not change: with
other distractors the attribution of what was lost comes out differently.
"""

import json
from functools import cache
from importlib.resources import files


@cache
def distractors() -> tuple[str, ...]:
    """All of them, always in this order."""
    return tuple(json.loads(files(__package__).joinpath("distractors.json").read_text(encoding="utf-8")))
