"""The vocabulary of things that can be drawn and named, and their English forms."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).parent / "assets"

NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

_IRREGULAR: Final = {
    "person": "people",
    "child": "children",
    "mouse": "mice",
    "man": "men",
    "woman": "women",
    "goose": "geese",
    "ox": "oxen",
    "die": "dice",
    "knife": "knives",
    "loaf": "loaves",
    "wolf": "wolves",
    "leaf": "leaves",
    "scarf": "scarves",
    "sheaf": "sheaves",
    "cactus": "cacti",
    "potato": "potatoes",
    "tomato": "tomatoes",
    "hippopotamus": "hippopotamuses",
    "octopus": "octopuses",
    "bus": "buses",
    "computer mouse": "computer mice",
}
_UNCHANGED: Final = frozenset(("sheep", "deer", "fish", "squid", "shrimp", "luggage", "series", "aircraft"))
_SPOKEN_CONSONANT: Final = ("unicorn", "unicycle", "uniform", "univers", "eu", "one ", "use")
_SPOKEN_VOWEL: Final = ("hour", "honest", "heir")
_SINGULAR: Final = {many: one for one, many in _IRREGULAR.items()}


@dataclass(frozen=True, slots=True)
class VocabularyEntry:
    """One thing of the vocabulary. `kind` says how it behaves in a scene; `words` are other words for it."""

    name: str
    kind: str
    words: tuple[str, ...]
    tags: tuple[str, ...]
    colour: str


@cache
def entries() -> tuple[VocabularyEntry, ...]:
    """All entries, in the order of the glyphs and of the recogniser's scores."""
    rows = json.loads((ASSETS / "vocabulary.json").read_text("utf-8"))
    return tuple(VocabularyEntry(r["name"], r["kind"], tuple(r["words"]), tuple(r["tags"]), r["colour"]) for r in rows)


def plural(name: str) -> str:
    """The plural of a name: `pieces of butter`, `wolves`, `hot dogs`."""
    head, of, rest = name.partition(" of ")
    if of:
        return plural(head) + of + rest
    head, with_, rest = name.partition(" with ")
    if with_:
        return plural(head) + with_ + rest
    before, space, last = name.rpartition(" ")
    return before + space + _plural_word(last)


def _plural_word(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _UNCHANGED or word.endswith("fish"):
        return word
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou-"):
        return word[:-1] + "ies"
    return word + "s"


def singulars(word: str) -> Iterator[str]:
    """The possible singulars of a word, likeliest first; none when it is no plural."""
    if word in _SINGULAR:
        yield _SINGULAR[word]
    if not word.endswith("s") or word.endswith(("ss", "us", "is")) or len(word) < 4:
        return
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("ves"):
        yield word[:-3] + "f"
        yield word[:-3] + "fe"
    yield word[:-1]
    if word.endswith("es"):
        yield word[:-2]


def article(phrase: str) -> str:
    """`a` or `an`, by the sound of the phrase."""
    low = phrase.lower()
    vowel = low.startswith(_SPOKEN_VOWEL) or (low[:1] in "aeiou" and not low.startswith(_SPOKEN_CONSONANT))
    return "an" if vowel else "a"


def counted(name: str, count: int, adjective: str = "") -> str:
    """A name with its count in words: `an old map`, `three cherries`, `the planet Earth`."""
    described = f"{adjective} {name}" if adjective else name
    if count == 1:
        return f"the {described}" if name.startswith("planet ") else f"{article(described)} {described}"
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    return f"{number} {adjective + ' ' if adjective else ''}{plural(name)}"
