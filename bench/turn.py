"""What an offline turn costs, by part: draw, check, look, embed, store; and what is paid once, when a part is loaded.

    python bench/turn.py [--quick]

A turn is a picture by `stickers` and its caption by `spotter-sharp`: checked offline, embedded by MiniLM, stored.
Milliseconds of the processor, so that a busy machine changes little; the median of all turns of some games. Prints a
table and exits with status 1 when the sum is above its goal.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from telephone.domain.games import GameRequest, Kind, Pair, Prompt, Step, StepKey, step_seed
from telephone.media.images import Pictures, verify
from telephone.models.minilm import MiniLM
from telephone.models.sketch import SketchArtist, Spotter
from telephone.prompts.catalog import curated
from telephone.safety import OfflineChecker
from telephone.store import Store

GOAL = 250.0
"""The most that a turn may cost, in milliseconds of CPU."""
PAIR = Pair("stickers", "spotter-sharp")


class Turns:
    """Plays turns, and notes what each part of each cost."""

    def __init__(self, store: Store, pictures: Pictures) -> None:
        self.store, self.pictures = store, pictures
        self.artist, self.spotter = SketchArtist("stickers"), Spotter("sharp")
        self.checker, self.embedder = OfflineChecker(), MiniLM()
        self.costs: dict[str, list[float]] = defaultdict(list)

    async def play(self, text: str, seed: int, turns: int) -> None:
        game = await self.store.games.add(GameRequest(Prompt(text), PAIR, turns=turns, seed=seed, guild_id=0))
        for turn in range(1, turns + 1):
            text = await self._turn(game.id, text, seed, turn)

    async def _turn(self, game_id: str, text: str, seed: int, turn: int) -> str:
        drawn, told = StepKey(turn, Kind.PICTURE), StepKey(turn, Kind.CAPTION)
        started = time.process_time()
        image = verify(self.artist.draw(text, step_seed(seed, drawn)))
        started = self._note("draw", started)
        await self.checker.check_picture(image)
        started = self._note("check", started)
        caption = self.spotter.describe(image.data)
        started = self._note("look", started)
        await self.checker.check_text(caption)
        started = self._note("check of the words", started)
        await self.embedder.embed_texts([caption])
        started = self._note("embed", started)
        sha256 = await self.pictures.put(image)
        await self.store.steps.keep(game_id, Step(drawn, PAIR.t2i, seed=seed, image=sha256))
        await self.store.steps.keep(game_id, Step(told, PAIR.i2t, seed=seed, text=caption, raw=caption))
        self._note("store", started)
        return caption

    def _note(self, part: str, started: float) -> float:
        now = time.process_time()
        self.costs[part].append(1_000 * (now - started))
        return now


async def measured(games: int, turns: int) -> bool:
    """Prints every part; whether their sum is within the goal."""
    with tempfile.TemporaryDirectory() as folder:
        async with await Store.open(f"sqlite:///{folder}/telephone.sqlite") as store:
            bench = Turns(store, Pictures.at(f"file://{folder}/pictures"))
            await bench.play(curated()[0].text, 0, 1)
            loads = {part: costs.pop() for part, costs in bench.costs.items()}
            for n in range(games):
                await bench.play(curated()[n].text, n + 1, turns)
    medians = {part: statistics.median(costs) for part, costs in bench.costs.items()}
    print(f"{'a part of a turn, ms of CPU':<40} {'median':>8} {'first':>8}")
    for part, cost in medians.items():
        print(f"{part:<40} {cost:8.1f} {loads[part]:8.1f}")
    total = sum(medians.values())
    print(f"{'a turn':<40} {total:8.1f} {sum(loads.values()):8.1f}   ≤ {GOAL:g} {'ok' if total <= GOAL else 'MISSED'}")
    return total <= GOAL


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="one game of two turns instead of ten of ten, and no claim"
    )
    quick = parser.parse_args().quick
    return 0 if asyncio.run(measured(*((1, 2) if quick else (10, 10)))) or quick else 1


if __name__ == "__main__":
    sys.exit(main())
