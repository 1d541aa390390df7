"""Which words lead to which entry: the vocabulary file, the tags of emojibase, and MiniLM for all the rest."""

import json
import re
from pathlib import Path

import numpy as np

from telephone.models.minilm import MiniLM


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMMON = re.compile(r"[a-z]{3,}")
LOOSE = _words(
    "food animal good market view light face body nature thing things object objects fun cute happy love game "
    "games sport sports tool tools travel weather cold hot sweet fruit vegetable clothes clothing work office "
    "emoji new old big small red green blue yellow orange purple black white brown gray pink gold silver music "
    "movie party day night morning evening summer winter spring autumn fall way place city outdoor cheese smile "
    "drink dish back play time set round high open"
)
"""Tags that lead nowhere in particular."""


def read_vocabulary(path: Path) -> list[dict[str, object]]:
    """The lines of the vocabulary file as rows with `code`, `name`, `kind` and `words`."""
    rows: list[dict[str, object]] = []
    kind = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            thing, _, words = line.partition(":")
            code, _, name = thing.strip().partition(" ")
            others = [word.strip() for word in words.split(",") if word.strip()]
            rows.append({"code": code, "name": name, "kind": kind, "words": others})
    return rows


def tags_of(rows: list[dict[str, object]], emojibase: Path) -> list[list[str]]:
    """For each row the plain tags that emojibase gives it."""
    data = json.loads((emojibase / "en" / "data.json").read_text("utf-8"))
    known = {str(e["hexcode"]).replace("-FE0F", ""): e for e in data}
    return [_plain(known.get(str(row["code"]).replace("-FE0F", ""))) for row in rows]


def _plain(emoji: dict[str, object] | None) -> list[str]:
    if emoji is None:
        return []
    tags: list[str] = emoji.get("tags", [])  # type: ignore[assignment]
    return [tag for tag in tags if re.fullmatch(r"[a-z][a-z ]{2,}", tag) and tag not in LOOSE]


def meanings(rows: list[dict[str, object]]) -> np.ndarray:
    """Where each entry lies in MiniLM's space: the mean over its name and words, shape (n, 384)."""
    minilm = MiniLM()
    vectors = []
    for row in rows:
        parts = minilm.embed([str(row["name"]), *row["words"][:4]])  # type: ignore[index]
        centre = 2 * parts[0] + parts[1:].sum(axis=0)
        vectors.append(centre / np.linalg.norm(centre))
    return np.stack(vectors).astype(np.float32)


def names_and_words(rows: list[dict[str, object]]) -> tuple[np.ndarray, np.ndarray]:
    """Every name and other word on its own, shape (m, 384), and whose it is, shape (m,)."""
    minilm = MiniLM()
    pairs = [(i, str(w)) for i, row in enumerate(rows) for w in (row["name"], *row["words"])]  # type: ignore[misc]
    return minilm.embed([word for _, word in pairs]), np.array([i for i, _ in pairs], np.int16)


def nearest_words(tokenizer: Path, keys: np.ndarray, owners: np.ndarray, least: float) -> dict[str, tuple[int, float]]:
    """For each common English word (those MiniLM keeps whole) the entry that it means most nearly.

    Words that mean nothing in the vocabulary, by a cosine below `least`, are left out.
    """
    pieces = json.loads(tokenizer.read_text("utf-8"))["model"]["vocab"]
    words = sorted(word for word in pieces if COMMON.fullmatch(word))
    minilm, found = MiniLM(), {}
    for word in words:
        near = keys @ minilm.embed([word])[0]
        best = int(near.argmax())
        if near[best] >= least:
            found[word] = (int(owners[best]), round(float(near[best]), 3))
    return found
