"""The curated prompts that ship with the package, in two sets: the article's ten, and thirty of our own writing."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from telephone.game import Level, Prompt


@cache
def sets() -> Mapping[str, tuple[Prompt, ...]]:
    """The prompts of `article` and of `house`, with slugs such as `#easy-001`, numbered on from set to set."""
    document = json.loads(files("telephone").joinpath("prompts.json").read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()

    def prompt(row: Mapping[str, str]) -> Prompt:
        seen[row["level"]] += 1
        return Prompt(row["text"], Level(row["level"]), f"#{row['level']}-{seen[row['level']]:03}")

    return {name: tuple(prompt(row) for row in rows) for name, rows in document.items()}


@cache
def curated() -> tuple[Prompt, ...]:
    """All of them, the article's first."""
    return tuple(prompt for prompts in sets().values() for prompt in prompts)


def look_up(typed: str) -> Prompt | None:
    """The curated prompt of that slug, or with just these words; None for a free prompt."""
    words = typed.strip().casefold()
    return next((p for p in curated() if words in ((p.slug or "").casefold(), p.text.casefold())), None)
