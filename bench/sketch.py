"""What we claim of the offline players, measured on pictures made here.

    python bench/sketch.py [--quick]

Scenes are drawn by the artists' own composition from things chosen at random; the spotters get the PNG
and nothing else. Prints a table and exits with status 1 when a claim does not hold.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from telephone.domain.games import Kind, StepKey, step_seed  # noqa: E402
from telephone.models.sketch import SketchArtist, Spotter, compose, segment  # noqa: E402
from telephone.models.sketch.parse import Scene, Thing  # noqa: E402
from telephone.models.sketch.settings import GROUNDS, SKIES  # noqa: E402
from telephone.models.sketch.vocabulary import entries  # noqa: E402
from telephone.prompts.catalog import sets  # noqa: E402

RELATIONS = ("", "", "", "on", "behind")


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of the table: a measured value, and the bounds it must lie between."""

    name: str
    value: float
    least: float = float("-inf")
    most: float = float("inf")
    form: str = "{:.3f}"
    timed: bool = False

    @property
    def holds(self) -> bool:
        return self.least <= self.value <= self.most

    @property
    def row(self) -> str:
        low = "" if self.least == float("-inf") else f"≥ {self.form.format(self.least)}"
        high = "" if self.most == float("inf") else f"≤ {self.form.format(self.most)}"
        wanted = ", ".join(part for part in (low, high) if part)
        return f"{self.name:<58} {self.form.format(self.value):>9}   {wanted:<18} {'ok' if self.holds else 'MISSED'}"


def seen_in(picture: compose.Picture, spotter: Spotter) -> list[int]:
    """The entries a spotter finds in a picture that went through a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture.pixels).save(buffer, "PNG")
    with Image.open(buffer) as reopened:
        things, _, _ = spotter.look(segment.decoded(reopened))
    return [thing.entry for thing in things]


def singles(count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """One thing each, in any setting; no entry twice before all have been."""
    order = rng.permutation(len(entries()))
    for i in range(count):
        thing = Thing(int(order[i % len(order)]))
        yield Scene((thing,), SKIES[int(rng.integers(len(SKIES)))], GROUNDS[int(rng.integers(len(GROUNDS)))])


def crowds(count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """Three to six things each, some of them alike, some on or behind others, in the sky or far away."""
    for _ in range(count):
        wanted = int(rng.integers(3, 7))
        things: list[Thing] = []
        while (left := wanted - sum(t.count for t in things)) > 0:
            many = min(left, int(rng.choice([1, 1, 1, 2, 3])))
            entry = int(rng.integers(len(entries())))
            if any(t.entry == entry for t in things):
                continue
            far, relation = rng.uniform() < 0.12, str(rng.choice(RELATIONS))
            things.append(Thing(entry, many, relation=relation, is_far=bool(far), span=(len(things), len(things) + 1)))
        yield Scene(tuple(things), SKIES[int(rng.integers(len(SKIES)))], GROUNDS[int(rng.integers(len(GROUNDS)))])


def drawn_by(hand: str, scene: Scene, rng: np.random.Generator) -> compose.Picture:
    if hand == "stickers":
        return compose.stickers(scene, rng)
    words = ("night", "garden", "science", "food", "sea", "space", "market", "school")
    return compose.doodles(scene, str(rng.choice(words)), rng)


def top1(hand: str, spotter: Spotter, count: int) -> float:
    """The share of lone things that are called by their name."""
    rng = np.random.default_rng(11)
    right = 0
    for scene in singles(count, rng):
        right += seen_in(drawn_by(hand, scene, rng), spotter) == [scene.things[0].entry]
    return right / count


def f1(hand: str, spotter: Spotter, count: int) -> float:
    """Harmonic mean of precision and recall over all things of all scenes; each of three apples counts."""
    rng = np.random.default_rng(12)
    hits = found = there = 0
    for scene in crowds(count, rng):
        picture = drawn_by(hand, scene, rng)
        truth = Counter(d.entry for d in picture.drawn)
        seen = Counter(seen_in(picture, spotter))
        hits += sum((truth & seen).values())
        found += seen.total()
        there += truth.total()
    return 2 * hits / max(found + there, 1)


@dataclass(frozen=True, slots=True)
class Played:
    """What ten turns came to: the captions and how long each turn took, in milliseconds."""

    captions: tuple[str, ...]
    times: tuple[float, ...]

    @property
    def is_stuck(self) -> bool:
        """Whether nothing changed from turn 3 on."""
        return len(set(self.captions[2:])) == 1


def play(text: str, seed: int, artist: SketchArtist, spotter: Spotter, turns: int = 10) -> Played:
    captions, times = [], []
    for turn in range(1, turns + 1):
        begun = time.process_time()
        text = spotter.describe(artist.draw(text, step_seed(seed, StepKey(turn, Kind.PICTURE))))
        times.append(1000 * (time.process_time() - begun))
        captions.append(text)
    return Played(tuple(captions), tuple(times))


def games(hand: str, sight: str, seeds: int, prompts: int | None = None) -> list[Played]:
    artist, spotter = SketchArtist(hand), Spotter(sight)  # type: ignore[arg-type]
    return [play(p.text, seed, artist, spotter) for p in sets()["article"][:prompts] for seed in range(seeds)]


def fresh(code: str) -> str:
    """What a new process prints; its files are in the machine's cache already."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


