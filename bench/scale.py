"""How many redraws make the 95th percentile of a scale usable, measured on the offline players.

    python bench/scale.py [--quick]

Every pair redraws the article's ten prompts twelve times. Smaller sets are then drawn from these at random, and their
95th percentile is held against that of all. With --quick two pairs redraw six prompts four times: enough to see that it
runs, and gross mistakes. Exits with status 1 when a claim fails.
"""

import argparse
import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from telephone.bootstrap import offline_players  # noqa: E402
from telephone.domain.games import Pair  # noqa: E402
from telephone.models.minilm import MiniLM  # noqa: E402
from telephone.prompts.catalog import sets  # noqa: E402
from telephone.scoring.noise_scale import STILL, apart, quantile  # noqa: E402

PAIRS = tuple(Pair(t2i, i2t) for t2i in ("stickers", "doodles") for i2t in ("spotter-sharp", "spotter-hazy"))
SIZES = ((1, 2), (3, 2), (5, 2), (10, 2), (3, 3), (5, 3), (10, 3), (2, 6), (5, 6), (10, 6))
"""Prompts, and redraws of each."""
DRAWS = 1_000
CLAIMED, LEAST, MOST, MEAN = (5, 3), 0.55, 1.4, 0.9
QUICK = {"prompts": 6, "redraws": 4}
GROSS = 0.25
"""By how much a claim may be missed with --quick, where there is little to hold a smaller set against."""


async def vectors(pair: Pair, redraws: int = 12, prompts: int = 10) -> np.ndarray:
    """Shape (prompts, redraws, dimensions)."""
    players, embedder, rows = offline_players(), MiniLM(), []
    artist, spotter = players.artist(pair.t2i), players.teller(pair.i2t)
    for prompt in sets()["article"][:prompts]:
        pictures = [await artist.generate_image(prompt.text, seed=seed) for seed in range(1, redraws + 1)]
        captions = [(await spotter.generate_text(picture, seed=seed)).text for seed, picture in enumerate(pictures, 1)]
        rows.append(await embedder.embed_texts(captions))
    return np.stack(rows)


def still(found: np.ndarray, prompts: np.ndarray, redraws: int, rng: np.random.Generator) -> float:
    """The 95th percentile of some of the redraws of some of the prompts."""
    groups = [apart(found[prompt, rng.choice(found.shape[1], redraws, replace=False)]) for prompt in prompts]
    return quantile(
        np.concatenate(groups), np.concatenate([np.full(len(some), 1 / len(some)) for some in groups]), STILL
    )


def table(found: np.ndarray, pair: Pair, slack: float = 0.0) -> bool:
    """Prints what smaller sets say of one pair; whether the claim holds."""
    rng = np.random.default_rng(7)
    truth = still(found, np.arange(len(found)), found.shape[1], rng)
    print(f"\n{pair}: 95th percentile {truth:.3f} over {found.shape[0]} prompts × {found.shape[1]} redraws")
    print(f"{'prompts':>8} {'redraws':>8} {'distances':>10} {'mean':>6} {'5%':>6} {'95%':>6}   of that")
    holds = True
    for prompts, redraws in [size for size in SIZES if size[0] <= found.shape[0] and size[1] <= found.shape[1]]:
        draws = [
            still(found, rng.choice(len(found), prompts, replace=False), redraws, rng) / truth for _ in range(DRAWS)
        ]
        low, high, mean = *np.quantile(draws, (0.05, 0.95)), np.mean(draws)
        distances = prompts * redraws * (redraws - 1) // 2
        print(f"{prompts:>8} {redraws:>8} {distances:>10} {mean:>6.2f} {low:>6.2f} {high:>6.2f}")
        if (prompts, redraws) == CLAIMED:
            holds = bool(low >= LEAST - slack and high <= MOST + slack and mean >= MEAN - slack)
    print(f"claimed of {CLAIMED[0]} × {CLAIMED[1]}: {LEAST} to {MOST}, mean over {MEAN}: {'ok' if holds else 'MISSED'}")
    return holds


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    if parser.parse_args().quick:
        held = [table(await vectors(pair, **QUICK), pair, GROSS) for pair in PAIRS[1:3]]
    else:
        held = [table(await vectors(pair), pair) for pair in PAIRS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
