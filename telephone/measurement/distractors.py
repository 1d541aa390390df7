"""The prompts that were never played: sixty-four among which a judge must find the one that a game began with.

They are of our own writing and as varied as the curated ones, from one thing to whole crowds. They stay as they are:
with others the blame would be another.
"""

import json
from functools import cache
from importlib.resources import files


@cache
def distractors() -> tuple[str, ...]:
    """All of them, always in this order."""
    return tuple(json.loads(files(__package__).joinpath("distractors.json").read_text(encoding="utf-8")))
