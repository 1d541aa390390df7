"""From words to entries of the vocabulary: exact names first, then other words, then similar meanings."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telephone.models.minilm import MiniLM
from telephone.models.sketch.vocabulary import ASSETS, entries, plural, singulars

LEAST_LIKENESS: Final = 0.5
"""The least likeness, as a cosine, at which a phrase means an entry; phrases below it for all mean none."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a phrase: an entry, how sure it is (1 for its own name), and whether it is a plural."""

    entry: int
    sure: float
    is_plural: bool


@cache
def _exact() -> dict[str, Meaning]:
    """Every name, other word and tag, singular and plural. Names win over words, words over tags."""
    known: dict[str, Meaning] = {}
    layers = (
        (1.0, [(i, e.name) for i, e in enumerate(entries())]),
        (0.96, [(i, word) for i, e in enumerate(entries()) for word in e.words]),
        (0.7, _lone_tags()),
    )
    for sure, pairs in layers:
        for entry, phrase in pairs:
            spoken = normal(phrase)
            known.setdefault(spoken, Meaning(entry, sure, is_plural=False))
            known.setdefault(normal(plural(phrase)), Meaning(entry, sure, is_plural=True))
    return known


def _lone_tags() -> list[tuple[int, str]]:
    """The tags that belong to only one entry."""
    owners: dict[str, list[int]] = {}
    for i, entry in enumerate(entries()):
        for tag in entry.tags:
            owners.setdefault(tag, []).append(i)
    return [(who[0], tag) for tag, who in owners.items() if len(who) == 1]


@cache
def _nearest() -> dict[str, tuple[int, float]]:
    return {word: (entry, like) for word, (entry, like) in json.loads((ASSETS / "nearest.json").read_text()).items()}


@cache
def meanings() -> NDArray[np.float32]:
    """The MiniLM vector of each entry, shape (n, 384)."""
    with np.load(ASSETS / "meanings.npz") as table:
        return np.asarray(table["entries"], np.float32)


@cache
def _keys() -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    with np.load(ASSETS / "meanings.npz") as table:
        return np.asarray(table["keys"], np.float32), np.asarray(table["owners"])


def normal(phrase: str) -> str:
    """A phrase in the form of a look-up: lower case, no hyphens."""
    return phrase.lower().replace("-", " ")


def exact(words: Sequence[str]) -> Meaning | None:
    """The entry with exactly these words, singular or plural; None if there is none."""
    known = _exact()
    phrase = " ".join(words)
    if phrase in known:
        return known[phrase]
    for one in singulars(words[-1]):
        found = known.get(" ".join((*words[:-1], one)))
        if found is not None:
            return Meaning(found.entry, found.sure, is_plural=True)
    return None


def common(word: str) -> Meaning | None:
    """The precomputed entry nearest to a common English word."""
    for one, is_plural in ((word, False), *((s, True) for s in singulars(word))):
        if one in _nearest():
            entry, like = _nearest()[one]
            return Meaning(entry, 0.85 * like, is_plural)
    return None


class Thesaurus:
    """Looks phrases up by meaning, through MiniLM, with a cache."""

    def __init__(self) -> None:
        self._minilm = MiniLM()
        self._known: dict[str, NDArray[np.float32]] = {}
        self._lock = threading.Lock()

    def vector(self, text: str) -> NDArray[np.float32]:
        """The MiniLM vector of a text, shape (384,)."""
        with self._lock:
            known = self._known.get(text)
        if known is None:
            known = self._minilm.embed([text])[0]
            with self._lock:
                if len(self._known) > 4096:
                    self._known.clear()
                self._known[text] = known
        return known

    def nearest(self, phrase: str) -> Meaning | None:
        """The entry nearest to a phrase, None below LEAST_LIKENESS."""
        keys, owners = _keys()
        like = keys @ self.vector(phrase)
        best = int(like.argmax())
        if like[best] < LEAST_LIKENESS:
            return None
        words = phrase.split()
        return Meaning(int(owners[best]), 0.85 * float(like[best]), is_plural=any(singulars(words[-1])))


THESAURUS: Final = Thesaurus()
"""Shared by all artists and spotters; loads nothing before its first look-up."""
