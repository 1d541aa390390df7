"""The prompts that a game can start from by name: the curated ones of the package, and a server's own.

The curated ones come in two sets: the article's ten, and thirty of our own writing.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from telephone.domain.games import Level, Prompt
from telephone.store import Store


@cache
def sets() -> Mapping[str, tuple[Prompt, ...]]:
    """The prompts of the sets `article` and `house`, with slugs such as `#easy-001`, numbered across both sets."""
    document = json.loads(files(__package__).joinpath("prompts.json").read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()

    def prompt(row: Mapping[str, str]) -> Prompt:
        seen[row["level"]] += 1
        return Prompt(row["text"], Level(row["level"]), f"#{row['level']}-{seen[row['level']]:03}")

    return {name: tuple(prompt(row) for row in rows) for name, rows in document.items()}


@cache
def curated() -> tuple[Prompt, ...]:
    """All curated prompts, the article's first."""
    return tuple(prompt for prompts in sets().values() for prompt in prompts)


async def offered(store: Store, guild_id: int) -> list[Prompt]:
    """Every prompt that a server's games can start from by name: its own, newest first, then the curated ones."""
    own = await store.prompts.of_state(guild_id, "accepted")
    return [*(proposal.prompt for proposal in reversed(own)), *curated()]


def look_up(typed: str, among: Sequence[Prompt] | None = None) -> Prompt | None:
    """The prompt with this slug or exactly these words; None for a free prompt. Searches curated ones by default."""
    words = typed.strip().casefold()
    known = curated() if among is None else among
    return next((p for p in known if words in ((p.slug or "").casefold(), p.text.casefold())), None)
