"""The curated prompts that ship with the package: the article's ten, in four levels."""

import json
from collections import Counter
from functools import cache
from importlib.resources import files

from telephone.game import Level, Prompt


@cache
def curated() -> tuple[Prompt, ...]:
    """All of them, in the article's order, with slugs such as `#easy-001`."""
    rows = json.loads(files("telephone").joinpath("prompts.json").read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    prompts = []
    for row in rows:
        seen[row["level"]] += 1
        prompts.append(Prompt(row["text"], Level(row["level"]), f"#{row['level']}-{seen[row['level']]:03}"))
    return tuple(prompts)


def look_up(typed: str) -> Prompt | None:
    """The curated prompt of that slug, or with just these words; None for a free prompt."""
    words = typed.strip().casefold()
    return next((p for p in curated() if words in ((p.slug or "").casefold(), p.text.casefold())), None)
