"""The offline check of texts: a small list of words and rules, in English, read from words.toml.

It recognises spellings with digits, spaced letters, look-alike letters and repeated letters. It does not understand
irony, other languages or hints: it is weaker than a moderation model, and says so.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

MINORS: Final = "sexual/minors"
SEXUAL: Final = "sexual"

_LEET: Final = str.maketrans("01345789@$!|", "oieastbgasil")
_LOOK_ALIKE: Final = str.maketrans("асеорхуіѕԁһαοερικ", "aceopxyisdhaoepik")
"""Cyrillic and Greek letters that look like Latin ones."""
_WORD: Final = re.compile(r"[\w@$!|]+")
_SPELT: Final = re.compile(r"\b(?:\w ){2,}\w\b")
_DRAWN_OUT: Final = re.compile(r"(.)\1{2,}")
_LINKS: Final = (
    "(?:is|are|was|were|who|that|being|lying|posing|standing|sitting|sleeping|completely|fully|half|all|both|bathing)"
)
_STOPS: Final = "(?:and|or|with|near|by|beside|of|in|on|at|a|an|the|under|behind|against|to|from)"
_NEAR: Final = r"(?: \w+){0,4} "


def mentions_minor(text: str) -> bool:
    """Whether a text speaks of somebody who may be a child."""
    rules = _rules()
    return any(rules.minor.search(rules.harmless.sub(" ", reading)) for reading in _readings(text))


def categories(text: str) -> frozenset[str]:
    """The categories that the rules find in a text, named as in OpenAI's moderation; empty if it may pass."""
    rules = _rules()
    found: set[str] = set()
    for reading in _readings(text):
        plain = rules.harmless.sub(" ", reading)
        found |= {name for name, rule in rules.categories.items() if rule.search(plain)}
        if rules.bare_adult.search(plain):
            found.add(SEXUAL)
        if rules.near_minor.search(plain) or (SEXUAL in found and rules.minor.search(plain)):
            found.add(MINORS)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Rules:
    harmless: re.Pattern[str]
    minor: re.Pattern[str]
    bare_adult: re.Pattern[str]
    near_minor: re.Pattern[str]
    categories: dict[str, re.Pattern[str]]


@cache
def _rules() -> _Rules:
    lists: dict[str, Any] = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    minor, bare, suggestive = (_any(lists[name]) for name in ("minor", "bare", "suggestive"))
    return _Rules(
        harmless=_whole(_any(lists["harmless"])),
        minor=_whole(minor),
        bare_adult=_whole(_bare(bare, _any(lists["adult"]))),
        near_minor=_whole(f"{_bare(bare, minor)}|{suggestive}{_NEAR}{minor}|{minor}{_NEAR}{suggestive}"),
        categories={name: _whole(_any(words)) for name, words in lists["categories"].items()},
    )


def _any(words: list[str]) -> str:
    return f"(?:{'|'.join(words)})"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b")


def _bare(bare: str, whom: str) -> str:
    """`naked old man` and `man who is naked`, but neither `a man, a naked wall` nor `a naked tree and a man`."""
    return rf"{bare} (?:(?!{_STOPS}\b)\w+ ){{0,2}}{whom}|{whom} (?:{_LINKS} ){{0,3}}{bare}"


def _readings(text: str) -> frozenset[str]:
    """The possible readings of a text: as it stands, digits read as letters, spelt words joined, long letters cut."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).casefold()
    letters = "".join(char for char in folded if unicodedata.category(char) not in ("Mn", "Cf"))
    words = _WORD.findall(letters.translate(_LOOK_ALIKE).replace("_", " "))
    plain = " ".join(word.strip("@$!|") for word in words)
    read = " ".join(_as_letters(word) for word in words)
    joined = _SPELT.sub(lambda match: match[0].replace(" ", ""), read)
    both = {plain, read, joined}
    return frozenset(both | {_DRAWN_OUT.sub(cut, one) for one in both for cut in (r"\1", r"\1\1")})


def _as_letters(word: str) -> str:
    bare = word.rstrip("!|")
    return bare.translate(_LEET) if any(char.isalpha() for char in bare) else bare
