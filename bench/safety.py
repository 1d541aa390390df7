"""What the offline safety check costs, beside the step that it checks.

    python bench/safety.py [--quick]

A step is a picture by `stickers` and its caption by `spotter-sharp`; its check reads both. Times are those of the
processor, so that a busy machine changes little. Prints a table and exits with status 1 when a claim does not hold.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from telephone.domain.games import Image
from telephone.media.images import verify
from telephone.models.sketch import SketchArtist, Spotter
from telephone.prompts.catalog import curated
from telephone.safety import OfflineChecker
from telephone.safety.words import categories

SENTENCE = "a fox mends a clock "
LONGER = 8


async def spent(work: Callable[[], Awaitable[object]], repeats: int) -> float:
    """Seconds of the processor that one call takes at the median; a first call, which loads, is left out."""
    await work()
    times = []
    for _ in range(repeats):
        began = time.process_time()
        await work()
        times.append(time.process_time() - began)
    return statistics.median(times)


async def step_and_check(repeats: int) -> tuple[float, float]:
    """Seconds of the processor that a step takes, and its check."""
    artist, spotter, checker = SketchArtist("stickers"), Spotter("sharp"), OfflineChecker()
    prompt = curated()[0].text
    image: Image = verify(artist.draw(prompt, 7))
    caption = spotter.describe(image.data)

    async def step() -> None:
        spotter.describe(verify(artist.draw(prompt, 7)).data)

    async def check() -> None:
        await checker.check_picture(image)
        await checker.check_text(caption)

    return await spent(step, repeats), await spent(check, repeats)


async def read(times: int, repeats: int) -> float:
    """Seconds of the processor that a text of so many sentences takes."""

    async def reading() -> None:
        categories(SENTENCE * times)

    return await spent(reading, repeats)


def row(name: str, value: float, most: float) -> tuple[str, bool]:
    holds = value <= most
    return f"{name:<66} {value:6.2f}   ≤ {most:<5g} {'ok' if holds else 'MISSED'}", holds


async def measured(repeats: int) -> bool:
    """Prints every row; whether all claims hold."""
    step, check = await step_and_check(repeats)
    short, long = await read(50, repeats), await read(50 * LONGER, repeats)
    print(f"a step {1_000 * step:.0f} ms, its check {1_000 * check:.0f} ms, 1,000 characters {1_000 * short:.1f} ms")
    rows = [
        row("check of a step / step", check / step, 0.5),
        row(f"a text {LONGER} times as long / a text, per character", long / short / LONGER, 2.0),
    ]
    for words, _ in rows:
        print(words)
    return all(holds for _, holds in rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three repeats instead of thirty, and no claim")
    quick = parser.parse_args().quick
    return 0 if asyncio.run(measured(3 if quick else 30)) or quick else 1


if __name__ == "__main__":
    sys.exit(main())
