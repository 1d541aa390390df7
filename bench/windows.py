"""How much of a long caption MiniLM should read at once.

    python bench/windows.py

Ten captions of about 190 word pieces, one for each of the article's prompts, in the manner of models that were asked
for a detailed description (bench/captions.json, our own words), are embedded whole, in parts, and cut short. A way of
reading is good where a caption is like its own prompt and unlike the nine others (d', the distance of the two means in
standard deviations), and where the order of its sentences hardly matters.
"""

import json
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from telephone.models.chunking import head, mean, parts
from telephone.models.minilm import MiniLM
from telephone.prompts.catalog import curated

MINILM = MiniLM()
CAPTIONS = json.loads(Path(__file__).with_name("captions.json").read_text("utf-8"))
PROMPTS = [prompt.text for prompt in curated()][: len(CAPTIONS)]


def in_parts(window: int) -> Callable[[str], np.ndarray]:
    return lambda text: mean(MINILM.embed(parts(text, MINILM.tokens, window)))


def cut_at(window: int) -> Callable[[str], np.ndarray]:
    return lambda text: MINILM.embed([head(text, MINILM.tokens, window)])[0]


WAYS = {
    "whole (256, as published)": in_parts(254),
    "parts of 126 (tokenizer.json)": in_parts(126),
    "parts of 75 (as ImageBind)": in_parts(75),
    "the first 126": cut_at(126),
    "the first 75": cut_at(75),
}


def shuffled(text: str, chance: random.Random) -> str:
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return " ".join(chance.sample(sentences, len(sentences)))


def main() -> None:
    prompts, whole = MINILM.embed(PROMPTS), np.stack([in_parts(254)(text) for text in CAPTIONS])
    print(f"{len(CAPTIONS)} captions of {', '.join(str(MINILM.tokens(text)) for text in CAPTIONS)} word pieces\n")
    print(f"{'read':30} {'like whole':>12} {'own prompt':>11} {'others':>7} {'d′':>6} {'shuffled':>9} {'least':>6}")
    others = ~np.eye(len(CAPTIONS), dtype=bool)
    for name, embed in WAYS.items():
        chance = random.Random(1)
        found = np.stack([embed(text) for text in CAPTIONS])
        mixed = np.stack([embed(shuffled(text, chance)) for text in CAPTIONS])
        like, steady = found @ prompts.T, np.sum(found * mixed, axis=1)
        own, other = np.diag(like), like[others]
        apart = (own.mean() - other.mean()) / other.std()
        row = f"{np.sum(found * whole, axis=1).mean():12.3f} {own.mean():11.3f} {other.mean():7.3f} {apart:6.2f}"
        print(f"{name:30} {row} {steady.mean():9.3f} {steady.min():6.3f}")


if __name__ == "__main__":
    main()
