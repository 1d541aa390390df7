"""Writes telephone/measurement/repeats.json: what the offline players say of redraws of the article's ten prompts.

    python tools/redraws.py

A server without redraws of its own borrows its scale from these. They are texts and not distances, so that every
embedder can measure them. `spotter-hazy` is left out: it misreads on purpose, its redraws are three times as far
apart, and on such a scale everything would be as near as a redraw.
"""

import asyncio
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from telephone.bootstrap import offline_players  # noqa: E402
from telephone.prompts.catalog import sets  # noqa: E402

WHERE = ROOT / "telephone/measurement/repeats.json"
ARTISTS, SPOTTER, SEEDS = ("stickers", "doodles"), "spotter-sharp", (1, 2, 3)


async def redraws() -> list[dict[str, str | list[str]]]:
    """One row for each prompt and artist, with a caption for each seed."""
    players = offline_players()
    spotter, rows = players.teller(SPOTTER), []
    for name in ARTISTS:
        artist = players.artist(name)
        for prompt in sets()["article"]:
            pictures = [await artist.generate_image(prompt.text, seed=seed) for seed in SEEDS]
            captions = [
                (await spotter.generate_text(picture, seed=seed)).text
                for picture, seed in zip(pictures, SEEDS, strict=True)
            ]
            rows.append({"prompt": str(prompt.slug), "t2i": name, "i2t": SPOTTER, "captions": captions})
    return rows


if __name__ == "__main__":
    document = json.dumps(asyncio.run(redraws()), ensure_ascii=False, indent=1)
    WHERE.write_text(f"{document}\n", encoding="utf-8")
