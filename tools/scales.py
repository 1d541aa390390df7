"""Writes telephone/measurement/scales.json: MiniLM's distances of the curated prompts and of the redraws that ship.

    python tools/scales.py

To be run again when the prompts, the redraws or MiniLM change: the test that measures them anew says so.
"""

import json
import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from telephone.measurement.repeats import shipped  # noqa: E402
from telephone.models.minilm import MiniLM  # noqa: E402
from telephone.prompts.catalog import curated  # noqa: E402
from telephone.scoring.noise_scale import PromptRedraws, spread, unrelated  # noqa: E402

WHERE = ROOT / "telephone/measurement/scales.json"


def scale(embedder: MiniLM) -> dict[str, float | int | tuple[float, ...]]:
    """The floor, the ceiling and what still counts as rest, with the numbers of prompts and captions behind them."""
    near = spread(
        [PromptRedraws(str(one.pair), one.prompt, embedder.embed(one.captions).astype(np.float64)) for one in shipped()]
    )
    if near is None:
        raise SystemExit("too few redraws ship for a scale")
    return {
        "floor": astuple(unrelated(embedder.embed([prompt.text for prompt in curated()]))),
        "ceiling": astuple(near.quartiles),
        "still": near.still,
        "prompts": near.prompts,
        "redraws": sum(len(one.captions) for one in shipped()),
    }


if __name__ == "__main__":
    minilm = MiniLM()
    WHERE.write_text(json.dumps({minilm.version: scale(minilm)}, indent=1) + "\n", encoding="utf-8")