WARM_START = """
import time; begun = time.perf_counter()
from telephone.models.sketch import SketchArtist, Spotter
Spotter("sharp").describe(SketchArtist("stickers").draw("A red apple on a wooden table.", 1))
print(time.perf_counter() - begun)
"""


def accuracy(quick: bool) -> Iterator[Claim]:
    lone, scenes = (40, 12) if quick else (len(entries()), 150)
    sharp, hazy = Spotter("sharp"), Spotter("hazy")
    for hand in ("stickers", "doodles"):
        yield Claim(f"lone thing named right, {hand}, sharp", top1(hand, sharp, lone), 0.95)
        yield Claim(f"lone thing named right, {hand}, hazy", top1(hand, hazy, lone), 0.45, 0.75)
    for hand in ("stickers", "doodles"):
        yield Claim(f"F1 with counts, scenes of 3 to 6, {hand}, sharp", f1(hand, sharp, scenes), 0.90)
        yield Claim(f"F1 with counts, scenes of 3 to 6, {hand}, hazy", f1(hand, hazy, scenes), 0.35, 0.65)


def liveliness(quick: bool) -> Iterator[Claim]:
    times: list[float] = []
    for hand in ("stickers", "doodles"):
        played = games(hand, "hazy", 1, prompts=2) if quick else games(hand, "hazy", 5)
        times += [t for game in played for t in game.times]
        distinct = statistics.median(len(set(game.captions)) for game in played)
        yield Claim(f"distinct captions a game (median), {hand}, hazy", distinct, 5, form="{:.1f}")
        stuck = sum(game.is_stuck for game in played) / len(played)
        yield Claim(f"games stuck from turn 3 on, {hand}, hazy", stuck, most=0.0999)
    yield Claim(
        "CPU of a turn, drawn and described (median), ms", statistics.median(times), most=250, form="{:.0f}", timed=True
    )


def cost(_: bool) -> Iterator[Claim]:
    starts = [float(fresh(WARM_START)) for _ in range(3)]
    yield Claim("warm start to the first caption, s", min(starts), most=2.0, form="{:.2f}", timed=True)
    peak = _most_resident()
    yield Claim("largest memory of this process, MB", peak, most=450, form="{:.0f}")


def _most_resident() -> float:
    """The most memory of this process that was resident, in MB; getrusage would tell of its parent too."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer pictures: seconds instead of minutes")
    quick = parser.parse_args().quick
    parts: tuple[Callable[[bool], Iterator[Claim]], ...] = (accuracy, liveliness, cost)
    missed = 0
    for part in parts:
        for claim in part(quick):
            print(claim.row, flush=True)
            missed += not (claim.holds or (claim.timed and quick))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
